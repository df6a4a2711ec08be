import assert from 'node:assert/strict'
import { Workload } from '../../src/cli/engine.ts'

describe('a workload', () => {
  const verdicts = (...shares: number[]) => {
    const workload = new Workload()
    return shares.map((share) => workload.isSustained(share))
  }

  it('is sustained once it has kept a fifth of a core busy at three looks in a row', () => {
    assert.deepEqual(verdicts(0.2, 0.9, 0.3, 1.1), [false, false, true, true])
  })

  it('is none that ends in between, however hard it was', () => {
    assert.deepEqual(verdicts(1, 1, 0.1, 1, 1), [false, false, false, false, false])
  })

  it('ends at the first look that finds it idle', () => {
    assert.deepEqual(verdicts(1, 1, 1, 0.19, 1), [false, false, true, false, false])
  })
})
