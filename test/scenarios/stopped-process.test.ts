import assert from 'node:assert/strict'
import { MILLISECOND, SECOND } from '../../src/protocol/units.ts'
import { download, upload } from '../sim/plans.ts'
import { runScenario, seedOr } from '../sim/scenario.ts'
import { basePath, MEGABYTE } from './base-path.ts'

describe('a process that is stopped for a while', () => {
  for (const role of ['listener', 'dialler'] as const) {
    for (const length of [500 * MILLISECOND, 5 * SECOND, 40 * SECOND]) {
      it(`as the ${role}, for ${length / SECOND} s: loses nothing`, () => {
        const outcome = runScenario({
          name: `a stopped ${role}`,
          seed: seedOr(1),
          link: basePath,
          app: { listener: [download(2 * MEGABYTE), upload(MEGABYTE)] },
          script: (stage) => stage.after(SECOND, () => stage.stop(stage[role], length)),
          untilVirtualSeconds: length / SECOND + 15,
        })
        assert.deepEqual(outcome.listener.closings, [])
        assert.deepEqual(outcome.dialler.closings, [])
      })
    }
  }

  it('for longer than <survive>: comes back with a new session', () => {
    const outcome = runScenario({
      name: 'a listener stopped for 90 s',
      seed: seedOr(2),
      link: basePath,
      app: { listener: [download(2 * MEGABYTE)], dialler: [{ ...upload(MEGABYTE), opensAfter: 100 * SECOND }] },
      script: (stage) => stage.after(SECOND, () => stage.stop(stage.listener, 90 * SECOND)),
      untilVirtualSeconds: 120,
    })
    assert.equal(outcome.dialler.closings[0], 'silence', outcome.label)
    assert.ok(outcome.dialler.openedSessions >= 2, outcome.label)
  })
})
