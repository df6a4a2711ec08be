// The yardstick of the process tests: were it crooked, they would measure nothing.

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { CHUNK_BYTES, ContentCheck, contentAt, contentChunks } from '../../stresstest/content.ts'

const WHOLE_BYTES = 5 * CHUNK_BYTES
const whole = contentAt(0, WHOLE_BYTES)

describe('the sample content', () => {
  it('is the same at an offset, whichever piece it is asked for in', () => {
    fc.assert(
      fc.property(fc.nat(WHOLE_BYTES), fc.nat(3 * CHUNK_BYTES), (offset, length) => {
        const end = Math.min(offset + length, WHOLE_BYTES)
        assert.ok(contentAt(offset, end - offset).equals(whole.subarray(offset, end)))
      }),
    )
  })

  it('comes in chunks that make the whole', () => {
    fc.assert(
      fc.property(fc.nat(WHOLE_BYTES), (length) => {
        assert.ok(Buffer.concat([...contentChunks(length)]).equals(whole.subarray(0, length)))
      }),
    )
  })

  it('does not repeat itself', () => {
    const first = contentAt(0, CHUNK_BYTES)
    for (let offset = CHUNK_BYTES; offset < WHOLE_BYTES; offset += CHUNK_BYTES) {
      assert.ok(!contentAt(offset, CHUNK_BYTES).equals(first))
    }
  })
})

describe('a content check', () => {
  it('accepts the content in any pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 100_000 }), { maxLength: 5 }), (lengths) => {
        const check = new ContentCheck()
        for (const length of lengths) check.accept(contentAt(check.receivedBytes, length))
        assert.equal(
          check.receivedBytes,
          lengths.reduce((sum, length) => sum + length, 0),
        )
      }),
    )
  })

  it('names the byte that was changed', () => {
    fc.assert(
      fc.property(fc.nat(CHUNK_BYTES - 1), (at) => {
        const damaged = contentAt(0, CHUNK_BYTES)
        damaged[at]! ^= 1
        assert.throws(() => new ContentCheck().accept(damaged), new RegExp(`^Error: byte ${at} `))
      }),
    )
  })

  it('notices that a piece was lost, of whatever size', () => {
    fc.assert(
      fc.property(fc.nat(CHUNK_BYTES), fc.integer({ min: 1, max: 2 * CHUNK_BYTES }), (offset, lost) => {
        const check = new ContentCheck()
        check.accept(contentAt(0, offset))
        // The rest is long enough to hold the number of a line.
        assert.throws(() => check.accept(contentAt(offset + lost, 10_000)))
      }),
    )
  })
})
