import assert from 'node:assert/strict'
import fc from 'fast-check'
import { IdleQueue, type Idler } from '../../src/consumer/idle-queue.ts'

class Someone implements Idler {
  idleSince = -1
  idledBefore: Idler | null = null
  idledAfter: Idler | null = null
}

describe('the queue of the idle', () => {
  it('holds whoever rests in the order in which they came to rest, and nobody else', () => {
    const step = fc.record({ rests: fc.boolean(), who: fc.nat(5) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const queue = new IdleQueue<Someone>()
        const all = Array.from({ length: 6 }, () => new Someone())
        let expected: Someone[] = []
        for (const { rests, who } of steps) {
          const someone = all[who]!
          expected = expected.filter((other) => other !== someone)
          if (rests) expected.push(someone)
          if (rests) queue.add(someone)
          else queue.delete(someone)
          assert.equal(queue.first, expected[0] ?? null)
        }
        assert.deepEqual(
          all.map(({ idleSince }) => idleSince >= 0),
          all.map((someone) => expected.includes(someone)),
        )
        const order = []
        for (let { first } = queue; first !== null; { first } = queue) {
          order.push(all.indexOf(first))
          queue.delete(first)
        }
        assert.deepEqual(
          order,
          expected.map((someone) => all.indexOf(someone)),
        )
      }),
    )
  })
})
