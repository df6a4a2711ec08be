import assert from 'node:assert/strict'
import { loadTrim, SpareMemory } from '../../src/cli/spare-memory.ts'
import { heldBytes } from '../protocol/heap.ts'

const MB = 1_048_576

describe('spare memory', () => {
  /** How many looks at a process of this size find it at rest before it is worth trimming. */
  function looksUntilWorth(spare: SpareMemory, bytes: number): number {
    for (let looks = 1; looks <= 100; looks++) if (spare.isWorthTrimming(false, bytes)) return looks
    return Number.POSITIVE_INFINITY
  }

  it('is given back once a process that has grown has rested for twenty looks', () => {
    const spare = new SpareMemory()
    spare.isWorthTrimming(true, 80 * MB)
    for (let look = 0; look < 10; look++) assert.ok(!spare.isWorthTrimming(true, 200 * MB))
    assert.equal(looksUntilWorth(spare, 200 * MB), 20)
  })

  it('is kept while there is work', () => {
    const spare = new SpareMemory()
    spare.isWorthTrimming(true, 80 * MB)
    for (let look = 0; look < 200; look++) assert.ok(!spare.isWorthTrimming(look % 19 === 0, 200 * MB))
  })

  it('is looked for once for each time that the process has grown', () => {
    const spare = new SpareMemory()
    spare.isWorthTrimming(true, 80 * MB)
    assert.equal(looksUntilWorth(spare, 200 * MB), 20)
    spare.onTrimmed(150 * MB)
    assert.equal(looksUntilWorth(spare, 151 * MB), Number.POSITIVE_INFINITY)
    assert.ok(spare.isWorthTrimming(false, 170 * MB), 'it has grown again, and rested long enough')
  })

  it('goes back to the system where koffi and glibc are there, whatever lies behind it', async function () {
    const trim = await loadTrim()
    if (trim === null) {
      console.warn('    SKIPPED: this machine has no koffi, or another C library than glibc')
      this.skip()
    }
    // Too small to be mapped one by one; every hundredth stays, so that the space between is not at the end.
    const bytes = 16_000
    const pieces = Array.from({ length: 4_000 }, () => Buffer.allocUnsafeSlow(bytes).fill(1))
    const kept = pieces.filter((_, i) => i % 100 === 99)
    const freedBytes = (pieces.length - kept.length) * bytes
    pieces.length = 0
    heldBytes()
    const before = process.memoryUsage.rss()
    trim()
    const givenBack = before - process.memoryUsage.rss()
    assert.ok(kept.every((piece) => piece[0] === 1))
    assert.ok(givenBack > freedBytes / 2, `${givenBack} of ${freedBytes} bytes`)
  })
})
