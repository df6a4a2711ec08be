import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { writeDirectly } from '../../src/sockets/direct-writes.ts'
import { hearOut, readAnew, wasResetByPeer } from '../../src/sockets/peer-reset.ts'
import { Seen, type SocketPair, socketPair } from '../runtime/sockets.ts'
import { atRest, until } from '../runtime/until.ts'
import { sendHere } from './send-here.ts'

const MORE_THAN_THE_KERNEL_TAKES = new Uint8Array(40_000_000)

/** What `end` looked like to the code that must tell an end from a reset. */
function verdictAtEnd(socket: Socket): Promise<'end' | 'reset'> {
  return new Promise((resolve) => {
    socket.on('end', () => resolve(wasResetByPeer(socket) ? 'reset' : 'end'))
    socket.on('error', () => resolve('reset'))
  })
}

describe('a reset of the peer', () => {
  let pair: SocketPair

  beforeEach(async () => {
    pair = await socketPair()
    pair.client.on('error', () => {})
  })
  afterEach(() => {
    pair.client.destroy()
    pair.accepted.destroy()
  })

  it('is none when the peer has ended and reads on', async () => {
    const verdict = verdictAtEnd(pair.accepted)
    pair.client.end('all there is')
    pair.accepted.resume()
    assert.equal(await verdict, 'end')
  })

  it('is told from an end when it struck a paused socket', async () => {
    const verdict = verdictAtEnd(pair.accepted)
    // Node caches this answer: whoever asked it would not see the reset.
    assert.equal(pair.accepted.remoteAddress, '127.0.0.1')
    pair.client.write(MORE_THAN_THE_KERNEL_TAKES)
    await atRest(() => pair.client.bytesWritten - pair.client.writableLength)
    pair.client.resetAndDestroy()
    pair.accepted.resume()
    assert.equal(await verdict, 'reset')
  })

  describe('after our FIN', () => {
    let seen: Seen

    beforeEach(async () => {
      seen = new Seen(pair.accepted)
      pair.accepted.on('data', () => readAnew(pair.accepted))
      pair.accepted.resume()
      pair.client.resume()
      pair.accepted.end()
      await until(() => pair.client.readableEnded, 'the FIN has arrived')
    })

    it('is an error even when it comes together with the last bytes: it used to look like an end', async () => {
      pair.client.write('the last bytes', () => pair.client.resetAndDestroy())
      await until(() => seen.isClosed || seen.hasEnded, 'the socket learns of it')
      assert.equal(seen.hasEnded, false)
      assert.equal(seen.error, 'ECONNRESET')
    })

    it('is none when the peer ends too', async () => {
      pair.client.end('the last bytes')
      await until(() => seen.isClosed, 'both ends were said')
      assert.deepEqual([seen.text, seen.hasEnded, seen.error], ['the last bytes', true, ''])
    })

    it('does not keep a socket from reading on after a pause: it used to stop for ever', async () => {
      let pauses = 0
      pair.accepted.on('data', () => {
        pauses++
        pair.accepted.pause()
        setImmediate(() => setImmediate(() => pair.accepted.resume()))
      })
      pair.client.end(new Uint8Array(2_000_000))
      await until(() => seen.isClosed, 'everything was read')
      assert.equal(seen.bytes, 2_000_000)
      assert.ok(pauses > 1)
      assert.equal(pair.accepted.listenerCount('resume'), 0)
    })
  })

  const ways: readonly (readonly [string, (socket: Socket) => void])[] = [
    ['Node', hearOut],
    [
      'the kernel',
      (socket) => {
        writeDirectly(socket, sendHere)
        hearOut(socket)
      },
    ],
  ]

  for (const [way, prepare] of ways) {
    describe(`while we write by ${way}`, () => {
      let seen: Seen

      /** The peer has said something and closed, without reading what we wrote; and we have not read yet. */
      beforeEach(async () => {
        prepare(pair.accepted)
        pair.accepted.write(Buffer.from('what it never reads'))
        await until(() => pair.accepted.writableLength === 0, 'it was written')
        pair.client.pause()
        pair.client.end('the last words', () => pair.client.destroy())
        await once(pair.client, 'close')
        seen = new Seen(pair.accepted)
        pair.accepted.pause()
      })

      it('does not take away what came before: it used to, if the write came before the read', async () => {
        const errors = await Promise.all([written(pair.accepted, 'one'), written(pair.accepted, 'two')])
        assert.deepEqual(errors, [undefined, undefined])
        assert.equal(pair.accepted.destroyed, false)
        pair.accepted.resume()
        await until(() => seen.isClosed, 'the socket has ended')
        assert.deepEqual([seen.text, seen.hasEnded], ['the last words', false])
        assert.match(seen.error, /^(EPIPE|ECONNRESET)$/)
      })

      it('is told from an end also when our half is ended by then', async () => {
        await written(pair.accepted, 'one')
        pair.accepted.end(Buffer.from('two'))
        await once(pair.accepted, 'finish')
        pair.accepted.resume()
        await until(() => seen.isClosed, 'the socket has ended')
        assert.equal(seen.text, 'the last words')
        assert.match(seen.error, /^(EPIPE|ECONNRESET)$/)
      })
    })

    it(`while we write by ${way} ends a socket at once when there is nothing left to read`, async () => {
      prepare(pair.accepted)
      const seen = new Seen(pair.accepted)
      pair.accepted.resume()
      pair.client.end('all there is')
      await until(() => seen.hasEnded, 'it was read')
      pair.client.destroy()
      await once(pair.client, 'close')
      await written(pair.accepted, 'into the reset')
      await until(() => {
        pair.accepted.write(Buffer.from('more'))
        return seen.isClosed
      }, 'a write has failed')
      assert.match(seen.error, /^(EPIPE|ECONNRESET)$/)
    })
  }
})

/** Resolves with what the write failed of. */
function written(socket: Socket, text: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    socket.write(Buffer.from(text), (error) => resolve(error === null ? undefined : error?.message))
  })
}
