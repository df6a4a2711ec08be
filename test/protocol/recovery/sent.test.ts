import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  MOST_TRACKED_PACKETS,
  SentFrame,
  type SentFrameSink,
  SentPackets,
  SentState,
} from '../../../src/protocol/recovery/sent.ts'
import { heldBytes } from '../heap.ts'

/** Writes down every frame that was told acknowledged or lost, by the number it was recorded with. */
class Fates implements SentFrameSink {
  readonly told: string[] = []
  onFrameAcked(kind: number, stream: number, offset: number, length: number): void {
    this.told.push(`acked ${kind} ${stream} ${offset} ${length}`)
  }
  onFrameLost(kind: number, stream: number, offset: number, length: number): void {
    this.told.push(`lost ${kind} ${stream} ${offset} ${length}`)
  }
}

interface ModelPacket {
  state: number
  readonly sentAt: number
  readonly bytes: number
  readonly frames: readonly string[]
}

const SMALL = 700

/** What `SentPackets` promises, kept in arrays that never forget. */
class Model {
  readonly packets: ModelPacket[] = []
  oldest = 0
  readonly told: string[] = []
  /** Frames whose bytes had been sent before. */
  readonly copies = new Set<string>()

  get inFlight(): ModelPacket[] {
    return this.packets.filter(({ state }) => state === SentState.inFlight)
  }

  settle(packet: number): void {
    this.packets[packet]!.state = SentState.none
    this.told.push(...this.packets[packet]!.frames.map((frame) => `acked ${frame}`))
  }

  lose(packet: number): void {
    this.packets[packet]!.state = SentState.lost
    this.repeat(packet)
  }

  repeat(packet: number): void {
    this.told.push(...this.packets[packet]!.frames.map((frame) => `lost ${frame}`))
  }

  repeatSmall(packet: number): void {
    const small = this.packets[packet]!.frames.filter((frame) => {
      const [kind, , , length] = frame.split(' ').map(Number) as [number, number, number, number]
      return kind <= SentFrame.streamFin && length <= SMALL && !this.copies.has(frame)
    })
    this.told.push(...small.map((frame) => `lost ${frame}`))
  }

  advance(forgetBefore: number): void {
    for (let at = this.packets[this.oldest]; at !== undefined; at = this.packets[this.oldest]) {
      if (at.state === SentState.inFlight) return
      if ((at.state === SentState.lost || at.state === SentState.skipped) && at.sentAt >= forgetBefore) return
      this.oldest++
    }
  }
}

/** What happens next; `pick` chooses among the packets that it can happen to. */
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('commit' as const),
      frames: fc.nat(40),
      bytes: fc.integer({ min: 64, max: 65_507 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('bare' as const, 'discard' as const, 'rest' as const),
      frames: fc.nat(3),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('skip' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('settle' as const, 'lose' as const, 'repeat' as const, 'repeatSmall' as const),
      pick: fc.nat(),
      isOld: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('advance' as const), forgets: fc.boolean() }) },
)

