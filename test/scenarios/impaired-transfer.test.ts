import assert from 'node:assert/strict'
import { SECOND } from '../../src/protocol/units.ts'
import type { LinkSettings } from '../sim/link-settings.ts'
import { download } from '../sim/plans.ts'
import { runScenario, seedOr } from '../sim/scenario.ts'
import { basePath, MEGABYTE } from './base-path.ts'

const SEEDS = 5
/** 2 MB at 2 Mbit/s. */
const MOST: number = 8 * SECOND

describe('2 MB over a path that spoils 2 % each way', () => {
  for (const [name, harm] of [
    ['loss', { loss: 0.02, longestBurst: 3 }],
    ['corruption', { corrupt: 0.02 }],
    ['reordering', { reorder: 0.02, reorderBy: 10_000 }],
  ] as [string, Partial<LinkSettings>][]) {
    it(`arrive whole and at 2 Mbit/s or more under ${name}`, () => {
      for (let seed = seedOr(1), runs = 0; runs < SEEDS; seed += 1, runs += 1) {
        const outcome = runScenario({
          name: `transfer under ${name}`,
          seed,
          link: { ...basePath, ...harm },
          // What is measured is the transfer, on a line whose draws are not moved by a longer handshake.
          settings: { cautionAfterStart: 0 },
          app: { listener: [download(2 * MEGABYTE)] },
          untilVirtualSeconds: 60,
        })
        assert.ok(outcome.duration <= MOST, `${outcome.duration} µs; ${outcome.label}`)
      }
    })
  }
})
