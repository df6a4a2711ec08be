import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { joinText } from '../../src/sockets/joined-text.ts'
import { hearOut } from '../../src/sockets/peer-reset.ts'
import { type SocketPair, socketPair } from '../runtime/sockets.ts'

/** How often a socket has written to the kernel, and which of its two ways it took. */
function countWrites(socket: Socket): { single: number; many: number } {
  const counts = { single: 0, many: 0 }
  const { _write, _writev } = socket
  socket._write = (...given) => {
    counts.single++
    _write.apply(socket, given)
  }
  socket._writev = (...given) => {
    counts.many++
    _writev!.apply(socket, given)
  }
  return counts
}

describe('pieces that wait together in a socket', () => {
  let pair: SocketPair

  beforeEach(async () => {
    pair = await socketPair()
  })
  afterEach(() => {
    pair.client.destroy()
    pair.accepted.destroy()
  })

  /** What arrives of `pieces` that were written in one go. */
  async function arrived(socket: Socket, pieces: readonly (readonly [string | Uint8Array, BufferEncoding])[]) {
    socket.cork()
    for (const [piece, encoding] of pieces) {
      if (typeof piece === 'string') socket.write(piece, encoding)
      else socket.write(piece)
    }
    socket.uncork()
    socket.end()
    const chunks: Buffer[] = []
    pair.client.on('data', (chunk: Buffer) => chunks.push(chunk))
    await once(pair.client, 'end')
    return Buffer.concat(chunks)
  }

  it('leave in one write if they are text of single bytes, each byte as it was', async () => {
    const counts = countWrites(pair.accepted)
    joinText(pair.accepted)
    const bytes = await arrived(pair.accepted, [
      ['one\xff', 'latin1'],
      ['', 'latin1'],
      ['\x80two', 'latin1'],
    ])
    assert.equal(bytes.toString('latin1'), 'one\xff\x80two')
    assert.deepEqual(counts, { single: 1, many: 0 })
  })

  for (const [what, other] of [
    ['a piece of bytes', [new Uint8Array([0xc3, 0xbf]), 'latin1']],
    ['text of several bytes', ['\xff', 'utf8']],
  ] as const) {
    it(`leave as they are if ${what} is among them`, async () => {
      const counts = countWrites(pair.accepted)
      joinText(pair.accepted)
      const bytes = await arrived(pair.accepted, [['one', 'latin1'], other])
      assert.equal(bytes.toString('latin1'), 'one\xc3\xbf')
      assert.deepEqual(counts, { single: 0, many: 1 })
    })
  }

  it('tell each writer that they have left', async () => {
    joinText(pair.accepted)
    const told: number[] = []
    pair.accepted.cork()
    for (const at of [0, 1, 2]) pair.accepted.write(`${at}`, 'latin1', () => told.push(at))
    pair.accepted.uncork()
    await once(pair.client.resume(), 'data')
    assert.deepEqual(told, [0, 1, 2])
  })

  it('leave also where the socket hears its peer out afterwards', async () => {
    joinText(pair.accepted)
    hearOut(pair.accepted)
    const bytes = await arrived(pair.accepted, [
      ['one', 'latin1'],
      ['two', 'latin1'],
    ])
    assert.equal(bytes.toString(), 'onetwo')
  })
})
