import assert from 'node:assert/strict'
import fc from 'fast-check'
import { TokenBucket } from '../../src/protocol/token-bucket.ts'
import { SECOND } from '../../src/protocol/units.ts'

const START = 1_000 * SECOND

describe('TokenBucket', () => {
  it('gives what it holds at once, and then as much as time brings', () => {
    const bucket = new TokenBucket({ perSecond: 10, atOnce: 5 }, START)
    assert.equal(bucket.take(7, START), 5)
    assert.equal(bucket.take(7, START + 0.25 * SECOND), 2)
    assert.equal(bucket.take(7, START + 0.3 * SECOND), 1, 'halves are kept')
    assert.equal(bucket.take(7, START + 60 * SECOND), 5, 'no more than it holds')
  })

  it('never gives more than a full bucket and its pace over any span', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(2 * SECOND), fc.nat(50))), (steps) => {
        const bucket = new TokenBucket({ perSecond: 200, atOnce: 100 }, START)
        let now = START
        let taken = 0
        for (const [pause, most] of steps) {
          now += pause
          const given = bucket.take(most, now)
          assert.ok(given >= 0 && given <= most)
          taken += given
          assert.ok(taken <= 100 + ((now - START) / SECOND) * 200 + 1e-6)
        }
      }),
    )
  })
})
