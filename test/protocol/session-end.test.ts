import assert from 'node:assert/strict'
import { Cubic } from '../../src/protocol/congestion/cubic.ts'
import { Endpoint } from '../../src/protocol/endpoint.ts'
import { CloseCode, DropReason, StreamCode } from '../../src/protocol/errors.ts'
import { decodeHello, encodeHello, type Hello } from '../../src/protocol/handshake/hello.ts'
import type { Crypto, DialHandshake } from '../../src/protocol/ports.ts'
import { DEFAULT_SETTINGS } from '../../src/protocol/settings.ts'
import { MILLISECOND, SECOND } from '../../src/protocol/units.ts'
import { NullCrypto } from '../sim/null-crypto.ts'
import { Prng } from '../sim/prng.ts'
import { bytesOf, joined } from './bytes.ts'
import { SETTLING } from './endpoint-pair.ts'
import { Drops, ENDS, eventsOf, newEndpoint, outgoing, START, statsOf } from './endpoints.ts'
import { framesOf } from './packet-bench.ts'
import { RawPeer } from './raw-peer.ts'
import { talk } from './session-talk.ts'
import { bytesBetween } from './streams/stream-bytes.ts'

describe('Session: the end', () => {
  it('tells the peer code and reason, and resets every stream on both sides', () => {
    const { pair, dialler, listener, ours } = talk()
    const streams = Array.from({ length: 3 }, () => ours.openStream()!)
    streams[0]!.write(bytesBetween(0, 100))
    streams[1]!.write(bytesBetween(0, 100))
    streams[1]!.finish()
    pair.run(SETTLING)
    ours.close(CloseCode.shuttingDown, 'maintenance')
    pair.run(SETTLING)
    assert.equal(dialler.told.at(-1), `closed by local ${CloseCode.shuttingDown} maintenance`)
    assert.equal(listener.told.at(-1), `closed by peer ${CloseCode.shuttingDown} maintenance`)
    for (const stream of [...streams, listener.accepted[0]!]) {
      assert.equal(stream.readState, 'reset')
      assert.equal(stream.resetCode, StreamCode.sessionLost)
      assert.equal(stream.isClosed, true)
    }
    // All of it was here: it can still be read, and it ends.
    assert.equal(listener.accepted[1]!.readState, 'open')
    listener.drain(listener.accepted[1]!)
    assert.equal(listener.accepted[1]!.readState, 'ended')
    assert.equal(ours.openStream(), null)
  })

  it('ends in silence when the line is cut, and no stream that was cut short looks complete (P-6)', () => {
    const { pair, dialler, listener, ours } = talk({ settings: { survive: 20 * SECOND } })
    listener.onStream = (stream) => listener.drain(stream)
    const stream = ours.openStream()!
    stream.write(bytesBetween(0, 200_000))
    stream.finish()
    pair.run(30 * MILLISECOND, () => (listener.read.get(listener.accepted[0]!) ?? 0) > 20_000)
    pair.line.loss = 1
    pair.run(60 * SECOND)
    assert.deepEqual(dialler.told.slice(-2), ['suspect', 'closed by silence 0'])
    assert.equal(listener.told.at(-1), 'closed by silence 0')
    assert.equal(stream.readState, 'reset')
    assert.equal(listener.accepted[0]!.readState, 'reset')
    assert.equal(listener.accepted[0]!.resetCode, StreamCode.sessionLost)
    assert.ok(listener.read.get(listener.accepted[0]!)! < 200_000)
  })

  it('tells which streams the peer cannot know of when the session is lost', () => {
    const { pair, ours } = talk({ settings: { survive: 20 * SECOND, initialSessionWindow: 5_000 } })
    pair.line.loss = 1
    const first = ours.openStream()!
    first.write(bytesBetween(0, 100_000))
    pair.run(SECOND)
    // No credit of the session is left by now.
    const second = ours.openStream()!
    second.write(bytesBetween(0, 10))
    pair.run(60 * SECOND)
    assert.deepEqual([first.isClosed, second.isClosed], [true, true])
    assert.deepEqual([first.wasEverSent, second.wasEverSent], [true, false])
  })

  const lies: readonly { readonly what: string; readonly lie: Partial<Hello>; readonly code: number }[] = [
    { what: 'more bytes on a stream', lie: { streamWindow: 10_000_000 }, code: CloseCode.flowControl },
    { what: 'more streams', lie: { maxStreams: 1_000 }, code: CloseCode.streamLimit },
  ]
  for (const { what, lie, code } of lies) {
    it(`closes over ${what} than was allowed, with the code on both sides`, () => {
      const { pair, dialler, listener, ours } = talk({ dialler: misled(lie) })
      for (let i = 0; i < 101; i++) ours.openStream()?.write(bytesBetween(0, i === 0 ? 500_000 : 10))
      pair.run(SETTLING)
      assert.equal(listener.told.at(-1), `closed by violation ${code}`)
      assert.equal(dialler.told.at(-1), `closed by peer ${code}`)
    })
  }

  const violations: readonly { readonly what: string; readonly frames: string; readonly code: number }[] = [
    { what: 'a frame of unknown type', frames: '3f', code: CloseCode.frameEncoding },
    { what: 'a frame that is cut short', frames: `${'00'.repeat(30)} 04 01`, code: CloseCode.frameEncoding },
    { what: 'bytes beyond a stream’s window', frames: '08 01 80040000 0001 ff', code: CloseCode.flowControl },
    { what: 'a stream beyond the limit', frames: '08 40c9 00 0001 ff', code: CloseCode.streamLimit },
    { what: 'bytes on a stream of ours that is not open', frames: '08 02 00 0001 ff', code: CloseCode.streamState },
    { what: 'credit for a stream of ours that is not open', frames: '11 02 05', code: CloseCode.streamState },
    { what: 'an end before the last byte', frames: '08 01 00 0002 ffff 09 01 00 0001 ff', code: CloseCode.finalSize },
    { what: 'a reset before the last byte', frames: '08 01 00 0002 ffff 04 01 00 01', code: CloseCode.finalSize },
    { what: 'an ACK of a packet that was never sent', frames: '02 3f 00 00 00', code: CloseCode.protocolViolation },
    { what: 'the end of the control stream', frames: '09 00 00 0001 ff', code: CloseCode.protocolViolation },
    { what: 'a reset of the control stream', frames: '04 00 00 00', code: CloseCode.protocolViolation },
    { what: 'a stop of the control stream', frames: '05 00 00', code: CloseCode.protocolViolation },
  ]
  for (const { what, frames, code } of violations) {
    it(`answers ${what} with its code, three times, and holds nothing of the session`, () => {
      const { listener, peer } = hostile()
      peer.send(bytesOf(frames), START)
      const [event] = eventsOf(listener).slice(-1)
      assert.deepEqual(
        [event?.kind === 'closed' && event.by, event?.kind === 'closed' && event.code],
        ['violation', code],
      )
      const goodbyes = outgoing(listener, START).map(({ bytes }) => peer.open(bytes)!.frames)
      assert.deepEqual(
        goodbyes.map((bytes) => framesOf(bytes, 0, bytes.length)),
        [[`CLOSE ${code}`], [`CLOSE ${code}`], [`CLOSE ${code}`]],
      )
      assert.equal(listener.budget.heldBytes, 0)
      assert.equal(listener.isIdle, true)
    })
  }

  it('closes over gaps beyond the four thousand that are kept (S-9)', () => {
    const { listener, peer } = hostile()
    for (let at = 0; at < 4_100; at += 50) {
      const frames = Array.from({ length: 50 }, (_, i) => {
        const offset = 0x4000 + 2 * (at + i) + 1
        return Uint8Array.of(0x08, 1, offset >> 8, offset & 0xff, 0, 1, 0xff)
      })
      peer.send(joined(...frames), START)
    }
    const closed = eventsOf(listener).find((event) => event.kind === 'closed')
    assert.equal(closed?.kind === 'closed' && closed.code, CloseCode.tooManyGaps)
    assert.equal(listener.budget.heldBytes, 0)
  })

  it('acts on nothing behind a goodbye, not even in the same packet (F-4)', () => {
    const { listener, peer } = hostile()
    peer.send(bytesOf('1c 05 00 08 01 00 0001 ff 12 05'), START)
    peer.send(bytesOf('08 03 00 0001 ff'), START)
    assert.deepEqual(
      eventsOf(listener).map(({ kind }) => kind),
      ['opened', 'closed'],
    )
    assert.equal(listener.budget.heldBytes, 0)
    assert.equal(listener.nextDeadline(), Infinity)
  })

  it('drops what still comes for a session that is saying goodbye', () => {
    const drops = new Drops()
    const { listener, peer } = hostile(drops)
    for (const event of eventsOf(listener)) if (event.kind === 'opened') event.session.close(1, '')
    peer.send(bytesOf('08 01 00 0001 ff'), START)
    assert.deepEqual(drops.take(), [DropReason.shuttingDown])
  })

  it('closes over a peer that sends on and on and acknowledges nothing', () => {
    const { listener, peer } = hostile()
    const [event] = eventsOf(listener)
    assert.equal(event?.kind, 'opened')
    if (event?.kind !== 'opened') return
    event.session.openStream()!.write(bytesBetween(0, 10))
    let isClosed = false
    for (let packets = 0; packets < 150_000 && !isClosed; packets++) {
      peer.send(PING, START)
      outgoing(listener, START)
      isClosed = eventsOf(listener).some(({ kind }) => kind === 'closed')
    }
    assert.equal(isClosed, true)
    assert.ok(statsOf(event.session).packetsSent <= 70_000)
  })
})

