// Paths that carry more than the base, less than they did, or not the same in both directions.

import assert from 'node:assert/strict'
import { MILLISECOND, type Micros, SECOND } from '../../src/protocol/units.ts'
import type { LinkSettings } from '../sim/link-settings.ts'
import { download, echo, flow, stream } from '../sim/plans.ts'
import { type Outcome, runScenario, type Scenario, seedOr } from '../sim/scenario.ts'
import { basePath, basePathRtt, MEGABYTE } from './base-path.ts'

const SEARCHING = { ceilingDatagramBytes: 65_507 }
const ETHERNET = 1_472
const WIREGUARD = 1_392
const LARGEST = 65_507
const loopback: Partial<LinkSettings> = { delay: 100 }

function searched(name: string, more: Partial<Scenario> & Pick<Scenario, 'app'>): Outcome {
  return runScenario({ name, seed: seedOr(1), settings: SEARCHING, untilVirtualSeconds: 60, ...more })
}

/** What the side that sends has at the end, and when it came to it. */
function lastSize({ sizes }: Outcome['listener']): { at: Micros; bytes: number } {
  return sizes.at(-1) ?? { at: 0, bytes: 1_200 }
}

describe('a path that carries more than the base', () => {
  it('of Ethernet is found out within a second, and carries all the same bytes in fewer datagrams (P-8)', () => {
    const app = { dialler: [download(2 * MEGABYTE)] }
    const link = { ...basePath, mtu: ETHERNET }
    const outcome = searched('Ethernet', { link, app })
    const without = searched('Ethernet, not searched', { link, app, settings: {} })
    assert.deepEqual(lastSize(outcome.listener).bytes, ETHERNET, outcome.label)
    assert.ok(lastSize(outcome.listener).at < SECOND, outcome.label)
    assert.ok(outcome.toDialler.delivered < 0.84 * without.toDialler.delivered)
    assert.ok(outcome.duration < without.duration, `${outcome.duration} and ${without.duration}`)
    assert.equal(outcome.toDialler.tooLarge, 3, 'one size too many was tried, three times')
  })

  it('of loopback is at its largest after a few round trips (P-8)', () => {
    const outcome = searched('loopback', { link: loopback, app: { dialler: [download(20 * MEGABYTE)] } })
    const { at, bytes } = lastSize(outcome.listener)
    assert.equal(bytes, LARGEST)
    assert.ok(at - outcome.arrivals[0]! < 20 * 2 * loopback.delay!, `${at} µs; ${outcome.label}`)
    assert.equal(outcome.toDialler.tooLarge, 0)
  })

  it('is searched by both sides at once, each for its own direction', () => {
    const outcome = searched('asymmetric', {
      link: { ...basePath, mtu: WIREGUARD },
      back: { ...basePath, mtu: 8_972 },
      app: { dialler: [echo(2 * MEGABYTE)] },
    })
    assert.deepEqual([lastSize(outcome.dialler).bytes, lastSize(outcome.listener).bytes], [WIREGUARD, 8_972])
  })

  it('is searched by who has full datagrams to send, and by nobody else (P-8)', () => {
    const small = Array.from({ length: 20 }, (_, index) =>
      stream({ opensAfter: index * SECOND, request: flow(400), answer: flow(500) }),
    )
    const quiet = searched('small talk', { link: basePath, app: { dialler: small } })
    assert.deepEqual([quiet.dialler.sizes, quiet.listener.sizes], [[], []])
    const busy = searched('one download', { link: basePath, app: { dialler: [download(MEGABYTE)] } })
    assert.deepEqual([busy.dialler.sizes, lastSize(busy.listener).bytes], [[], LARGEST])
  })

  it('costs a transfer nothing to speak of where there is nothing to be found (P-9)', () => {
    const link = { ...basePath, mtu: 1_200 }
    const app = { dialler: [download(2 * MEGABYTE)] }
    const outcome = searched('nothing to be found', { link, app })
    const without = searched('nothing to be found, not searched', { link, app, settings: {} })
    assert.ok(outcome.toDialler.tooLarge > 0)
    assert.ok(outcome.duration < without.duration + 2 * basePathRtt, `${outcome.duration} and ${without.duration}`)
  })

  it('is not given up for random loss', () => {
    for (let seed = seedOr(1), runs = 0; runs < 5; seed++, runs++) {
      const outcome = searched('loss', {
        seed,
        link: { ...basePath, mtu: ETHERNET, loss: 0.05 },
        app: { dialler: [download(2 * MEGABYTE)] },
      })
      assert.ok(lastSize(outcome.listener).bytes > 1_400, `${JSON.stringify(outcome.listener.sizes)}; ${outcome.label}`)
    }
  })
})

describe('a path that carries less than it did', () => {
  const NARROWED_AFTER: Micros = SECOND

  function narrowed(link: Partial<LinkSettings>, mtu: number, bytes: number): Outcome {
    return searched(`narrowed to ${mtu}`, {
      link,
      app: { dialler: [download(bytes)] },
      script: (stage) => stage.after(NARROWED_AFTER, () => stage.toDialler.narrow(mtu)),
    })
  }

  for (const [mtu, found] of [
    [1_200, 1_200],
    [WIREGUARD, WIREGUARD],
  ] as const) {
    it(`is fallen back from Ethernet to ${mtu} bytes, and every byte arrives (P-10)`, () => {
      const outcome = narrowed({ ...basePath, mtu: ETHERNET }, mtu, 5 * MEGABYTE)
      const after = outcome.listener.sizes.filter(({ at }) => at > NARROWED_AFTER)
      assert.equal(after[0]?.bytes, 1_200, outcome.label)
      assert.ok(after[0].at - NARROWED_AFTER < 1_000 * MILLISECOND, `${after[0].at - NARROWED_AFTER} µs`)
      assert.equal(lastSize(outcome.listener).bytes, found)
      const resumed = outcome.arrivals.find((at) => at > NARROWED_AFTER + basePathRtt)!
      assert.ok(resumed - NARROWED_AFTER < 1_000 * MILLISECOND, `silent for ${resumed - NARROWED_AFTER} µs`)
    })
  }

  it('is fallen back from 65,507 bytes: what was sent in one datagram goes again in fifty', () => {
    const link = { delay: 5 * MILLISECOND, bitsPerSecond: 100_000_000 }
    const outcome = narrowed(link, 1_200, 30 * MEGABYTE)
    const [fallen] = outcome.listener.sizes.filter(({ at }) => at > NARROWED_AFTER)
    assert.equal(fallen?.bytes, 1_200, outcome.label)
    assert.equal(lastSize(outcome.listener).bytes, 1_200)
  })
})
