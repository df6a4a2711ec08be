import assert from 'node:assert/strict'
import { Aggregation } from '../../../../src/protocol/congestion/bbr/aggregation.ts'
import { Bounds } from '../../../../src/protocol/congestion/bbr/bounds.ts'
import { LeastRoundTrip } from '../../../../src/protocol/congestion/bbr/least-round-trip.ts'
import { MaxBandwidth } from '../../../../src/protocol/congestion/bbr/max-bandwidth.ts'
import { Plateau } from '../../../../src/protocol/congestion/bbr/plateau.ts'
import { ProbeWait } from '../../../../src/protocol/congestion/bbr/probe-wait.ts'
import { MILLISECOND, SECOND } from '../../../../src/protocol/units.ts'
import { Prng } from '../../../sim/prng.ts'

describe('MaxBandwidth', () => {
  it('is the fastest of this cycle and the last one, and of no earlier one', () => {
    const bandwidth = new MaxBandwidth()
    bandwidth.onSample(10)
    bandwidth.onSample(7)
    bandwidth.nextCycle()
    bandwidth.onSample(5)
    assert.equal(bandwidth.rate, 10)
    bandwidth.nextCycle()
    assert.equal(bandwidth.rate, 5)
  })

  it('outlives cycles that measured nothing', () => {
    const bandwidth = new MaxBandwidth()
    bandwidth.onSample(10)
    for (let i = 0; i < 5; i++) bandwidth.nextCycle()
    assert.equal(bandwidth.rate, 10)
  })
})

describe('Aggregation', () => {
  it('is nothing where ACKs come as the rate lets expect', () => {
    const aggregation = new Aggregation()
    for (let now = 0; now < SECOND; now += MILLISECOND) aggregation.onAcked(1_000, 1, 100_000, now)
    assert.ok(aggregation.surplusBytes <= 1_000, `${aggregation.surplusBytes}`)
  })

  it('is as much as comes at once where they come in clumps, and is forgotten after ten quiet rounds', () => {
    const aggregation = new Aggregation()
    for (let now = 0; now < SECOND; now += 20 * MILLISECOND) aggregation.onAcked(20_000, 1, 100_000, now)
    assert.equal(aggregation.surplusBytes, 20_000)
    for (let i = 0; i < 10; i++) aggregation.onRound()
    assert.equal(aggregation.surplusBytes, 0)
  })

  it('is never more than could be in flight', () => {
    const aggregation = new Aggregation()
    aggregation.onAcked(50_000, 1, 30_000, 0)
    assert.equal(aggregation.surplusBytes, 30_000)
  })
})

describe('Plateau', () => {
  it('is reached after three rounds without a quarter more', () => {
    const plateau = new Plateau()
    for (const rate of [10, 13, 17, 18, 19, 20]) {
      assert.equal(plateau.isReached, false)
      plateau.onRound(rate)
    }
    assert.equal(plateau.isReached, true)
  })

  it('is looked for anew after growth', () => {
    const plateau = new Plateau()
    for (const rate of [10, 10, 10, 13, 13, 13]) plateau.onRound(rate)
    assert.equal(plateau.isReached, false)
    plateau.onRound(13)
    assert.equal(plateau.isReached, true)
  })
})

describe('LeastRoundTrip', () => {
  it('is stale when nothing came near it for five seconds', () => {
    const least = new LeastRoundTrip()
    least.onSample(80 * MILLISECOND, SECOND)
    least.onSample(90 * MILLISECOND, 6 * SECOND)
    assert.equal(least.isStale, false)
    least.onSample(90 * MILLISECOND, 6 * SECOND + 1)
    assert.equal(least.isStale, true)
    assert.equal(least.value, 80 * MILLISECOND)
  })

  it('is seen again within a 32nd of it, and need not be looked for then', () => {
    const least = new LeastRoundTrip()
    for (let second = 1; second < 60; second++) {
      least.onSample(second === 1 ? 80_000 : 82_400, second * SECOND)
      assert.equal(least.isStale, false)
    }
    assert.equal(least.value, 80_000)
  })

  it('gives way to a longer one after ten seconds', () => {
    const least = new LeastRoundTrip()
    least.onSample(80_000, SECOND)
    for (let second = 2; second < 20; second++) least.onSample(120_000, second * SECOND)
    assert.equal(least.value, 120_000)
  })
})

describe('Bounds', () => {
  it('keep seven tenths after a congested round, or what was delivered if that is more', () => {
    const bounds = new Bounds()
    bounds.tighten(100, 10_000, 60, 9_000)
    assert.equal(bounds.shortRate, 70)
    assert.equal(bounds.shortBytes, 9_000)
    bounds.tighten(100, 10_000, 10, 1_000)
    assert.equal(bounds.shortRate, 49)
    bounds.forgetShort()
    assert.equal(bounds.shortRate, Infinity)
  })

  it('come back when the losses were none', () => {
    const bounds = new Bounds()
    bounds.remember()
    bounds.tighten(100, 10_000, 60, 9_000)
    bounds.limit(20_000, 0)
    bounds.restore()
    assert.deepEqual([bounds.longBytes, bounds.shortBytes, bounds.shortRate], [Infinity, Infinity, Infinity])
  })

  it('grow twice as fast each round of a probe: by one datagram, then two, then four', () => {
    const bounds = new Bounds()
    bounds.limit(120_000, 0)
    bounds.startGrowth()
    const grown = [1, 2, 4].map((_) => {
      bounds.steepen(120_000, 1_200)
      const before = bounds.longBytes
      for (let acked = 0; acked < 120_000; acked += 1_200) bounds.grow(1_200, 1_200)
      return (bounds.longBytes - before) / 1_200
    })
    assert.deepEqual(grown, [1, 2, 4])
  })
})

describe('ProbeWait', () => {
  it('ends after two to three seconds, at another time each', () => {
    const wait = new ProbeWait(new Prng(1))
    const ends = Array.from({ length: 20 }, (_, i) => {
      const from = i * 10 * SECOND
      wait.begin(from)
      for (let now = from; ; now += 10 * MILLISECOND) if (wait.isOver(1_000, now)) return now - from
    })
    assert.ok(Math.min(...ends) >= 2 * SECOND && Math.max(...ends) <= 3 * SECOND + 10 * MILLISECOND, `${ends}`)
    assert.ok(new Set(ends).size > 10)
  })

  it('ends after as many rounds as Reno would need on a short path', () => {
    const wait = new ProbeWait(new Prng(1))
    wait.begin(0)
    for (let round = 0; round < 20; round++) wait.onRound()
    assert.equal(wait.isOver(25, 1), false)
    for (let round = 0; round < 5; round++) wait.onRound()
    assert.equal(wait.isOver(25, 1), true)
  })
})
