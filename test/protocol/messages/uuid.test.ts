import assert from 'node:assert/strict'
import fc from 'fast-check'
import { UUID_BYTES, uuidBytes, uuidText } from '../../../src/protocol/messages/uuid.ts'
import { bytesOf } from '../bytes.ts'

describe('a UUID', () => {
  it('of no RFC 9562 version is taken as it is', () => {
    const bytes = bytesOf('11111111 2222 3333 4444 555555555555')
    assert.deepEqual(uuidBytes('11111111-2222-3333-4444-555555555555'), bytes)
    assert.equal(uuidText(bytes), '11111111-2222-3333-4444-555555555555')
  })

  it('is read back as it was written, in lower case', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: UUID_BYTES, maxLength: UUID_BYTES }), (bytes) => {
        assert.match(uuidText(bytes), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
        assert.deepEqual(uuidBytes(uuidText(bytes)), bytes)
      }),
    )
  })
})
