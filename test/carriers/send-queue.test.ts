import assert from 'node:assert/strict'
import fc from 'fast-check'
import { SendQueue } from '../../src/carriers/send-queue.ts'

describe('the queue of what waits to be sent', () => {
  it('gives back every byte once and in order, whatever the pieces in which it is taken', () => {
    const step = fc.oneof(
      fc.record({ push: fc.uint8Array({ minLength: 1, maxLength: 50 }), skip: fc.nat(49) }),
      fc.record({ take: fc.integer({ min: 1, max: 60 }) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const queue = new SendQueue<string>()
        const expected: number[] = []
        const taken: number[] = []
        for (const next of steps) {
          if ('push' in next) {
            const from = Math.min(next.skip, next.push.length - 1)
            queue.push({ buffer: next.push, length: next.push.length, segmentBytes: 8 }, from, 'there')
            expected.push(...next.push.subarray(from))
            next.push.fill(0)
          } else if (queue.first !== null) {
            const { buffer, length, segmentBytes, to } = queue.first
            assert.deepEqual([length, segmentBytes, to], [buffer.length, 8, 'there'])
            const end = Math.min(next.take, buffer.length)
            taken.push(...buffer.subarray(0, end))
            queue.advance(end)
          }
          assert.equal(queue.bytes, expected.length - taken.length)
          assert.equal(queue.first === null, queue.bytes === 0)
        }
        assert.deepEqual(taken, expected.slice(0, taken.length))
      }),
    )
  })
})
