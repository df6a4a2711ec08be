// Small requests over a line that loses packets: a loss must cost who waits a fraction of a round trip, and not another one.

import assert from 'node:assert/strict'
import { MILLISECOND, SECOND } from '../../src/protocol/units.ts'
import type { LinkSettings } from '../sim/link-settings.ts'
import type { CongestionName } from '../sim/make-endpoint.ts'
import { download, exchange } from '../sim/plans.ts'
import { type Outcome, runScenario, seedOr } from '../sim/scenario.ts'
import { MEGABYTE } from './base-path.ts'

const ROUND_TRIP = 80 * MILLISECOND
const LINK: Partial<LinkSettings> = { delay: ROUND_TRIP / 2, bitsPerSecond: 200_000_000, queuePackets: 1_667 }
/** Each request is answered before the next one is made. */
const PAUSE = 2 * SECOND
const REQUESTS = 2_000
/** What a session needs to find out that its line loses packets. */
const LEARNING = 200
const MESSAGE_BYTES = 300

function asked(loss: number, congestion: CongestionName): Outcome {
  const plans = Array.from({ length: REQUESTS }, (_, at) => ({
    ...exchange(MESSAGE_BYTES, MESSAGE_BYTES),
    opensAfter: SECOND + at * PAUSE,
  }))
  return runScenario({
    name: `requests over a line that loses ${loss * 100} %`,
    seed: seedOr(1),
    link: { ...LINK, loss },
    congestion,
    settings: { cautionAfterStart: 0 },
    app: { dialler: plans },
    untilVirtualSeconds: (REQUESTS * PAUSE) / SECOND + 60,
  })
}

/** In round trips, of the requests behind the first `LEARNING`, the shortest first. */
function latencies({ dialler: { arrivals } }: Outcome): readonly number[] {
  const last = new Map<number, number>()
  for (const at of arrivals) last.set(Math.floor((at - SECOND) / PAUSE), at)
  const waits = Array.from(last, ([request, at]) => (at - SECOND - request * PAUSE) / ROUND_TRIP)
  return waits.slice(LEARNING).sort((one, other) => one - other)
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.floor(sorted.length * share)]!
}

describe('small requests', () => {
  for (const [loss, share] of [
    [0.01, 0.99],
    [0.05, 0.99],
    [0.1, 0.95],
  ] as const) {
    for (const congestion of ['bbr', 'cubic'] as const) {
      it(`over a line that loses ${loss * 100} % each way: ${share * 100} % are answered in 1.3 round trips, with ${congestion}`, () => {
        const waits = latencies(asked(loss, congestion))
        assert.equal(waits.length, REQUESTS - LEARNING)
        const wait = quantile(waits, share)
        assert.ok(wait <= 1.3, `${wait} round trips`)
      })
    }
  }

  // Twice the bytes of what is small, and an ACK for each copy; a line of few losses is hardly ever taken for a bad one.
  for (const [loss, most] of [
    [0.001, 1.05],
    [0.05, 2.25],
  ] as const) {
    it(`over a line that loses ${loss * 100} % each way cost ${most} times the bytes at most`, () => {
      const [none, some] = [asked(0, 'bbr'), asked(loss, 'bbr')]
      for (const way of ['toListener', 'toDialler'] as const) {
        const [had, needed] = [none[way].sentBytes, some[way].sentBytes]
        assert.ok(needed <= most * had, `${needed} of ${had} bytes ${way}`)
      }
    })
  }
})

describe('a download over a line that loses 5 %', () => {
  it('says nothing twice that was not lost', () => {
    const { toDialler } = runScenario({
      name: 'download over a line that loses 5 %',
      seed: seedOr(1),
      link: { ...LINK, loss: 0.05 },
      congestion: 'bbr',
      settings: { cautionAfterStart: 0 },
      app: { dialler: [download(20 * MEGABYTE)] },
      untilVirtualSeconds: 60,
    })
    const least = 20 * MEGABYTE * (toDialler.sent / toDialler.delivered)
    assert.ok(toDialler.sentBytes <= 1.07 * least, `${toDialler.sentBytes} bytes for ${least}`)
  })
})
