import assert from 'node:assert/strict'
import fc from 'fast-check'
import { RangeSet } from '../../../src/protocol/streams/range-set.ts'

const OFFSETS = 48

const offset = fc.nat(OFFSETS)
const step = fc.record({
  act: fc.constantFrom('add' as const, 'add' as const, 'remove' as const, 'removeBelow' as const),
  start: offset,
  end: offset,
})

/** Which offsets are covered, one by one. */
class Oracle {
  readonly covered = new Array<boolean>(OFFSETS).fill(false)

  mark(start: number, end: number, isCovered: boolean): void {
    for (let at = start; at < end; at++) this.covered[at] = isCovered
  }

  ranges(): number[][] {
    const ranges: number[][] = []
    for (let at = 0; at < OFFSETS; at++) {
      if (!this.covered[at]) continue
      if (at === 0 || !this.covered[at - 1]) ranges.push([at, at])
      ranges.at(-1)![1] = at + 1
    }
    return ranges
  }
}

function rangesOf(set: RangeSet): number[][] {
  return Array.from({ length: set.count }, (_, i) => [set.start(i), set.end(i)])
}

function assertSame(set: RangeSet, oracle: Oracle): void {
  const ranges = oracle.ranges()
  assert.deepEqual(rangesOf(set), ranges)
  assert.equal(set.isEmpty, ranges.length === 0)
  for (let at = 0; at < OFFSETS; at++) {
    const inside = ranges.find(([start, end]) => start! <= at && at < end!)
    const next = ranges.find(([, end]) => at < end!)
    assert.equal(set.coveredThrough(at), inside?.[1] ?? at)
    assert.equal(set.nextCovered(at), next === undefined ? Infinity : Math.max(next[0]!, at))
  }
}

describe('RangeSet', () => {
  it('is the same as a list of single offsets after any row of steps', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const set = new RangeSet()
        const oracle = new Oracle()
        for (const { act, start, end } of steps) {
          if (act === 'removeBelow') {
            set.removeBelow(start)
            oracle.mark(0, start, false)
          } else {
            set[act](start, end)
            oracle.mark(start, end, act === 'add')
          }
          assertSame(set, oracle)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('counts exactly beyond 32 bits', () => {
    const set = new RangeSet()
    const far = 2 ** 52
    set.add(far + 10, far + 20)
    set.add(far, far + 5)
    set.add(far + 5, far + 10)
    assert.deepEqual(rangesOf(set), [[far, far + 20]])
    set.remove(far + 7, far + 8)
    assert.deepEqual(rangesOf(set), [
      [far, far + 7],
      [far + 8, far + 20],
    ])
  })

  it('is as good as new after clear', () => {
    const set = new RangeSet()
    for (let at = 0; at < 100; at += 2) set.add(at, at + 1)
    set.clear()
    assert.equal(set.isEmpty, true)
    set.add(3, 4)
    assert.deepEqual(rangesOf(set), [[3, 4]])
  })
})
