import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { connectWithSharedReads, type SharedReads } from '../../src/runtime/shared-reads.ts'

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

function dial(server: Server): SharedReads {
  return connectWithSharedReads({ host: '127.0.0.1', port: (server.address() as AddressInfo).port })
}

/** Resolves with what was read, copied at once as the contract asks. */
async function readAll(reads: SharedReads): Promise<Buffer> {
  const chunks: Buffer[] = []
  reads.onBytes = (bytes) => void chunks.push(Buffer.from(bytes))
  reads.socket.resume()
  await once(reads.socket, 'end')
  return Buffer.concat(chunks)
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

describe('connectWithSharedReads', () => {
  it('gives each of many busy sockets its own bytes although all read into one buffer', async () => {
    const server = await serve(200, 30_011)
    const all = await Promise.all(Array.from({ length: 16 }, () => readAll(dial(server))))
    const expected = new Set(all.map((_, i) => digest(Buffer.alloc(200 * 30_011, i + 1))))
    assert.deepEqual(new Set(all.map(digest)), expected)
    server.close()
  })

  it('reads nothing before it is resumed, and nothing while it is paused', async () => {
    const server = await serve(100, 60_000)
    const reads = dial(server)
    let bytes = 0
    reads.onBytes = (chunk) => {
      bytes += chunk.length
      reads.socket.pause()
    }
    await once(reads.socket, 'connect')
    assert.equal(bytes, 0)
    let turns = 0
    const whenEnded = once(reads.socket, 'end')
    let isEnded = false
    void whenEnded.then(() => {
      isEnded = true
    })
    while (!isEnded) {
      const before = bytes
      reads.socket.resume()
      await new Promise((resolve) => setImmediate(resolve))
      // One read at most: the callback pauses.
      assert.ok(bytes - before <= 65_536)
      turns++
    }
    assert.equal(bytes, 6_000_000)
    assert.ok(turns > 6_000_000 / 65_536)
    server.close()
  })
})
