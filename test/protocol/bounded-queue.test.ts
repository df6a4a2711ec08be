import assert from 'node:assert/strict'
import fc from 'fast-check'
import { BoundedQueue } from '../../src/protocol/bounded-queue.ts'

describe('BoundedQueue', () => {
  it('is an array that refuses what is too much', () => {
    const step = fc.oneof({ weight: 3, arbitrary: fc.nat() }, { weight: 2, arbitrary: fc.constant('shift' as const) })
    fc.assert(
      fc.property(fc.nat(40), fc.array(step, { maxLength: 300 }), (most, steps) => {
        const queue = new BoundedQueue<number>(most)
        const oracle: number[] = []
        for (const next of steps) {
          if (next === 'shift') assert.equal(queue.shift(), oracle.shift() ?? null)
          else {
            assert.equal(queue.push(next), oracle.length < most)
            if (oracle.length < most) oracle.push(next)
          }
          assert.equal(queue.length, oracle.length)
          assert.equal(queue.peek(), oracle[0] ?? null)
        }
      }),
    )
  })

  it('goes on after it was full and emptied', () => {
    const queue = new BoundedQueue<string>(2)
    assert.deepEqual([queue.push('a'), queue.push('b'), queue.push('c')], [true, true, false])
    assert.equal(queue.shift(), 'a')
    assert.equal(queue.push('d'), true)
    assert.deepEqual([queue.shift(), queue.shift(), queue.shift()], ['b', 'd', null])
  })
})
