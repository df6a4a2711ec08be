// A provider whose key is good and whose frames are not, against the consumer's core.

import assert from 'node:assert/strict'
import { CloseCode } from '../../src/protocol/errors.ts'
import { MILLISECOND, SECOND } from '../../src/protocol/units.ts'
import { FrameType } from '../../src/protocol/wire/frame-types.ts'
import { joined } from '../protocol/bytes.ts'
import { statsOf } from '../protocol/endpoints.ts'
import { Besieged, HOSTILE } from './besieged.ts'
import { ackOfRanges, frame, resetStream, streamFrame } from './frames.ts'

const HUGE = Number.MAX_SAFE_INTEGER
const STREAM_WINDOW = 262_144

interface Crime {
  readonly what: string
  readonly packets: readonly Uint8Array[]
  /** Null: not worth a session. */
  readonly code: number | null
}

const range = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))

const CRIMES: readonly Crime[] = [
  { what: 'opens a stream beyond its limit', packets: [streamFrame(401, 0, 1)], code: CloseCode.streamLimit },
  { what: 'resets a stream beyond its limit', packets: [resetStream(HUGE)], code: CloseCode.streamLimit },
  { what: 'speaks on a stream that only we may open', packets: [streamFrame(2, 0, 1)], code: CloseCode.streamState },
  { what: 'gives credit to a stream that nobody opened', packets: [frame(0x11, 2, 9)], code: CloseCode.streamState },
  {
    what: 'sends a byte beyond a stream’s credit',
    packets: [streamFrame(1, STREAM_WINDOW, 1)],
    code: CloseCode.flowControl,
  },
  { what: 'sends at the end of all numbers', packets: [streamFrame(1, HUGE - 9, 9)], code: CloseCode.flowControl },
  {
    what: 'claims by resets more bytes than the session’s credit',
    packets: [joined(...range(8, (i) => resetStream(2 * i + 1, STREAM_WINDOW)))],
    code: CloseCode.flowControl,
  },
  {
    what: 'sends behind the end of a stream',
    packets: [streamFrame(1, 0, 5, 'fin'), streamFrame(1, 5, 1)],
    code: CloseCode.finalSize,
  },
  {
    what: 'resets a stream to less than it has sent',
    packets: [streamFrame(1, 0, 5), resetStream(1, 4)],
    code: CloseCode.finalSize,
  },
  {
    what: 'leaves a gap behind every byte',
    packets: range(4_100, (i) => streamFrame(1, 2 * i + 1, 1)),
    code: CloseCode.tooManyGaps,
  },
  { what: 'ends the control stream', packets: [streamFrame(0, 0, 0, 'fin')], code: CloseCode.protocolViolation },
  { what: 'resets the control stream', packets: [resetStream(0)], code: CloseCode.protocolViolation },
  { what: 'stops the control stream', packets: [frame(0x05, 0, 1)], code: CloseCode.protocolViolation },
  {
    what: 'acknowledges what was never sent',
    packets: [frame(0x02, HUGE, 0, 0, 0)],
    code: CloseCode.protocolViolation,
  },
  {
    what: 'puts two ACKs into a packet',
    packets: [frame(0x02, 0, 0, 0, 0, Uint8Array.of(2, 0, 0, 0, 0))],
    code: CloseCode.protocolViolation,
  },
  { what: 'acknowledges 65 ranges', packets: [ackOfRanges(65)], code: CloseCode.frameEncoding },
  { what: 'acknowledges a number below nought', packets: [frame(0x02, 0, 0, 0, 1)], code: CloseCode.frameEncoding },
  { what: 'sends a frame of no known type', packets: [frame(0x3f)], code: CloseCode.frameEncoding },
  {
    what: 'says goodbye at great length',
    packets: [frame(0x1c, 0, 257, new Uint8Array(257))],
    code: CloseCode.frameEncoding,
  },
  {
    what: 'goes on about a stream that is closed',
    packets: [resetStream(1), ...range(50, () => resetStream(1))],
    code: null,
  },
  { what: 'takes credit back', packets: [frame(0x10, 0), frame(0x12, 0), frame(0x11, 0, 0)], code: null },
  {
    what: 'gives all the credit there is',
    packets: [frame(0x10, HUGE), frame(0x12, HUGE), frame(0x11, 0, HUGE)],
    code: null,
  },
  { what: 'says that it is blocked, again and again', packets: range(500, () => frame(0x14, 0)), code: null },
  {
    what: 'says whatever it said before in other words',
    packets: range(300, (i) => streamFrame(1, i % 7, 9)),
    code: null,
  },
  { what: 'asks for no ACK ever', packets: [frame(0x22, HUGE, HUGE)], code: null },
  {
    what: 'asks for ACKs now more, now less often',
    packets: range(500, (i) => frame(0x22, i, i % 20)),
    code: null,
  },
  {
    what: 'answers challenges that nobody made',
    packets: range(200, () => frame(0x1b, new Uint8Array(8))),
    code: null,
  },
]

