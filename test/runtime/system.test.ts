import assert from 'node:assert/strict'
import fc from 'fast-check'
import { monotonicClock, systemRandom } from '../../src/runtime/system.ts'

describe('the clock', () => {
  it('gives whole microseconds that never step back', () => {
    let last = monotonicClock()
    for (let reading = 0; reading < 10_000; reading++) {
      const now = monotonicClock()
      assert.ok(Number.isInteger(now) && now >= last)
      last = now
    }
  })

  it('counts microseconds and not milliseconds', () => {
    const before = performance.now()
    const now = monotonicClock()
    const after = performance.now()
    assert.ok(now >= Math.floor(before * 1_000) && now <= after * 1_000)
  })
})

describe('the system randomness', () => {
  it('never gives the same bytes to two draws, of any sizes', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 12, max: 600 }), { minLength: 1, maxLength: 50 }), (sizes) => {
        for (const size of sizes) {
          const draw = new Uint8Array(size)
          systemRandom.fill(draw)
          for (let at = 0; at + 12 <= size; at += 12) {
            const piece = Buffer.from(draw.subarray(at, at + 12)).toString('hex')
            assert.ok(!seen.has(piece), 'twelve bytes were given out twice')
            seen.add(piece)
          }
        }
      }),
    )
  })

  it('fills the whole of what it is given and nothing beside it', () => {
    for (const size of [1, 8, 255, 256, 257, 5_000]) {
      const buffer = new Uint8Array(size + 2)
      const untouched = new Set(Array.from({ length: size }, (_, index) => index + 1))
      for (let draw = 0; draw < 12 && untouched.size > 0; draw++) {
        buffer.fill(0)
        systemRandom.fill(buffer.subarray(1, size + 1))
        assert.deepEqual([buffer[0], buffer[size + 1]], [0, 0])
        for (const at of untouched) if (buffer[at] !== 0) untouched.delete(at)
      }
      assert.equal(untouched.size, 0, 'a byte was zero twelve times in a row')
    }
  })

  it('draws fractions in [0, 1)', () => {
    for (let draw = 0; draw < 1_000; draw++) {
      const fraction = systemRandom.fraction()
      assert.ok(fraction >= 0 && fraction < 1)
    }
  })
})
