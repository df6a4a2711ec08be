// Fewer ACKs on fast paths: they must cost nothing but themselves.

import assert from 'node:assert/strict'
import { MILLISECOND } from '../../src/protocol/units.ts'
import type { LinkSettings } from '../sim/link-settings.ts'
import { download } from '../sim/plans.ts'
import { runScenario, seedOr } from '../sim/scenario.ts'
import { basePath, MEGABYTE } from './base-path.ts'

const fast: Partial<LinkSettings> = { bitsPerSecond: 200_000_000, queuePackets: 500 }

interface Sums {
  duration: number
  datagrams: number
  acks: number
}

/** Downloads over this link, summed over some seeds where chance has a part; `mostPacketsPerAck` 2: as if the frame did not exist. */
function summed(link: Partial<LinkSettings>, megabytes: number, mostPacketsPerAck: number): Sums {
  const seeds = link.loss === undefined ? 1 : 12
  const sums: Sums = { duration: 0, datagrams: 0, acks: 0 }
  for (let seed = seedOr(1), runs = 0; runs < seeds; seed++, runs++) {
    const outcome = runScenario({
      name: `${mostPacketsPerAck} packets per ACK`,
      seed,
      link,
      settings: { mostPacketsPerAck, cautionAfterStart: 0 },
      app: { dialler: [download(megabytes * MEGABYTE)] },
      untilVirtualSeconds: 120,
    })
    sums.duration += outcome.duration
    sums.datagrams += outcome.toDialler.sent
    sums.acks += outcome.toListener.sent
  }
  return sums
}

describe('a download with fewer ACKs', () => {
  for (const [name, link, megabytes, share] of [
    ['80 ms', { ...fast, delay: 40 * MILLISECOND, queuePackets: 1_600 }, 10, 0.5],
    ['10 ms', { ...fast, delay: 5 * MILLISECOND }, 10, 0.5],
    ['1 ms', { ...fast, delay: 500 }, 5, 0.5],
    ['1 ms and 1 % loss', { ...fast, delay: 500, loss: 0.01 }, 3, 1],
  ] as const) {
    it(`over 200 Mbit/s and a round trip of ${name} takes as long, within 2 %, and ${share * 100} % of the ACKs at most (R-6)`, () => {
      const usual = summed(link, megabytes, 2)
      const fewer = summed(link, megabytes, 10)
      assert.ok(Math.abs(fewer.duration / usual.duration - 1) < 0.02, `${fewer.duration} and ${usual.duration} µs`)
      assert.ok(fewer.acks <= share * usual.acks, `${fewer.acks} and ${usual.acks} datagrams back`)
    })
  }

  it('is not asked for by a peer that has not said that it understands (R-6)', () => {
    const link = { ...fast, delay: 500 }
    assert.deepEqual(summed(link, 5, 0), summed(link, 5, 2))
  })

  it('over a slow path is what it was: nobody asks (R-6)', () => {
    assert.deepEqual(summed(basePath, 1, 10), summed(basePath, 1, 2))
  })
})
