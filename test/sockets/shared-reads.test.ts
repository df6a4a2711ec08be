import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { SharedReads, withSharedReads } from '../../src/sockets/shared-reads.ts'
import { Seen } from '../runtime/sockets.ts'
import { until } from '../runtime/until.ts'

/** Each connection is sent `chunks` chunks, filled with a byte of its own, and then an end. */
async function serve(chunks: number, chunkBytes: number): Promise<Server> {
  let connections = 0
  const server = createServer((socket) => {
    const chunk = Buffer.alloc(chunkBytes, ++connections)
    for (let i = 0; i < chunks; i++) socket.write(chunk)
    socket.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

interface Reading {
  readonly socket: Socket
  readonly reads: SharedReads
}

function dial(server: Server): Reading {
  const reads = new SharedReads()
  const { port } = server.address() as AddressInfo
  return { socket: connect({ host: '127.0.0.1', port, onread: reads }).pause(), reads }
}

/** Resolves with what was read, copied at once as the contract asks. */
async function readAll({ socket, reads }: Reading): Promise<Buffer> {
  const chunks: Buffer[] = []
  reads.onBytes = (bytes) => void chunks.push(Buffer.from(bytes))
  socket.resume()
  await once(socket, 'end')
  return Buffer.concat(chunks)
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

describe('sockets that share what they read into', () => {
  it('gives each of many busy sockets its own bytes although all read into one buffer', async () => {
    const server = await serve(200, 30_011)
    const all = await Promise.all(Array.from({ length: 16 }, () => readAll(dial(server))))
    const expected = new Set(all.map((_, i) => digest(Buffer.alloc(200 * 30_011, i + 1))))
    assert.deepEqual(new Set(all.map(digest)), expected)
    server.close()
  })

  it('reads nothing before it is resumed, and nothing while it is paused', async () => {
    const server = await serve(100, 60_000)
    const reading = dial(server)
    let bytes = 0
    reading.reads.onBytes = (chunk) => {
      bytes += chunk.length
      reading.socket.pause()
    }
    await once(reading.socket, 'connect')
    assert.equal(bytes, 0)
    let turns = 0
    const whenEnded = once(reading.socket, 'end')
    let isEnded = false
    void whenEnded.then(() => {
      isEnded = true
    })
    while (!isEnded) {
      const before = bytes
      reading.socket.resume()
      await new Promise((resolve) => setImmediate(resolve))
      // One read at most: the callback pauses.
      assert.ok(bytes - before <= 65_536)
      turns++
    }
    assert.equal(bytes, 6_000_000)
    assert.ok(turns > 6_000_000 / 65_536)
    server.close()
  })

  describe('when they were accepted', () => {
    let server: Server
    let accepted: Socket
    let client: Socket
    let seen: Seen

    beforeEach(async () => {
      server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }).listen(0, '127.0.0.1')
      await once(server, 'listening')
      client = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, allowHalfOpen: true })
      ;[accepted] = (await once(server, 'connection')) as [Socket]
      seen = new Seen(client)
    })
    afterEach(() => {
      client.destroy()
      server.close()
    })

    const taken = (): Reading => {
      const reads = new SharedReads()
      return { socket: withSharedReads(accepted, reads), reads }
    }

    it('are a socket of their own that knows its peer, and the one that was accepted is of no more use', async () => {
      const { remoteAddress, remotePort } = accepted
      const reading = taken()
      assert.deepEqual([reading.socket.remoteAddress, reading.socket.remotePort], [remoteAddress, remotePort])
      assert.ok(accepted.destroyed)
      reading.socket.end('still here')
      await until(() => seen.hasEnded, 'the client hears it')
      assert.equal(seen.text, 'still here')
      reading.socket.destroy()
    })

    it('read nothing before they are resumed, then everything, and stay half open', async () => {
      client.end('what was said before')
      const reading = taken()
      let isRead = false
      reading.socket.once('end', () => {
        isRead = true
      })
      const all = readAll(reading)
      assert.ok(!isRead)
      assert.equal((await all).toString(), 'what was said before')
      reading.socket.end('and an answer')
      await until(() => seen.hasEnded, 'the client hears it')
      assert.equal(seen.text, 'and an answer')
    })

    it('may be reset, and see a reset', async () => {
      const reading = taken()
      reading.socket.resetAndDestroy()
      await until(() => seen.isClosed, 'the client hears of it')
      assert.equal(seen.error, 'ECONNRESET')
    })

    it('keep no server open that is closed', async () => {
      const reading = taken()
      const closed = once(server, 'close')
      server.close()
      await closed
      reading.socket.end('said after that')
      await until(() => seen.hasEnded, 'the client hears it')
      assert.equal(seen.text, 'said after that')
      reading.socket.destroy()
    })

    it('are the same as before, if one of them is gone already', () => {
      accepted.destroy()
      const reading = taken()
      assert.equal(reading.socket, accepted)
    })
  })
})
