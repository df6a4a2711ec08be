import assert from 'node:assert/strict'
import fc from 'fast-check'
import { backoffMs, wasHealthy } from '../../src/provider/backoff.ts'

describe('the backoff', () => {
  it('doubles its ceiling from 250 ms up to 30 s', () => {
    const ceilings = [0, 1, 2, 6, 7, 8, 1_000_000].map((attempt) => backoffMs(attempt, 1))
    assert.deepEqual(ceilings, [250, 500, 1_000, 16_000, 30_000, 30_000, 30_000])
  })

  it('is spread over everything from nothing to its ceiling', () => {
    fc.assert(
      fc.property(fc.nat(2_000), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempt, fraction) => {
        const waitMs = backoffMs(attempt, fraction)
        assert.ok(waitMs >= 0 && waitMs < 30_000)
        assert.equal(backoffMs(attempt, 0), 0)
        assert.ok(Math.abs(waitMs - fraction * backoffMs(attempt, 1)) < 1e-6)
      }),
    )
  })

  it('starts anew after a session of a minute', () => {
    assert.equal(wasHealthy(59_999), false)
    assert.equal(wasHealthy(60_000), true)
  })
})
