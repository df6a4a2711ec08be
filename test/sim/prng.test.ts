import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Prng } from './prng.ts'

const seeds = fc.integer({ min: 0, max: 0xffffffff })

describe('the seeded generator', () => {
  it('repeats itself from the same seed and differs from its neighbour', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const draw = (from: number) => {
          const bytes = new Uint8Array(32)
          new Prng(from).fill(bytes)
          return Buffer.from(bytes).toString('hex')
        }
        assert.equal(draw(seed), draw(seed))
        assert.notEqual(draw(seed), draw((seed + 1) >>> 0))
      }),
    )
  })

  it('stays inside the bounds it was given and reaches both of them', () => {
    const random = new Prng(1)
    const seen = new Set<number>()
    for (let draw = 0; draw < 1_000; draw += 1) seen.add(random.int(-2, 3))
    assert.deepEqual([...seen].sort(byNumber), [-2, -1, 0, 1, 2, 3])
  })

  it('says yes about as often as it was asked to', () => {
    const random = new Prng(2)
    let hits = 0
    for (let draw = 0; draw < 100_000; draw += 1) if (random.chance(0.3)) hits += 1
    assert.ok(Math.abs(hits - 30_000) < 700, `${hits} of 100000`) // five standard deviations
  })

  it('forks by label alone, whatever was drawn before', () => {
    const early = new Prng(3)
    const late = new Prng(3)
    late.uint32()
    assert.equal(early.fork('link').uint32(), late.fork('link').uint32())
    assert.notEqual(early.fork('link').uint32(), early.fork('apps').uint32())
  })

  it('fills every byte value evenly', () => {
    const bytes = new Uint8Array(256_000)
    new Prng(4).fill(bytes)
    const counts = new Uint32Array(256)
    for (const byte of bytes) counts[byte]! += 1
    assert.ok(Math.min(...counts) > 820 && Math.max(...counts) < 1_180, 'a byte value is far from its thousand')
  })
})

function byNumber(a: number, b: number): number {
  return a - b
}
