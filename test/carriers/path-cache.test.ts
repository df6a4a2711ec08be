import assert from 'node:assert/strict'
import fc from 'fast-check'
import { PathCache } from '../../src/carriers/path-cache.ts'

describe('the cache of paths', () => {
  for (const nameBytes of [16, 28]) {
    it(`never gives one address the number of another (${nameBytes} bytes)`, () => {
      const words = nameBytes / 4
      const name = fc.array(fc.oneof(fc.nat(3), fc.nat(0xffffffff)), { minLength: words, maxLength: words })
      fc.assert(
        fc.property(fc.array(name, { maxLength: 600 }), (names) => {
          const cache = new PathCache(nameBytes)
          const paths = new Map<string, number>()
          for (const each of names) {
            // As they stand in memory: not at its start, and with something else behind.
            const memory = Uint32Array.from([7, ...each, 9])
            const path = paths.get(each.join()) ?? paths.size + 1
            assert.ok([0, path].includes(cache.find(memory, 1)))
            paths.set(each.join(), path)
            cache.keep(memory, 1, path)
            assert.equal(cache.find(memory, 1), path)
          }
        }),
      )
    })
  }

  it('knows nobody at first, not even an address of zeros', () => {
    assert.equal(new PathCache(16).find(new Uint32Array(8), 0), 0)
  })

  it('keeps most of a hundred neighbours apart', () => {
    const cache = new PathCache(16)
    const names = Array.from({ length: 100 }, (_, index) =>
      Uint32Array.of(2 + ((1_024 + index) << 16), 0x0100007f, 0, 0),
    )
    for (const [index, name] of names.entries()) cache.keep(name, 0, index + 1)
    const known = names.filter((name) => cache.find(name, 0) !== 0)
    assert.ok(known.length > 60, `${known.length} of 100`)
  })

  /** Each in turn, as peers that keep alive do; answers how many of the last turn were known. */
  function afterTurns(count: number, turns: number): number {
    const cache = new PathCache(16)
    let known = 0
    for (let turn = 0; turn < turns; turn++) {
      known = 0
      for (let peer = 0; peer < count; peer++) {
        const name = Uint32Array.of(2 + (peer << 16), peer >>> 16, 0, 0)
        if (cache.find(name, 0) === peer + 1) known++
        else cache.keep(name, 0, peer + 1)
      }
    }
    return known
  }

  it('grows until most of ten thousand peers find their number', () => {
    assert.ok(afterTurns(10_000, 2) < 7_000, 'it was small')
    assert.ok(afterTurns(10_000, 30) > 7_000, `${afterTurns(10_000, 30)} of 10,000`)
  })

  it('stays small for few peers of which two share a place', () => {
    const memory = process.memoryUsage().arrayBuffers
    const cache = new PathCache(16)
    const names = Array.from({ length: 100 }, (_, peer) => Uint32Array.of(2 + (peer << 16), 1, 0, 0))
    for (let turn = 0; turn < 10_000; turn++) {
      for (const [peer, name] of names.entries()) if (cache.find(name, 0) === 0) cache.keep(name, 0, peer + 1)
    }
    assert.ok(process.memoryUsage().arrayBuffers - memory < 200_000)
  })

  it('keeps what it knows when it grows', () => {
    const cache = new PathCache(16)
    const nameOf = (peer: number) => Uint32Array.of(2 + (peer << 16), 1, 0, 0)
    for (let peer = 0; peer < 3_000; peer++) {
      cache.find(nameOf(peer), 0)
      cache.keep(nameOf(peer), 0, peer + 1)
      assert.equal(cache.find(nameOf(peer), 0), peer + 1)
    }
    for (let peer = 0; peer < 3_000; peer++) assert.ok([0, peer + 1].includes(cache.find(nameOf(peer), 0)))
  })
})
