import assert from 'node:assert/strict'
import fc from 'fast-check'
import { SkippedNumbers } from '../../../src/protocol/recovery/skip.ts'
import { Prng } from '../../sim/prng.ts'

/** The first `count` numbers that are left out. */
function skipped(seed: number, count: number): number[] {
  const numbers = new SkippedNumbers(new Prng(seed))
  const found: number[] = []
  for (let packet = 0; found.length < count; packet++) if (numbers.isDue(packet)) found.push(packet)
  return found
}

describe('SkippedNumbers', () => {
  it('leaves out a number within each period, never two in a row, and doubles the period', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        let from = 0
        let period = 256
        for (const number of skipped(seed, 6)) {
          assert.ok(number - from >= 2 && number - from < 2 + 2 * period, `${number} after ${from}, period ${period}`)
          from = number
          period *= 2
        }
      }),
      { numRuns: 30 },
    )
  })

  it('cannot be foretold without the seed (F-2)', () => {
    const firsts = new Set(Array.from({ length: 50 }, (_, seed) => skipped(seed, 1)[0]))
    assert.ok(firsts.size > 30, `${firsts.size} different first numbers in 50`)
  })

  it('skips once, though it is asked late', () => {
    const numbers = new SkippedNumbers(new Prng(1))
    assert.equal(numbers.isDue(10_000), true)
    assert.equal(numbers.isDue(10_001), false)
  })
})
