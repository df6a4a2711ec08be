import assert from 'node:assert/strict'
import { SECOND } from '../../src/protocol/units.ts'
import { download, type StreamPlan, upload } from '../sim/plans.ts'
import { runScenario, seedOr } from '../sim/scenario.ts'
import { basePath, KILOBYTE, MEGABYTE } from './base-path.ts'

const RESTART_AT = 2 * SECOND
const afterwards: StreamPlan = { ...upload(100 * KILOBYTE), opensAfter: 3 * SECOND }

describe('a process that is killed and started again', () => {
  it('as the listener: tells the dialler at once that it has forgotten the session, and gets a new one', () => {
    const outcome = runScenario({
      name: 'restart of the listener',
      seed: seedOr(1),
      link: basePath,
      app: { dialler: [upload(5 * MEGABYTE), afterwards] },
      script: (stage) => stage.after(RESTART_AT, () => stage.restart(stage.listener, [])),
      untilVirtualSeconds: 8,
    })
    assert.deepEqual(outcome.dialler.closings, ['reset'], outcome.label)
    assert.equal(outcome.dialler.openedSessions, 2)
  })

  it('as the dialler: answers what still arrives for its old session, which ends that at once', () => {
    const outcome = runScenario({
      name: 'restart of a busy dialler',
      seed: seedOr(2),
      link: basePath,
      app: { listener: [upload(5 * MEGABYTE), { ...download(100 * KILOBYTE), opensAfter: 3 * SECOND }] },
      script: (stage) => stage.after(RESTART_AT, () => stage.restart(stage.dialler, [upload(100 * KILOBYTE)])),
      untilVirtualSeconds: 8,
    })
    assert.deepEqual(outcome.listener.closings, ['reset'], outcome.label)
    assert.equal(outcome.listener.openedSessions, 2)
  })

  it('as the dialler, with nothing on its way: ends the old session as soon as the new one is confirmed', () => {
    const outcome = runScenario({
      name: 'restart of an idle dialler',
      seed: seedOr(3),
      link: basePath,
      app: { listener: [download(KILOBYTE), { ...download(100 * KILOBYTE), opensAfter: 3 * SECOND }] },
      script: (stage) => stage.after(RESTART_AT, () => stage.restart(stage.dialler, [upload(100 * KILOBYTE)])),
      untilVirtualSeconds: 8,
    })
    assert.deepEqual(outcome.listener.closings, ['restart'], outcome.label)
    assert.equal(outcome.listener.openedSessions, 2)
  })

  it('as the listener, on a path that loses a fifth: still comes back', () => {
    for (let seed = seedOr(10), runs = 0; runs < 5; seed += 1, runs += 1) {
      const outcome = runScenario({
        name: 'restart of the listener with loss',
        seed,
        link: { ...basePath, loss: 0.2, longestBurst: 3 },
        app: { dialler: [upload(5 * MEGABYTE), { ...afterwards, opensAfter: 20 * SECOND }] },
        script: (stage) => stage.after(RESTART_AT, () => stage.restart(stage.listener, [])),
        untilVirtualSeconds: 60,
      })
      assert.equal(outcome.dialler.closings[0], 'reset', outcome.label)
    }
  })
})
