import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'
import fc from 'fast-check'
import { writeDirectly } from '../../src/sockets/direct-writes.ts'
import type { Send } from '../../src/sockets/kernel-send.ts'
import { Seen, type SocketPair, socketPair } from '../runtime/sockets.ts'
import { atRest, until } from '../runtime/until.ts'
import { sendHere } from './send-here.ts'

/** A kernel that takes no more than the next of `mosts` of each write, and then refuses or takes what there is. */
function sparing(send: Send, mosts: readonly number[]): Send {
  let calls = 0
  return (fd, bytes, count, flags) => {
    const most = mosts[calls++ % mosts.length]!
    return most === 0 ? -1 : send(fd, bytes, Math.min(count, most), flags)
  }
}

/** Counts what the kernel took by it. */
function counting(send: Send): { readonly send: Send; bytes: number } {
  const counted = {
    bytes: 0,
    send: (fd: number, bytes: Uint8Array, count: number, flags: number) => {
      const taken = send(fd, bytes, count, flags)
      counted.bytes += Math.max(0, taken)
      return taken
    },
  }
  return counted
}

describe('a socket that writes directly', () => {
  if (sendHere !== null) withSend(sendHere)

  it('writes as Node does where send(2) is not to be had', async () => {
    const { client, accepted } = await socketPair()
    const { _write: before } = client
    writeDirectly(client, null)
    assert.equal(client._write, before)
    client.destroy()
    accepted.destroy()
  })
})

function withSend(send: Send): void {
  let pair: SocketPair
  let seen: Seen

  beforeEach(async () => {
    pair = await socketPair()
    seen = new Seen(pair.accepted)
  })
  afterEach(() => {
    pair.client.destroy()
    pair.accepted.destroy()
  })

  it('writes everything in order and tells each write once, however little of it the kernel takes', async () => {
    const piece = fc.oneof(fc.uint8Array({ maxLength: 70_000 }), fc.string({ unit: 'binary', maxLength: 300 }))
    const mosts = fc.array(fc.integer({ min: 0, max: 60_000 }), { minLength: 1, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), mosts, async (pieces, most) => {
        const { client, accepted } = await socketPair()
        const arrived = new Seen(accepted)
        accepted.resume()
        writeDirectly(client, sparing(send, most))
        const told: number[] = []
        for (const [index, bytes] of pieces.entries()) client.write(bytes, () => told.push(index))
        client.end()
        await until(() => arrived.hasEnded, 'all has arrived')
        assert.deepEqual(Buffer.concat(arrived.chunks), Buffer.concat(pieces.map((each) => Buffer.from(each))))
        assert.deepEqual(told, [...pieces.keys()])
        accepted.destroy()
      }),
      { numRuns: 60 },
    )
  })

  it('waits with what a peer that does not read leaves no room for, and says drain when it has gone', async () => {
    const counted = counting(send)
    writeDirectly(pair.client, counted.send)
    pair.accepted.pause()
    const chunk = Buffer.alloc(100_000, 'x')
    let chunks = 0
    while (pair.client.write(chunk)) chunks++
    const waiting = await atRest(() => pair.client.writableLength)
    assert.ok(waiting > 0)
    assert.ok(counted.bytes > 0)
    const drained = once(pair.client, 'drain')
    pair.accepted.resume()
    await drained
    pair.client.end()
    await until(() => seen.hasEnded, 'everything has arrived')
    assert.equal(seen.bytes, (chunks + 1) * chunk.length)
  })

  it('gives a small write to the kernel at once, and nothing waits', () => {
    const counted = counting(send)
    writeDirectly(pair.client, counted.send)
    pair.client.write(Buffer.from('small'))
    assert.deepEqual([counted.bytes, pair.client.writableLength], [5, 0])
  })

  it('fails as Node fails when the peer is gone', async () => {
    const fallen = new Seen(pair.client)
    writeDirectly(pair.client, send)
    pair.accepted.resetAndDestroy()
    await until(() => {
      if (!pair.client.destroyed) pair.client.write(Buffer.from('to nobody'))
      return fallen.isClosed
    }, 'it is told')
    assert.match(fallen.error, /^(EPIPE|ECONNRESET)$/)
  })

  it('writes nothing once it is destroyed, whoever has its descriptor by then', async () => {
    const counted = counting(send)
    writeDirectly(pair.client, counted.send)
    pair.client.on('error', () => {})
    pair.client.destroy()
    pair.client._write(Buffer.from('late'), 'latin1', () => {})
    pair.client.write(Buffer.from('later'))
    await until(() => pair.client.closed, 'it is closed')
    assert.equal(counted.bytes, 0)
  })

  it('lets Node keep what is written before the connection stands', async () => {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const socket = connect(server.address() as { port: number })
    writeDirectly(socket, send)
    socket.write(Buffer.from('early, '))
    const [[peer]] = (await Promise.all([once(server, 'connection'), once(socket, 'connect')])) as [[Socket], unknown]
    const arrived = new Seen(peer)
    socket.end(Buffer.from('and late'))
    await until(() => arrived.hasEnded, 'both arrive')
    assert.equal(arrived.text, 'early, and late')
    peer.destroy()
    server.close()
  })

  it('writes to a Unix socket', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'edgerq-')), 'socket')
    const server = createServer().listen(path)
    await once(server, 'listening')
    const socket = connect(path)
    const [[peer]] = (await Promise.all([once(server, 'connection'), once(socket, 'connect')])) as [[Socket], unknown]
    const arrived = new Seen(peer)
    const counted = counting(send)
    writeDirectly(socket, counted.send)
    socket.end(Buffer.from('over a path'))
    await until(() => arrived.hasEnded, 'it arrives')
    assert.deepEqual([arrived.text, counted.bytes], ['over a path', 11])
    peer.destroy()
    server.close()
  })

  it('counts as one that is in use: its idle time begins anew', () => {
    let began = 0
    const spied = pair.client as unknown as { _unrefTimer(): void }
    const begin = spied._unrefTimer
    spied._unrefTimer = function () {
      began++
      begin.call(this)
    }
    writeDirectly(pair.client, send)
    pair.client.write(Buffer.from('busy'))
    assert.equal(began, 1)
  })

  it('does not go round TLS', () => {
    const counted = counting(send)
    const socket = new TLSSocket(pair.client)
    const { _write: before } = socket
    writeDirectly(socket, counted.send)
    assert.equal(socket._write, before)
  })
}
