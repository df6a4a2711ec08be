import assert from 'node:assert/strict'
import { MILLISECOND, SECOND } from '../../src/protocol/units.ts'
import type { Blackout } from '../sim/link-settings.ts'
import { download } from '../sim/plans.ts'
import { runScenario, seedOr } from '../sim/scenario.ts'
import { basePath, MEGABYTE } from './base-path.ts'

/** Five seconds on, two seconds off. */
const outages: Blackout[] = Array.from({ length: 8 }, (_, index) => ({
  start: (5 + 7 * index) * SECOND,
  length: 2 * SECOND,
}))

describe('a path that disappears', () => {
  it('carries 10 MB between outages of two seconds and is back at once after each', () => {
    const outcome = runScenario({
      name: 'blackhole',
      seed: seedOr(1),
      link: { ...basePath, blackouts: outages },
      app: { listener: [download(10 * MEGABYTE)] },
      untilVirtualSeconds: 60,
    })
    assert.ok(outcome.duration <= 25 * SECOND, `${outcome.duration} µs; ${outcome.label}`)
    assert.deepEqual(outcome.dialler.closings, [])
    for (const { start, length } of outages) {
      const back = start + length
      if (back >= outcome.duration) break
      const resumed = outcome.arrivals.find((at) => at >= back) ?? Infinity
      assert.ok(resumed - back <= 1_200 * MILLISECOND, `silent for ${resumed - back} µs after ${back}`)
    }
  })

  for (const seconds of [10, 45]) {
    it(`keeps every stream through ${seconds} dark seconds`, () => {
      const outcome = runScenario({
        name: 'one long outage',
        seed: seedOr(2),
        link: { ...basePath, blackouts: [{ start: SECOND, length: seconds * SECOND }] },
        app: { listener: [download(2 * MEGABYTE)] },
        untilVirtualSeconds: seconds + 10,
      })
      assert.deepEqual(outcome.dialler.closings, [])
      assert.deepEqual(outcome.listener.closings, [])
    })
  }

  it('ends the session after <survive>, resets its streams on both sides and comes back with a new one', () => {
    const outcome = runScenario({
      name: 'an outage longer than <survive>',
      seed: seedOr(3),
      link: { ...basePath, blackouts: [{ start: SECOND, length: 75 * SECOND }] },
      app: { listener: [download(2 * MEGABYTE), { ...download(1_000), opensAfter: 80 * SECOND }] },
      untilVirtualSeconds: 120,
    })
    assert.equal(outcome.dialler.closings[0], 'silence', outcome.label)
    assert.equal(outcome.listener.closings[0], 'silence', outcome.label)
    assert.equal(outcome.listener.openedSessions, 2)
  })
})
