import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Rtt } from '../../../src/protocol/recovery/rtt.ts'
import { MILLISECOND, SECOND } from '../../../src/protocol/units.ts'

function sampled(...samples: readonly (readonly [latest: number, ackDelay: number])[]): Rtt {
  const rtt = new Rtt()
  for (const [latest, ackDelay] of samples) rtt.sample(latest, ackDelay)
  return rtt
}

describe('Rtt', () => {
  it('assumes 333 ms before the first sample: a probe after a second', () => {
    const rtt = new Rtt()
    assert.equal(rtt.hasSample, false)
    assert.equal(rtt.probeTimeout(0), 999 * MILLISECOND)
  })

  it('takes the first sample whole, whatever delay the peer names', () => {
    const rtt = sampled([100_000, 90_000])
    assert.deepEqual([rtt.smoothed, rtt.variation, rtt.min, rtt.latest], [100_000, 50_000, 100_000, 100_000])
    assert.equal(rtt.probeTimeout(26_000), 100_000 + 200_000 + 26_000)
  })

  it('smooths as RFC 9002 §5.3 says, without the delay that the peer names', () => {
    const rtt = sampled([100_000, 0], [190_000, 10_000])
    // adjusted 180: variation ¾ · 50 + ¼ · 80, smoothed ⅞ · 100 + ⅛ · 180
    assert.equal(rtt.variation, 57_500)
    assert.equal(rtt.smoothed, 110_000)
    assert.equal(rtt.latest, 190_000)
  })

  it('does not believe a delay that would undercut the least round trip', () => {
    const rtt = sampled([100_000, 0], [105_000, 10_000])
    assert.equal(rtt.smoothed, 0.875 * 100_000 + 0.125 * 105_000)
    assert.equal(rtt.min, 100_000)
  })

  it('learns a shorter least round trip, never a longer one', () => {
    assert.equal(sampled([100_000, 0], [80_000, 0], [120_000, 0]).min, 80_000)
  })

  it('never waits less than a timer can for a path without variation', () => {
    const rtt = sampled(...Array.from({ length: 200 }, () => [40, 0] as const))
    assert.ok(rtt.variation < 1)
    assert.equal(rtt.probeTimeout(0), rtt.smoothed + MILLISECOND)
  })

  it('stays between the least and the largest sample, whatever the peer says about delays', () => {
    const sample = fc.tuple(fc.integer({ min: 1, max: 10 * SECOND }), fc.nat(SECOND))
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 100 }), (samples) => {
        const rtt = sampled(...samples)
        const round = samples.map(([latest]) => latest)
        assert.equal(rtt.min, Math.min(...round))
        assert.ok(rtt.smoothed >= rtt.min * (1 - 1e-9) && rtt.smoothed <= Math.max(...round) * (1 + 1e-9))
        assert.ok(rtt.variation >= 0)
      }),
    )
  })
})
