// BBR between two real endpoints, where its model of the path is put to the test.

import assert from 'node:assert/strict'
import { MILLISECOND, SECOND } from '../../src/protocol/units.ts'
import { download, exchange } from '../sim/plans.ts'
import { type Outcome, runScenario, type Scenario, seedOr } from '../sim/scenario.ts'
import { basePath, KILOBYTE, MEGABYTE } from './base-path.ts'

function run(scenario: Pick<Scenario, 'name' | 'app'> & Partial<Scenario>): Outcome {
  return runScenario({
    seed: seedOr(1),
    congestion: 'bbr',
    link: basePath,
    settings: { cautionAfterStart: 0 },
    untilVirtualSeconds: 60,
    ...scenario,
  })
}

describe('BBR', () => {
  it('brings 10 MB through 10 Mbit/s and a queue of 25 packets as fast as headers let it', () => {
    const { duration, label } = run({ name: 'ten megabytes', app: { listener: [download(10 * MEGABYTE)] } })
    const share = (10 * MEGABYTE * 8) / (duration / SECOND) / 10_000_000
    assert.ok(share >= 0.9, `${share} of the link; ${label}`)
  })

  it('is not thrown by timers that fire up to 3 ms late', () => {
    const { duration, label } = run({
      name: 'late timers',
      app: { listener: [download(10 * MEGABYTE)] },
      timerLateness: 3 * MILLISECOND,
    })
    const share = (10 * MEGABYTE * 8) / (duration / SECOND) / 10_000_000
    assert.ok(share >= 0.88, `${share} of the link; ${label}`)
  })

  it('is back at its old rate soon after an outage of two seconds', () => {
    const dark = { start: 3 * SECOND, length: 2 * SECOND }
    const outcome = run({
      name: 'outage',
      link: { ...basePath, blackouts: [dark] },
      app: { listener: [download(10 * MEGABYTE)] },
    })
    const back = outcome.arrivals.find((at) => at >= dark.start + dark.length) ?? Infinity
    assert.ok(back <= dark.start + dark.length + 1_200 * MILLISECOND, `silent until ${back} µs`)
    const alone = run({ name: 'no outage', app: { listener: [download(10 * MEGABYTE)] } })
    const cost = outcome.duration - alone.duration - dark.length
    assert.ok(cost <= 1_500 * MILLISECOND, `the outage cost ${cost} µs more than it lasted; ${outcome.label}`)
  })

  it('carries bulk at the full rate after seconds of small requests, which say little of the path', () => {
    const asked = Array.from({ length: 100 }, (_, i) => ({
      ...exchange(200, 4 * KILOBYTE),
      opensAfter: SECOND + i * 50 * MILLISECOND,
    }))
    const bulkAt = 7 * SECOND
    const { duration, label } = run({
      name: 'requests, then bulk',
      app: { listener: [...asked, { ...download(5 * MEGABYTE), opensAfter: bulkAt }] },
    })
    const share = (5 * MEGABYTE * 8) / ((duration - bulkAt) / SECOND) / 10_000_000
    assert.ok(share >= 0.88, `${share} of the link; ${label}`)
  })
})
