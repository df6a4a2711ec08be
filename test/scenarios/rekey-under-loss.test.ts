// New keys again and again while every twentieth datagram is lost: nothing may wait for them. Loss falls elsewhere as soon as a run has one
// packet more, so runs with and without new keys are compared as two crowds and not one by one; the worst of a crowd is chance.

import assert from 'node:assert/strict'
import type { EndpointSettings } from '../../src/protocol/index.ts'
import { LEAST_PACKETS_PER_KEY } from '../../src/protocol/limits.ts'
import { MILLISECOND, type Micros } from '../../src/protocol/units.ts'
import type { LinkSettings } from '../sim/link-settings.ts'
import { echo, flow, type StreamPlan, stream } from '../sim/plans.ts'
import { type Outcome, runScenario, type SideOutcome, seedOr } from '../sim/scenario.ts'

const SEEDS = 40
const ROUND_TRIP: Micros = 40 * MILLISECOND
const LINE: Partial<LinkSettings> = { delay: ROUND_TRIP / 2, bitsPerSecond: 10_000_000, queuePackets: 50 }
const LOSSY: Partial<LinkSettings> = { ...LINE, loss: 0.05 }
const BULK_BYTES = 600_000

/** As often as the protocol lets anybody. What was sealed stays far from the limit unless a side forgets to change. */
const OFTEN: Partial<EndpointSettings> = { rekeyAfterPackets: LEAST_PACKETS_PER_KEY, mostPacketsPerKey: 1_000 }
/** The listener waits a quarter longer than it is told: with these both sides begin with the same packet. */
const AT_ONCE: Keys = { settings: { ...OFTEN, rekeyAfterPackets: 80 }, listenerSettings: OFTEN }
const NEVER: Keys = { settings: {} }

interface Keys {
  readonly settings: Partial<EndpointSettings>
  readonly listenerSettings?: Partial<EndpointSettings>
}

/** Every byte of every stream is checked where it is read. */
function carry(name: string, seed: number, keys: Keys, link = LOSSY): Outcome {
  const small: StreamPlan[] = Array.from({ length: 60 }, (_, i) => ({ ...echo(300), opensAfter: i * 20 * MILLISECOND }))
  const bothWays = stream({ request: flow(BULK_BYTES), answer: flow(BULK_BYTES) })
  const outcome = runScenario({
    name,
    seed,
    link,
    ...keys,
    settings: { cautionAfterStart: 0, ...keys.settings },
    app: { dialler: [bothWays, ...small], listener: small },
    untilVirtualSeconds: 60,
  })
  assert.deepEqual([outcome.dialler.closings, outcome.listener.closings], [[], []], outcome.label)
  return outcome
}

/** The longest time, on either side, in which nothing came for any application. */
function longestGap({ dialler, listener }: Outcome): Micros {
  return Math.max(gapOf(dialler), gapOf(listener))
}

function gapOf({ arrivals }: SideOutcome): Micros {
  return arrivals.reduce((gap, at, i) => (i === 0 ? gap : Math.max(gap, at - arrivals[i - 1]!)), 0)
}

/** The longest gaps of so many runs, the shortest first. */
function gapsOf(name: string, keys: Keys): Micros[] {
  const gaps: Micros[] = []
  for (let seed = seedOr(1), runs = 0; runs < SEEDS; seed += 1, runs += 1) {
    const outcome = carry(name, seed, keys)
    gaps.push(longestGap(outcome))
    if (keys !== NEVER) assert.ok(outcome.dialler.rekeys >= 5, `${outcome.dialler.rekeys} changes; ${outcome.label}`)
  }
  return gaps.sort((one, other) => one - other)
}

describe('[K-1] [K-3] [K-8] new keys every few dozen packets on a line that loses 5 % each way', () => {
  let plain: readonly Micros[] = []
  before(() => {
    plain = gapsOf('the same keys', NEVER)
  })

  for (const [name, keys] of [
    ['one side begins', { settings: OFTEN }],
    ['both sides begin at once', AT_ONCE],
  ] as [string, Keys][]) {
    it(`make bulk and requests of both directions stand still for no round trip more than old ones, where ${name}`, () => {
      const gaps = gapsOf(name, keys)
      for (const share of [0.25, 0.5, 0.75, 0.9]) {
        const [without, with_] = [plain, gaps].map((of) => of[Math.floor(share * SEEDS)]!)
        assert.ok(with_! <= without! + ROUND_TRIP, `${share} of the seeds: ${with_} µs, and ${without} µs without`)
      }
    })

    it(`are not felt at all on the same line without loss, where ${name}`, () => {
      const without = longestGap(carry('the same keys', seedOr(1), NEVER, LINE))
      const with_ = longestGap(carry(name, seedOr(1), keys, LINE))
      assert.ok(with_ <= without + ROUND_TRIP / 8, `${with_} µs, and ${without} µs without`)
    })
  }
})
