import assert from 'node:assert/strict'
import { type Micros, SECOND } from '../../src/protocol/units.ts'
import type { LinkSettings } from '../sim/link-settings.ts'
import { download } from '../sim/plans.ts'
import { runScenario, seedOr } from '../sim/scenario.ts'
import { basePath, KILOBYTE } from './base-path.ts'

const CONNECTIONS = 50

describe('fifty handshakes over a path that loses or damages 30 % each way', () => {
  it('all succeed under loss in bursts of up to three', () => {
    const durations = fiftyRuns({ ...basePath, loss: 0.3, longestBurst: 3 })
    const median = durations[CONNECTIONS / 2]!
    const longest = durations.at(-1)!
    assert.ok(median <= 1.5 * SECOND, `median ${median} µs`)
    assert.ok(longest <= 15 * SECOND, `longest ${longest} µs`)
  })

  it('all succeed under corruption', () => {
    const longest = fiftyRuns({ ...basePath, corrupt: 0.3, longestBurst: 3 }).at(-1)!
    assert.ok(longest <= 15 * SECOND, `longest ${longest} µs`)
  })
})

/** How long each took to connect and to fetch a kilobyte, sorted. */
function fiftyRuns(link: Partial<LinkSettings>): Micros[] {
  const first = seedOr(1)
  const durations = Array.from({ length: CONNECTIONS }, (_, index) => {
    const outcome = runScenario({
      name: 'one of fifty handshakes',
      seed: first + index,
      link,
      app: { listener: [download(KILOBYTE)] },
      untilVirtualSeconds: 300,
    })
    assert.equal(outcome.dialler.openedSessions, 1, outcome.label)
    return outcome.duration
  })
  return durations.sort((one, other) => one - other)
}
