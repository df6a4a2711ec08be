// The link that tunnels over TCP lose their pace on: 200 Mbit/s, 40 ms one way, a queue of one bandwidth-delay product, random loss.

import assert from 'node:assert/strict'
import { MILLISECOND, SECOND } from '../../src/protocol/units.ts'
import type { LinkSettings } from '../sim/link-settings.ts'
import type { CongestionName } from '../sim/make-endpoint.ts'
import { download } from '../sim/plans.ts'
import { runScenario, seedOr } from '../sim/scenario.ts'
import { MEGABYTE } from './base-path.ts'

const BITS_PER_SECOND = 200_000_000
const LINK: Partial<LinkSettings> = { delay: 40 * MILLISECOND, bitsPerSecond: BITS_PER_SECOND, queuePackets: 1_667 }

/** The share of the link, headers and all, that reaches the application of one stream from the second second to the fifth. */
function shareOf(congestion: CongestionName, loss: number): number {
  let before = 0
  const outcome = runScenario({
    name: `bulk by ${congestion}`,
    seed: seedOr(1),
    link: { ...LINK, loss },
    congestion,
    settings: { cautionAfterStart: 0 },
    app: { listener: [download(400 * MEGABYTE)] },
    script: (stage) =>
      stage.after(2 * SECOND, () => {
        before = stage.flows.receivedBytes
      }),
    untilVirtualSeconds: 5,
    runs: 'time',
  })
  return ((outcome.receivedBytes - before) * 8) / (3 * BITS_PER_SECOND)
}

describe('bulk over 200 Mbit/s and 80 ms', () => {
  for (const [loss, least] of [
    [0, 0.9],
    [0.001, 0.9],
    [0.01, 0.85],
    [0.05, 0.7],
  ] as const) {
    it(`takes ${least * 100} % of a link that loses ${loss * 100} % each way, with BBR`, () => {
      const share = shareOf('bbr', loss)
      assert.ok(share >= least, `${share} of the link`)
    })
  }
})
