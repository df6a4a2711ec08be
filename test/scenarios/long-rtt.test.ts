import assert from 'node:assert/strict'
import { MILLISECOND, SECOND } from '../../src/protocol/units.ts'
import { exchange } from '../sim/plans.ts'
import { runScenario, seedOr } from '../sim/scenario.ts'
import { basePath, KILOBYTE } from './base-path.ts'

describe('a path of 750 ms each way', () => {
  it('takes the repeats of one dial for one dial', () => {
    const outcome = runScenario({
      name: 'long rtt',
      seed: seedOr(1),
      link: { ...basePath, delay: 750 * MILLISECOND },
      app: { listener: [exchange(200, KILOBYTE)] },
      untilVirtualSeconds: 20,
    })
    assert.ok(outcome.duration <= 6 * SECOND, `${outcome.duration} µs; ${outcome.label}`)
    assert.equal(outcome.dialler.openedSessions, 1)
    assert.equal(outcome.listener.openedSessions, 1)
    assert.deepEqual(outcome.listener.closings, [])
  })
})
