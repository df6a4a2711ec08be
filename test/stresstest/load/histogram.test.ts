// Quantiles from buckets are held against quantiles from the sorted list.

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Histogram } from '../../../stresstest/load/histogram.ts'

/** From a µs to an hour, as often short as long. */
const duration = fc.double({ min: 0, max: Math.log(3_600_000_000), noNaN: true }).map(Math.exp)
const durations = fc.array(duration, { minLength: 1, maxLength: 500 })
const fraction = fc.double({ min: 0, max: 1, noNaN: true })

describe('a histogram', () => {
  it('knows every quantile to 1 %', () => {
    fc.assert(
      fc.property(durations, fraction, (micros, asked) => {
        const sorted = micros.toSorted((a, b) => a - b)
        const exact = sorted[Math.max(1, Math.ceil(asked * sorted.length)) - 1]!
        const told = histogramOf(micros).quantile(asked)
        assert.ok(Math.abs(told - exact) <= exact / 100, `${told} is not ${exact}`)
      }),
    )
  })

  it('knows the least, the greatest and how many exactly, and the mean', () => {
    fc.assert(
      fc.property(durations, (micros) => {
        const histogram = histogramOf(micros)
        assert.equal(histogram.minUs, Math.min(...micros))
        assert.equal(histogram.maxUs, Math.max(...micros))
        assert.equal(histogram.quantile(1), histogram.maxUs)
        assert.equal(histogram.count, micros.length)
        const mean = micros.reduce((sum, value) => sum + value, 0) / micros.length
        assert.ok(Math.abs(histogram.meanUs - mean) <= mean * 1e-9)
      }),
    )
  })

  it('never tells less for a greater fraction', () => {
    fc.assert(
      fc.property(durations, fraction, fraction, (micros, one, other) => {
        const histogram = histogramOf(micros)
        assert.ok(histogram.quantile(Math.min(one, other)) <= histogram.quantile(Math.max(one, other)))
      }),
    )
  })

  it('counts what is shorter than a µs and what is longer than a day', () => {
    const histogram = histogramOf([0, 0.5, 1e15])
    assert.equal(histogram.count, 3)
    assert.ok(histogram.quantile(0.5) <= 1.01)
    assert.equal(histogram.quantile(1), 1e15)
  })

  it('has no quantile while it is empty, and is empty again after clear', () => {
    const histogram = histogramOf([17])
    histogram.clear()
    assert.ok(Number.isNaN(histogram.quantile(0.5)))
    histogram.add(3)
    assert.deepEqual([histogram.count, histogram.minUs, histogram.maxUs, histogram.meanUs], [1, 3, 3, 3])
    assert.equal(histogram.quantile(0.5), 3)
  })
})

function histogramOf(micros: readonly number[]): Histogram {
  const histogram = new Histogram()
  for (const duration of micros) histogram.add(duration)
  return histogram
}