const PING = Uint8Array.of(1)

function hostile(trace = new Drops()): { readonly listener: Endpoint; readonly peer: RawPeer } {
  const listener = newEndpoint({ seed: 2, acceptsSessions: true, trace })
  const peer = new RawPeer(listener, { seed: 9, path: ENDS.here }, START)
  outgoing(listener, START)
  return { listener, peer }
}

/** A dialler that believes the listener to have allowed more than it did. */
function misled(lie: Partial<Hello>): Endpoint {
  const random = new Prng(1)
  return new Endpoint(
    {
      random,
      crypto: new LyingCrypto({ random, resetKey: 1 }, lie),
      settings: DEFAULT_SETTINGS,
      acceptsSessions: false,
      instanceId: new Uint8Array(16).fill(1),
      bootId: new Uint8Array(8).fill(1),
      newController: (maxDatagramBytes) => new Cubic(maxDatagramBytes),
    },
    START,
  )
}

class LyingCrypto extends NullCrypto implements Crypto {
  readonly #lie: Partial<Hello>

  constructor(options: ConstructorParameters<typeof NullCrypto>[0], lie: Partial<Hello>) {
    super(options)
    this.#lie = lie
  }

  override dial(prologue: Uint8Array): DialHandshake {
    const dial = super.dial(prologue)
    return {
      writeInit: (header, payload, into, at) => dial.writeInit(header, payload, into, at),
      readResp: (header, body) => {
        const read = dial.readResp(header, body)
        return read && { ...read, payload: encodeHello({ ...decodeHello(read.payload)!, ...this.#lie }) }
      },
    }
  }
}
