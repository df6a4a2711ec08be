// A provider that opens streams and gives them up at once, as fast as its credit allows ("rapid reset"): what it opens costs it nothing, and
// each of them would be a connection to a target, or a client's place.

import assert from 'node:assert/strict'
import { MILLISECOND, SECOND } from '../../src/protocol/units.ts'
import { FrameType } from '../../src/protocol/wire/frame-types.ts'
import { joined } from '../protocol/bytes.ts'
import { statsOf } from '../protocol/endpoints.ts'
import { heldBytes } from '../protocol/heap.ts'
import { framesOf } from '../protocol/packet-bench.ts'
import { Besieged } from './besieged.ts'
import { frame, resetStream, streamFrame } from './frames.ts'

/** What it would open if nobody stopped it: ten thousand a second. */
const WISHES_PER_TURN = 10
const TURN = MILLISECOND
const BURST = 100
const PER_SECOND = 200

class RapidReset {
  readonly siege = new Besieged()
  wished = 0
  #opened = 0
  #limit: number

  constructor() {
    this.#limit = this.siege.victim.options.settings.initialMaxStreams
  }

  /** So long, in turns of a millisecond. */
  flood(span: number): void {
    for (const until = this.siege.now + span; this.siege.now < until; ) {
      for (let wish = 0; wish < WISHES_PER_TURN; wish++) this.#open()
      this.rest(TURN)
      assert.equal(this.siege.verdict, null)
    }
  }

  /** Opens nothing for so long. */
  rest(span: number): void {
    this.siege.turn(span)
    this.#settle()
  }

  #open(): void {
    this.wished++
    if (this.#opened === this.#limit) return
    const id = 2 * this.#opened++ + 1
    this.siege.attack(joined(streamFrame(id, 0, 1), resetStream(id, 1), frame(FrameType.stopSending, id, 1)))
  }

  /** The victim's own resets arrive: only then is a stream over for both sides, and only then is there room for another. */
  #settle(): void {
    for (const { bytes } of this.siege.sent) {
      const packet = this.siege.hostile.open(bytes)
      if (packet === null) continue
      for (const told of framesOf(packet.frames, 0, packet.frames.length)) {
        const [name, limit] = told.split(' ')
        if (name === 'MAX_STREAMS') this.#limit = Math.max(this.#limit, Number(limit))
      }
      // One packet each: between two of them a number may have been left out.
      this.siege.attack(frame(FrameType.ack, packet.counter, 0, 0, 0))
    }
  }
}

describe('A provider that opens streams and gives them up at once (S-12)', () => {
  it('opens no more than a burst and two hundred a second of the ten thousand that it tries, and its neighbour does not notice', () => {
    const rapid = new RapidReset()
    const first = rapid.siege.victim.options.settings.initialMaxStreams
    rapid.flood(SECOND)
    assert.ok(rapid.wished >= 10_000)
    const opened = rapid.siege.accepted
    assert.ok(opened <= first + BURST + PER_SECOND, `${opened} in the first second`)
    rapid.flood(SECOND)
    const more = rapid.siege.accepted - opened
    assert.ok(more <= 1.1 * PER_SECOND, `${more} in the second second`)
    assert.ok(more >= 0.8 * PER_SECOND, `${more} in the second second: it is slowed down and not sent away`)
    rapid.siege.assertUnharmed()
  })

  it('has its credit back when it has calmed down', () => {
    const rapid = new RapidReset()
    rapid.flood(SECOND)
    rapid.rest(SECOND)
    const before = rapid.siege.accepted
    rapid.flood(10 * TURN)
    assert.equal(rapid.siege.accepted - before, 10 * WISHES_PER_TURN)
    rapid.siege.assertUnharmed()
  })

  it('leaves nothing behind, and never holds more than it is allowed', () => {
    const rapid = new RapidReset()
    rapid.flood(SECOND)
    const before = heldBytes()
    for (let second = 0; second < 20; second++) {
      rapid.flood(SECOND)
      assert.ok(statsOf(rapid.siege.session).openStreams < 200)
    }
    assert.ok(rapid.siege.accepted > 4_000)
    assert.ok(heldBytes() - before < 3_000_000, `${heldBytes() - before} bytes more`)
    rapid.siege.assertUnharmed()
  })
})
