import assert from 'node:assert/strict'
import { HyStart } from '../../../src/protocol/congestion/hystart.ts'
import { MILLISECOND, type Micros } from '../../../src/protocol/units.ts'

/** Feeds whole rounds: the first ACK of each is of a packet sent when the round before began. */
class Rounds {
  readonly hyStart = new HyStart()
  #now: Micros = 0

  /** One round of `samples` ACKs, all with this round trip. */
  pass(rttMs: number, samples = 8): void {
    const sentAt = this.#now
    this.#now += 1_000 * MILLISECOND
    for (let i = 0; i < samples; i++) this.hyStart.onAcked(sentAt, rttMs * MILLISECOND, this.#now)
  }
}

describe('HyStart', () => {
  it('lets the window double while round trips stay level', () => {
    const rounds = new Rounds()
    for (let i = 0; i < 50; i++) rounds.pass(100)
    assert.equal(rounds.hyStart.growthDivisor, 1)
    assert.equal(rounds.hyStart.isOver, false)
  })

  // RFC 9406 §4.2: an eighth of the last round's fastest packet, at least 4 ms and at most 16 ms.
  for (const [rttMs, riseMs] of [
    [8, 4],
    [80, 10],
    [400, 16],
  ] as const) {
    it(`slows down when a ${rttMs} ms path takes ${riseMs} ms longer, not before`, () => {
      const almost = new Rounds()
      almost.pass(rttMs)
      almost.pass(rttMs + riseMs - 0.001)
      assert.equal(almost.hyStart.growthDivisor, 1)

      const enough = new Rounds()
      enough.pass(rttMs)
      enough.pass(rttMs + riseMs)
      assert.equal(enough.hyStart.growthDivisor, 4)
      assert.equal(enough.hyStart.isOver, false)
    })
  }

  it('judges a round by its fastest packet: later ones may be slow', () => {
    const rounds = new Rounds()
    rounds.pass(100)
    rounds.pass(100, 1)
    for (let i = 0; i < 10; i++) rounds.hyStart.onAcked(0, 500 * MILLISECOND, 2_000 * MILLISECOND)
    assert.equal(rounds.hyStart.growthDivisor, 1)
  })

  it('says nothing after fewer than eight samples', () => {
    const rounds = new Rounds()
    rounds.pass(100)
    rounds.pass(200, 7)
    assert.equal(rounds.hyStart.growthDivisor, 1)
  })

  it('does not count an ACK without a sample', () => {
    const rounds = new Rounds()
    rounds.pass(100)
    rounds.pass(200, 7)
    rounds.hyStart.onAcked(0, 0, 2_000 * MILLISECOND)
    assert.equal(rounds.hyStart.growthDivisor, 1)
    rounds.hyStart.onAcked(0, 200 * MILLISECOND, 2_000 * MILLISECOND)
    assert.equal(rounds.hyStart.growthDivisor, 4)
  })

  it('ends slow start when five rounds did not clear the alarm, the one that raised it included', () => {
    const rounds = new Rounds()
    rounds.pass(100)
    rounds.pass(120)
    for (let i = 0; i < 4; i++) rounds.pass(130)
    assert.equal(rounds.hyStart.isOver, false)
    rounds.pass(130, 1)
    assert.equal(rounds.hyStart.isOver, true)
  })

  it('goes back to doubling when a round is faster than the one that raised the alarm', () => {
    const rounds = new Rounds()
    rounds.pass(100)
    rounds.pass(120)
    rounds.pass(119)
    assert.equal(rounds.hyStart.growthDivisor, 1)
  })

  it('counts five whole rounds again after a false alarm', () => {
    const rounds = new Rounds()
    for (const rttMs of [100, 120, 120, 120, 119]) rounds.pass(rttMs)
    for (let i = 0; i < 5; i++) rounds.pass(140)
    assert.equal(rounds.hyStart.isOver, false)
    rounds.pass(140)
    assert.equal(rounds.hyStart.isOver, true)
  })

  it('ends no round at ACKs of packets sent before it began', () => {
    const hyStart = new HyStart()
    for (let i = 0; i < 8; i++) hyStart.onAcked(0, 100 * MILLISECOND, 100 * MILLISECOND)
    // All of one flight: its queueing delay may rise, but there is no later round to compare with.
    for (let i = 0; i < 100; i++) hyStart.onAcked(50 * MILLISECOND, 500 * MILLISECOND, 550 * MILLISECOND)
    assert.equal(hyStart.growthDivisor, 1)
  })
})
