import assert from 'node:assert/strict'
import { smallText } from '../../src/http/small-text.ts'

describe('a small body as text', () => {
  it('has each byte as the character of its number, also from the middle of a larger memory', () => {
    const memory = Uint8Array.from({ length: 300 }, (_, at) => at)
    const text = smallText(memory.subarray(20, 276))!
    assert.deepEqual(Buffer.from(text, 'latin1'), Buffer.from(memory.subarray(20, 276)))
    assert.equal(smallText(new Uint8Array(0)), '')
  })

  it('is none for a body that costs less as bytes', () => {
    assert.equal(smallText(new Uint8Array(4_096))?.length, 4_096)
    assert.equal(smallText(new Uint8Array(4_097)), null)
  })
})
