import assert from 'node:assert/strict'
import { UnreachableHints } from '../../src/carriers/unreachable-hints.ts'

describe('hints that a path is unreachable', () => {
  it('are told at most once a second for each path', () => {
    const hints = new UnreachableHints()
    const told = [0, 1, 500, 999, 1_000, 1_999, 2_000].filter((nowMs) => hints.isDue(7, nowMs))
    assert.deepEqual(told, [0, 1_000, 2_000])
    assert.equal(hints.isDue(8, 2_000), true, 'another path is told by itself')
  })

  it('are left out, not remembered without bound, when thousands of paths fail in one second', () => {
    const hints = new UnreachableHints()
    const told = Array.from({ length: 5_000 }, (_, path) => hints.isDue(path, 10)).filter(Boolean)
    assert.equal(told.length, 1_024)
    assert.equal(hints.isDue(4_999, 1_010), true, 'a second later there is room again')
  })
})
