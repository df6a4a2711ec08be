import assert from 'node:assert/strict'
import fc from 'fast-check'
import { MtuSearch } from '../../../src/protocol/path/mtu-search.ts'
import { type Micros, SECOND } from '../../../src/protocol/units.ts'

const START: Micros = 1_000 * SECOND
const BASE = 1_200
const LARGEST = 65_507
/** What may be left to gain: 1/128, or eight bytes. */
const leftToGain = (bytes: number) => Math.max(8, bytes / 128)

function searchUpTo(ceiling: number): MtuSearch {
  return new MtuSearch(BASE, { ceilingDatagramBytes: ceiling })
}

/** Sends every probe that is wanted and answers it; returns their sizes. */
function follow(search: MtuSearch, arrives: (bytes: number) => boolean): number[] {
  const tried: number[] = []
  for (let bytes = search.wanted; bytes !== 0; bytes = search.wanted) {
    tried.push(bytes)
    search.onProbeSent()
    if (arrives(bytes)) search.onProbeAcked(bytes, search.epoch)
    else search.onProbeLost(bytes, search.epoch)
    assert.ok(tried.length <= 200, `it never ends: ${tried.join()}`)
  }
  return tried
}

function begun(ceiling = LARGEST): MtuSearch {
  const search = searchUpTo(ceiling)
  search.onFull(START)
  return search
}

