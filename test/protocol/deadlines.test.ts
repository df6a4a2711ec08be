import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Deadlines, type Timed } from '../../src/protocol/deadlines.ts'

class Sleeper implements Timed {
  dueAt = Number.POSITIVE_INFINITY
  heapIndex = 0
}

describe('Deadlines', () => {
  it('knows whose turn is first, however deadlines are set, moved and taken out', () => {
    const time = fc.oneof({ weight: 4, arbitrary: fc.nat(50) }, { weight: 1, arbitrary: fc.constant(Infinity) })
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(19), time), { maxLength: 200 }), (steps) => {
        const deadlines = new Deadlines<Sleeper>()
        const sleepers = Array.from({ length: 20 }, () => new Sleeper())
        for (const [index, dueAt] of steps) {
          deadlines.set(sleepers[index]!, dueAt)
          assert.equal(sleepers[index]!.dueAt, dueAt)
          const earliest = Math.min(...sleepers.map((sleeper) => sleeper.dueAt))
          assert.equal(deadlines.earliest, earliest)
          if (earliest === Infinity) continue
          assert.equal(deadlines.due(earliest - 1), null)
          assert.equal(deadlines.due(earliest)?.dueAt, earliest)
        }
        const left = sleepers.map((sleeper) => sleeper.dueAt).filter((dueAt) => dueAt < Infinity)
        const woken: number[] = []
        for (let next = deadlines.due(100); next !== null; next = deadlines.due(100)) {
          woken.push(next.dueAt)
          deadlines.set(next, Infinity)
        }
        assert.deepEqual(
          woken,
          left.sort((a, b) => a - b),
        )
      }),
    )
  })

  it('keeps its order when the one that fills a gap is due before those above it', () => {
    const deadlines = new Deadlines<Sleeper>()
    const sleepers = [1, 10, 2, 11, 12, 3, 4, 30, 31, 32, 33, 5].map((dueAt) => {
      const sleeper = new Sleeper()
      deadlines.set(sleeper, dueAt)
      return sleeper
    })
    deadlines.set(sleepers[3]!, Infinity)
    const woken: number[] = []
    for (let next = deadlines.due(100); next !== null; next = deadlines.due(100)) {
      woken.push(next.dueAt)
      deadlines.set(next, Infinity)
    }
    assert.deepEqual(woken, [1, 2, 3, 4, 5, 10, 12, 30, 31, 32, 33])
  })

  it('wakes nobody at the end of time', () => {
    const deadlines = new Deadlines<Sleeper>()
    assert.equal(deadlines.earliest, Infinity)
    assert.equal(deadlines.due(Number.MAX_VALUE), null)
  })
})
