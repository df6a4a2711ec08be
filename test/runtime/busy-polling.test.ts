import assert from 'node:assert/strict'
import { BusyPolling, LONGEST_POLL } from '../../src/runtime/busy-polling.ts'

const QUICK = LONGEST_POLL / 2
const SLOW = LONGEST_POLL * 4

describe('polling before sleep', () => {
  let polling: BusyPolling
  let now: number

  beforeEach(() => {
    polling = new BusyPolling()
    now = 1_000_000
  })

  /** One turn of 20 µs, `gap` after the one before: the application calls, or hears of its streams. */
  const turnAfter = (gap: number, said: number, heard: number): boolean => {
    const wokenAt = now + gap
    now = wokenAt + 20
    polling.onTurn(said, heard, wokenAt, now)
    return polling.isWorthIt(now)
  }

  /** Questions and answers in turn, each `gap` after the other; `crowd` of them at once. */
  const turns = (count: number, gap: number, crowd = 1): boolean[] => {
    return Array.from({ length: count }, (_, index) => {
      return index % 2 === 0 ? turnAfter(gap, crowd, 0) : turnAfter(gap, 0, crowd)
    })
  }

  it('begins after the fourth answer in a row that was quick', () => {
    turns(2, SLOW)
    assert.deepEqual(turns(4, QUICK), [false, false, false, true])
  })

  it('ends after as long as an answer may take, no later', () => {
    turns(10, QUICK)
    assert.equal(polling.isWorthIt(now + LONGEST_POLL - 1), true)
    assert.equal(polling.isWorthIt(now + LONGEST_POLL), false)
  })

  it('bears a slow answer among many quick ones, and stops when most are slow', () => {
    turns(10, QUICK)
    assert.deepEqual(turns(1, SLOW), [true])
    assert.deepEqual(turns(4, QUICK), [true, true, true, true])
    assert.deepEqual(turns(4, SLOW), [true, false, false, false])
  })

  it('bears an answer in two pieces', () => {
    const polls = Array.from({ length: 10 }, () => [
      turnAfter(QUICK, 1, 0),
      turnAfter(QUICK, 0, 1),
      turnAfter(QUICK, 0, 1),
    ])
    assert.deepEqual(polls.slice(5).flat().filter(Boolean).length, 15)
  })

  it('ends where every other answer is slow: the target is quick, and the line is long', () => {
    turns(10, QUICK)
    const polls = Array.from({ length: 50 }, () => [turnAfter(QUICK, 1, 0), turnAfter(SLOW, 0, 1)])
    assert.deepEqual(polls.slice(5).flat().filter(Boolean), [])
  })

  it('has no part in bulk, in either direction: nobody waits for an answer', () => {
    turns(10, QUICK)
    for (const [said, heard] of [[1, 0] as const, [0, 1] as const]) {
      const polls = Array.from({ length: 50 }, () => turnAfter(QUICK, said, heard))
      assert.deepEqual(polls.slice(5).filter(Boolean), [])
    }
  })

  it('leaves the processors to a crowd, and comes back when it has gone', () => {
    turns(10, QUICK)
    assert.equal(turns(20, QUICK, 8).at(-1), false)
    assert.equal(turns(20, QUICK).at(-1), true)
  })
})