describe('MtuSearch', () => {
  it('wants nothing before a full datagram has left, nor while a probe is on its way (P-8)', () => {
    const search = searchUpTo(LARGEST)
    assert.equal(search.wanted, 0)
    search.onFull(START)
    assert.equal(search.wanted, 1_472)
    search.onProbeSent()
    search.onFull(START)
    assert.equal(search.wanted, 0)
  })

  for (const [path, carries, tried] of [
    ['Ethernet', 1_472, [1_472, 1_483, 1_483, 1_483]],
    ['loopback', LARGEST, [1_472, 1_483, LARGEST]],
    ['a path for jumbo frames', 8_972, [1_472, 1_483, LARGEST, LARGEST, LARGEST, 8_972, 9_042, 9_042, 9_042]],
  ] as const) {
    it(`finds what ${path} carries: ${carries} bytes`, () => {
      const search = begun()
      assert.deepEqual(
        follow(search, (bytes) => bytes <= carries),
        tried,
      )
      assert.equal(search.bytes, carries)
    })
  }

  it('always ends, at most a small step below what the path carries and never above (P-8)', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: BASE, max: 70_000 }),
        fc.integer({ min: BASE, max: LARGEST }),
        (carries, ceiling) => {
          const search = begun(ceiling)
          const tried = follow(search, (bytes) => bytes <= carries)
          const best = Math.min(carries, ceiling)
          assert.ok(search.bytes <= best && search.bytes >= best - leftToGain(best), `${search.bytes} of ${best}`)
          assert.ok(tried.length <= 60, `${tried.length} probes`)
          assert.ok(tried.every((bytes) => bytes <= ceiling))
        },
      ),
    )
  })

  it('never takes a size that did not arrive, whatever else is lost', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: BASE, max: LARGEST }),
        fc.infiniteStream(fc.integer({ min: 1, max: 10 })),
        (carries, luck) => {
          const search = begun()
          follow(search, (bytes) => bytes <= carries && luck.next().value !== 1)
          assert.ok(search.bytes >= BASE && search.bytes <= carries)
        },
      ),
    )
  })

  it('bears two losses of a size, and not a third (P-9)', () => {
    const search = begun()
    let losses = 2
    assert.deepEqual(
      follow(search, (bytes) => bytes <= 1_472 && losses-- <= 0),
      [1_472, 1_472, 1_472, 1_483, 1_483, 1_483],
    )
    assert.equal(search.bytes, 1_472)
  })

  it('takes what arrives late, after it was held to be too large', () => {
    const search = begun()
    for (let tries = 0; tries < 3; tries++) {
      search.onProbeSent()
      search.onProbeLost(1_472, search.epoch)
    }
    assert.equal(search.wanted, 1_452)
    search.onProbeAcked(1_472, search.epoch)
    assert.equal(search.bytes, 1_472)
    follow(search, (bytes) => bytes <= LARGEST)
    assert.equal(search.bytes, LARGEST)
  })

  it('searches again after ten minutes, if there is something to fill a larger datagram with (P-8)', () => {
    const search = begun()
    follow(search, (bytes) => bytes <= 1_472)
    search.onFull(START + 599 * SECOND)
    assert.equal(search.wanted, 0)
    search.onFull(START + 600 * SECOND)
    follow(search, (bytes) => bytes <= 8_972)
    assert.equal(search.bytes, 8_972)
  })

  it('goes no further than it may, and not at all where that is the base', () => {
    const narrow = begun(1_400)
    follow(narrow, () => true)
    assert.equal(narrow.bytes, 1_400)
    assert.deepEqual(
      follow(begun(BASE), () => true),
      [],
    )
  })

  describe('where large datagrams vanish', () => {
    const CARRIES = 1_472

    function settled(): MtuSearch {
      const search = begun()
      follow(search, (bytes) => bytes <= CARRIES)
      return search
    }

    /** Packets of this size and these numbers are taken for lost. */
    function lose(search: MtuSearch, numbers: readonly number[], bytes = CARRIES): void {
      for (const packet of numbers) search.onLost(packet, bytes, 100)
    }

    it('falls back to the base after three of them, and then finds what the path carries now (P-10)', () => {
      const search = settled()
      lose(search, [10, 11])
      assert.equal(search.bytes, CARRIES)
      lose(search, [12])
      assert.equal(search.bytes, BASE)
      follow(search, (bytes) => bytes <= 1_392)
      assert.equal(search.bytes, 1_392)
    })

    it('is back where it was when it was a queue that lost them: the size that vanished is tried first (P-10)', () => {
      const search = settled()
      lose(search, [10, 11, 12])
      assert.deepEqual(
        follow(search, () => true),
        [CARRIES],
      )
      assert.equal(search.bytes, CARRIES)
    })

    it('stays when one behind them has arrived (P-10)', () => {
      const search = settled()
      search.onAcked(20, CARRIES)
      lose(search, [10, 11, 12, 13])
      assert.equal(search.bytes, CARRIES)
      lose(search, [21, 22])
      search.onAcked(23, CARRIES)
      lose(search, [24, 25])
      assert.equal(search.bytes, CARRIES)
    })

    it('does not count small ones, which arrive or not for other reasons', () => {
      const search = settled()
      lose(search, [10, 11, 12, 13], BASE)
      lose(search, [14, 15])
      search.onAcked(16, BASE)
      assert.equal(search.bytes, CARRIES)
      lose(search, [17])
      assert.equal(search.bytes, BASE)
    })

    it('learns nothing from what had left before it fell back', () => {
      const search = settled()
      const before = search.epoch
      lose(search, [10, 11, 12])
      lose(search, [13, 14, 15, 16])
      assert.equal(search.wanted, CARRIES)
      search.onProbeAcked(9_000, before)
      assert.equal(search.bytes, BASE)
      follow(search, (bytes) => bytes <= CARRIES)
      lose(search, [97, 98, 99])
      assert.equal(search.bytes, CARRIES)
    })
  })

  it('starts over at the base on another path, and forgets what is on its way on the old one (P-7)', () => {
    const search = begun()
    follow(search, () => true)
    const before = search.epoch
    search.startOver()
    assert.equal(search.bytes, BASE)
    search.onProbeAcked(LARGEST, before)
    assert.equal(search.bytes, BASE)
    search.onFull(START + 1)
    follow(search, (bytes) => bytes <= 1_452)
    assert.equal(search.bytes, 1_452)
  })
})
