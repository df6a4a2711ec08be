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
})