describe('A provider with a key of its own', () => {
  for (const { what, packets, code } of CRIMES) {
    it(`that ${what} ${code === null ? 'is borne' : 'is sent away'}, and its neighbour does not notice`, () => {
      const siege = new Besieged()
      const goodbyes: number[] = []
      for (const packet of packets) {
        siege.attack(packet)
        siege.turn()
        for (const { bytes } of siege.sent) {
          const frames = siege.hostile.open(bytes)?.frames
          if (frames?.[0] === FrameType.close) goodbyes.push(frames[1]!)
        }
      }
      assert.equal(siege.verdict, code)
      assert.deepEqual(goodbyes, code === null ? [] : [code, code, code])
      siege.assertUnharmed()
    })
  }

  it('whose session would die within a millisecond, by its own wish, takes nobody with it', () => {
    const siege = new Besieged({ survive: MILLISECOND, maxStreams: 65_536, streamWindow: HUGE, sessionWindow: HUGE })
    siege.turn(2 * MILLISECOND)
    siege.turn(2 * MILLISECOND)
    const [closed] = siege.told
    assert.ok(closed?.kind === 'closed' && closed.by === 'silence')
    siege.assertUnharmed()
  })
})

describe('A flood from a provider with a key of its own', () => {
  it('of challenges from ever new addresses is answered less than it brings, and moves nobody', () => {
    const siege = new Besieged()
    const sent = new Map<number, number>()
    let received = 0
    for (let from = 100; from < 2_100; from++) {
      for (let time = 0; time < 5; time++)
        siege.attack(frame(FrameType.pathChallenge, new Uint8Array(8).fill(time)), from)
      received += 5 * 64
      siege.turn()
      for (const { bytes, path } of siege.sent) sent.set(path, (sent.get(path) ?? 0) + bytes.length)
    }
    for (const [path, bytes] of sent) if (path !== HOSTILE) assert.ok(bytes <= 3 * 5 * 64, `${bytes} bytes to ${path}`)
    const elsewhere = [...sent].filter(([path]) => path !== HOSTILE).reduce((sum, [, bytes]) => sum + bytes, 0)
    assert.ok(elsewhere <= received, `${elsewhere} bytes out, ${received} in`)
    assert.equal(siege.session.path, HOSTILE)
    siege.assertUnharmed()
  })

  it('of challenges in one moment is answered three times', () => {
    const siege = new Besieged()
    for (let i = 0; i < 10_000; i++) siege.attack(frame(FrameType.pathChallenge, new Uint8Array(8)))
    siege.turn()
    const answers = siege.sent.filter(({ bytes }) => siege.hostile.open(bytes)?.frames[0] === FrameType.pathResponse)
    assert.ok(answers.length >= 1 && answers.length <= 4, `${answers.length} answers`)
    siege.assertUnharmed()
  })

  it('of PINGs in one moment is answered with one ACK', () => {
    const siege = new Besieged()
    siege.turn(SECOND)
    for (let i = 0; i < 10_000; i++) siege.attack(frame(FrameType.ping))
    siege.turn()
    assert.equal(siege.sent.length, 1)
    siege.assertUnharmed()
  })

  it('of bytes that nobody has asked for is held within the window, and let go when they are refused', () => {
    const siege = new Besieged()
    for (let id = 1; id <= 7; id += 2)
      for (let at = 0; at < STREAM_WINDOW; at += 1_000)
        siege.attack(streamFrame(id, at, Math.min(1_000, STREAM_WINDOW - at)))
    const { initialSessionWindow } = siege.victim.options.settings
    assert.equal(siege.verdict, null)
    assert.equal(statsOf(siege.session).heldBytes, 4 * STREAM_WINDOW)
    assert.ok(4 * STREAM_WINDOW <= initialSessionWindow)
    siege.attack(streamFrame(9, 0, 1))
    siege.turn()
    assert.equal(siege.verdict, CloseCode.flowControl)
    assert.equal(statsOf(siege.session).heldBytes, 0)
    siege.assertUnharmed()
  })
})

describe('A provider that reads nothing', () => {
  it('and gives no credit makes its writer wait within 128 KiB, and costs its neighbour nothing', () => {
    const siege = new Besieged({ maxStreams: 100, streamWindow: 0, sessionWindow: 0 })
    const stream = siege.session.openStream()!
    let written = 0
    for (const piece = new Uint8Array(10_000); stream.isWritable; written += piece.length) stream.write(piece)
    siege.turn()
    assert.ok(written < 128 * 1024 + 10_000)
    assert.equal(stream.isWritable, false)
    assert.equal(statsOf(siege.session).bytesInFlight < 2_000, true, 'nothing but what opens the stream')
    siege.assertUnharmed()
  })
})
