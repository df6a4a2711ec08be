import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type Stallable, StallList } from '../../../src/protocol/streams/stall-list.ts'

class Item implements Stallable {
  isInStallList = false
  stallBefore: Stallable | null = null
  stallBehind: Stallable | null = null
  evict(): void {}
}

const ITEMS = 6
const anyStep = fc.tuple(fc.boolean(), fc.nat(ITEMS - 1))

describe('StallList', () => {
  it('keeps the order of an array to whose end things are moved, and from which they are taken', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 100 }), (steps) => {
        const items = Array.from({ length: ITEMS }, () => new Item())
        const list = new StallList()
        let expected: Stallable[] = []
        for (const [moves, index] of steps) {
          const item = items[index]!
          expected = expected.filter((other) => other !== item)
          if (moves) {
            list.moveToEnd(item)
            expected.push(item)
          } else list.remove(item)
          assert.deepEqual(inOrder(list), expected)
          for (const other of items) assert.equal(other.isInStallList, expected.includes(other))
        }
      }),
    )
  })
})

/** Also checks that the list reads the same from behind. */
function inOrder(list: StallList): Stallable[] {
  const found: Stallable[] = []
  let before: Stallable | null = null
  for (let item = list.first; item !== null; item = item.stallBehind) {
    assert.equal(item.stallBefore, before)
    found.push(item)
    before = item
  }
  return found
}
