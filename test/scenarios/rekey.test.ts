import assert from 'node:assert/strict'
import type { EndpointSettings } from '../../src/protocol/index.ts'
import { MILLISECOND, SECOND } from '../../src/protocol/units.ts'
import type { LinkSettings } from '../sim/link-settings.ts'
import { download, echo, flow, type StreamPlan, stream } from '../sim/plans.ts'
import { type Outcome, runScenario, seedOr } from '../sim/scenario.ts'
import { basePath, MEGABYTE } from './base-path.ts'

const SEEDS = 5
/** Some 3,300 full packets for 4 MB. */
const EVERY_300: Partial<EndpointSettings> = { rekeyAfterPackets: 300 }
/** What was sealed is far from here even where a rekey takes seconds: a session that comes near has forgotten to change its keys. */
const TIGHT: Partial<EndpointSettings> = { ...EVERY_300, mostPacketsPerKey: 2_000 }

/** Bulk both ways at once: 2 MB each. */
const bothWays: StreamPlan = stream({ request: flow(2 * MEGABYTE), answer: flow(2 * MEGABYTE) })

function transfer(name: string, seed: number, link: Partial<LinkSettings>, settings = TIGHT): Outcome {
  const outcome = runScenario({
    name,
    seed,
    link: { ...basePath, ...link },
    settings,
    app: { dialler: [bothWays] },
    untilVirtualSeconds: 60,
  })
  assert.deepEqual([outcome.dialler.closings, outcome.listener.closings], [[], []], outcome.label)
  assert.ok(outcome.receivedBytes >= 4 * MEGABYTE, outcome.label)
  return outcome
}

describe('a session that changes its keys every few hundred packets', () => {
  for (const [name, harm] of [
    ['a line that does no harm', {}],
    ['loss', { loss: 0.05 }],
    ['bursts of loss', { bursts: { enter: 0.02, leave: 0.25 } }],
    ['reordering', { reorder: 0.25, reorderBy: 40 * MILLISECOND, jitter: 5 * MILLISECOND }],
    ['duplication', { duplicate: 0.2 }],
    ['corruption', { corrupt: 0.03 }],
    ['all of it', { loss: 0.02, reorder: 0.1, reorderBy: 40 * MILLISECOND, duplicate: 0.05, corrupt: 0.01 }],
  ] as [string, Partial<LinkSettings>][]) {
    it(`carries every byte both ways under ${name}`, () => {
      for (let seed = seedOr(1), runs = 0; runs < SEEDS; seed += 1, runs += 1) {
        const { dialler, listener, label } = transfer(`rekey under ${name}`, seed, harm)
        // More than one turn of the two bits.
        assert.ok(dialler.rekeys >= 5, `${dialler.rekeys} changes; ${label}`)
        assert.ok(Math.abs(dialler.rekeys - listener.rekeys) <= 1, label)
      }
    })
  }

  it('takes no longer than one that keeps its keys', () => {
    const seed = seedOr(1)
    const plain = transfer('no rekey', seed, {}, {})
    const rekeyed = transfer('rekey', seed, {})
    assert.equal(plain.dialler.rekeys, 0)
    assert.ok(rekeyed.duration <= plain.duration * 1.02, `${rekeyed.duration} and ${plain.duration} µs`)
  })

  it('changes them while nothing passes but what a slow stream trickles', () => {
    const outcome = runScenario({
      name: 'rekey by age',
      seed: seedOr(1),
      link: basePath,
      settings: { rekeyAfter: 2 * SECOND },
      app: { dialler: [echo(200_000)], listener: [download(400_000, { readPace: 20_000 })] },
      untilVirtualSeconds: 60,
    })
    assert.ok(outcome.dialler.rekeys >= 2, `${outcome.dialler.rekeys} changes; ${outcome.label}`)
  })

  it('comes through outages that strike at any step of a change', () => {
    for (let seed = seedOr(1), runs = 0; runs < 30; seed += 1, runs += 1) {
      // The first change is under way about here; each run is dark from another moment on.
      const start = 150 * MILLISECOND + runs * 10 * MILLISECOND
      const { dialler, label } = transfer('dark during a rekey', seed, { blackouts: [{ start, length: 2 * SECOND }] })
      assert.ok(dialler.rekeys >= 5, `${dialler.rekeys} changes; ${label}`)
    }
  })

  it('comes through outages of one direction that last longer than previous keys are kept', () => {
    for (const direction of ['link', 'back'] as const) {
      for (let start = 200; start < 400; start += 25) {
        const dark = { ...basePath, blackouts: [{ start: start * MILLISECOND, length: 25 * SECOND }] }
        const outcome = runScenario({
          name: `${direction} dark during a rekey`,
          seed: seedOr(start),
          link: direction === 'link' ? dark : basePath,
          back: direction === 'back' ? dark : basePath,
          settings: EVERY_300,
          app: { dialler: [bothWays] },
          untilVirtualSeconds: 60,
        })
        assert.deepEqual([outcome.dialler.closings, outcome.listener.closings], [[], []], outcome.label)
        assert.ok(outcome.dialler.rekeys >= 5, outcome.label)
      }
    }
  })
})
