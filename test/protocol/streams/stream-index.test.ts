import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Stream } from '../../../src/protocol/streams/stream.ts'
import { StreamIndex } from '../../../src/protocol/streams/stream-index.ts'
import { loneStream } from './lone-stream.ts'

describe('the index of open streams', () => {
  it('finds what a Map would, whatever opens and closes', () => {
    const steps = fc.array(fc.record({ opens: fc.boolean(), id: fc.nat(12) }), { maxLength: 200 })
    fc.assert(
      fc.property(steps, (steps) => {
        const index = new StreamIndex()
        const expected = new Map<number, Stream>()
        for (const { opens, id } of steps) {
          if (!opens) {
            index.delete(id)
            expected.delete(id)
          } else if (!expected.has(id)) {
            const stream = loneStream(id)
            index.add(stream)
            expected.set(id, stream)
          }
        }
        for (let id = 0; id <= 12; id++) assert.equal(index.get(id), expected.get(id) ?? null)
        assert.deepEqual(new Set(index.values()), new Set(expected.values()))
        index.clear()
        assert.deepEqual([index.get(1), index.values()], [null, []])
      }),
    )
  })
})