describe('SentPackets', () => {
  it('does what plain arrays would do, through growing rings, losses, late arrivals and forgetting', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 250 }), (steps) => {
        const sent = new SentPackets()
        const fates = new Fates()
        const model = new Model()
        let now = 1_000
        let frameNumber = 0
        const note = (howMany: number): string[] =>
          Array.from({ length: howMany }, () => {
            const frame = [frameNumber % 8, frameNumber % 5, 2 ** 40 + frameNumber, frameNumber % 1_500] as const
            frameNumber++
            const isCopy = frameNumber % 3 === 0
            sent.record(...frame, isCopy)
            const text = frame.join(' ')
            if (isCopy) model.copies.add(text)
            return text
          })
        for (const next of steps) {
          now += 10
          switch (next.kind) {
            case 'commit': {
              const frames = note(next.frames)
              assert.equal(sent.framesNoted, next.frames)
              sent.commit(next.bytes, now)
              model.packets.push({ state: SentState.inFlight, sentAt: now, bytes: next.bytes, frames })
              break
            }
            case 'bare':
              note(next.frames)
              sent.commitBare(now)
              // Behind nothing that is remembered it is not either.
              if (model.oldest === model.packets.length) model.oldest++
              model.packets.push({ state: SentState.bare, sentAt: now, bytes: 0, frames: [] })
              break
            case 'rest':
              sent.rest()
              break
            case 'discard':
              note(next.frames)
              sent.discard()
              break
            case 'skip':
              sent.skip(now)
              model.packets.push({ state: SentState.skipped, sentAt: now, bytes: 0, frames: [] })
              break
            case 'advance': {
              const forgetBefore = next.forgets ? now - 200 : 0
              sent.advance(forgetBefore)
              model.advance(forgetBefore)
              break
            }
            default: {
              const allowed = next.kind === 'settle' ? [SentState.inFlight, SentState.lost] : [SentState.inFlight]
              const numbers = [...model.packets.keys()].filter(
                (n) => n >= model.oldest && (allowed as number[]).includes(model.packets[n]!.state),
              )
              if (numbers.length === 0) break
              // Mostly the oldest ones: they stand where the rings wrap.
              const packet = numbers[next.pick % Math.min(numbers.length, next.isOld ? 1 : Infinity)]!
              if (next.kind === 'repeatSmall') sent.repeatSmall(packet, SMALL, fates)
              else sent[next.kind](packet, fates)
              model[next.kind](packet)
            }
          }
          assert.equal(sent.framesNoted, 0)
          assert.equal(sent.next, model.packets.length)
          assert.equal(sent.oldest, model.oldest)
          assert.equal(sent.packetsInFlight, model.inFlight.length)
          assert.equal(
            sent.bytesInFlight,
            model.inFlight.reduce((sum, { bytes }) => sum + bytes, 0),
          )
        }
        for (let packet = sent.oldest; packet < sent.next; packet++) {
          const { state, sentAt, bytes } = model.packets[packet]!
          assert.deepEqual([sent.state(packet), sent.sentAt(packet), sent.bytes(packet)], [state, sentAt, bytes])
        }
        assert.deepEqual(fates.told, model.told)
      }),
      { numRuns: 200 },
    )
  })

  it('holds no rings before its first packet, none for bare ACKs, and none at rest', () => {
    const before = heldBytes()
    const all = Array.from({ length: 5_000 }, () => new SentPackets())
    for (const sent of all) for (let i = 0; i < 50; i++) sent.commitBare(i)
    const idle = heldBytes() - before
    for (const sent of all) {
      sent.record(SentFrame.stream, 1, 0, 100)
      sent.commit(100, 100)
    }
    const busy = heldBytes() - before
    for (const sent of all) {
      sent.rest()
      assert.equal(sent.state(50), SentState.inFlight, 'what is on its way is not forgotten')
      sent.settle(50, new Fates())
      sent.advance(0)
      sent.rest()
    }
    const rested = heldBytes() - before
    // Whatever else is collected meanwhile counts too, and is little beside five thousand pairs of rings.
    assert.ok(rested - idle < (busy - idle) / 5, `idle ${idle}, busy ${busy}, at rest ${rested} bytes`)
    assert.ok(busy - idle > 5_000 * 1_000, `rings take ${busy - idle} bytes`)
  })

  it('knows the frames of the oldest packet when its ring is just full', () => {
    for (const count of [16, 32, 64]) {
      const sent = new SentPackets()
      const fates = new Fates()
      for (let packet = 0; packet < count; packet++) {
        sent.record(SentFrame.stream, 4, packet, 1)
        sent.commit(100, 0)
      }
      sent.settle(0, fates)
      assert.deepEqual(fates.told, ['acked 0 4 0 1'])
    }
  })

  it('says when no more packets can be followed, and goes on once the oldest are settled', () => {
    const sent = new SentPackets()
    const fates = new Fates()
    while (sent.hasRoom) sent.commit(100, 0)
    assert.equal(sent.next, MOST_TRACKED_PACKETS)
    sent.settle(1, fates)
    sent.advance(0)
    assert.equal(sent.hasRoom, false, 'packet 0 is still on its way')
    sent.settle(0, fates)
    sent.advance(0)
    assert.equal(sent.oldest, 2)
    assert.equal(sent.hasRoom, true)
  })

  it('tells the frames of a lost packet acknowledged if it arrives after all, and no longer counts its bytes', () => {
    const sent = new SentPackets()
    const fates = new Fates()
    sent.record(SentFrame.stream, 4, 0, 900)
    sent.commit(1_000, 0)
    sent.lose(0, fates)
    assert.deepEqual([sent.bytesInFlight, sent.packetsInFlight], [0, 0])
    sent.settle(0, fates)
    assert.deepEqual([sent.bytesInFlight, sent.packetsInFlight], [0, 0])
    assert.deepEqual(fates.told, ['lost 0 4 0 900', 'acked 0 4 0 900'])
  })

  it('keeps a skipped number as long as a lost packet, so that an ACK for it is still caught', () => {
    const sent = new SentPackets()
    sent.skip(500)
    sent.commitBare(600)
    sent.advance(500)
    assert.equal(sent.state(0), SentState.skipped)
    sent.advance(501)
    assert.equal(sent.oldest, 2)
  })
})
