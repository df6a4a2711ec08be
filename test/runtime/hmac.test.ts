import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { hmacOf } from '../../src/runtime/hmac.ts'

describe('A mark on a packet', () => {
  it("is node:crypto's HMAC-SHA256 of what stands before its end, under any key of a block or less", () => {
    const bytes = (maxLength: number) => fc.uint8Array({ maxLength })
    fc.assert(
      fc.property(bytes(64), bytes(1_500), fc.nat(1_500), (key, message, cut) => {
        const end = Math.min(cut, message.length)
        const expected = createHmac('sha256', key).update(message.subarray(0, end)).digest()
        assert.deepEqual(Buffer.from(hmacOf(key, message, end)), expected)
      }),
    )
  })

  it('knows nothing of the one before it: a shorter key and a shorter message leave no rest', () => {
    hmacOf(new Uint8Array(64).fill(0xff), new Uint8Array(2_000).fill(0xff), 2_000)
    const [key, message] = [Uint8Array.of(1), Uint8Array.of(2, 3)]
    assert.deepEqual(Buffer.from(hmacOf(key, message, 2)), createHmac('sha256', key).update(message).digest())
  })

  it('is refused for a key of more than a block, which HMAC would have to hash first, and for more than a packet', () => {
    assert.throws(() => hmacOf(new Uint8Array(65), new Uint8Array(1), 1), RangeError)
    assert.throws(() => hmacOf(new Uint8Array(32), new Uint8Array(3_000), 3_000), RangeError)
  })
})
