import assert from 'node:assert/strict'
import { validate, version } from 'uuid'
import { newRequestId } from '../../src/consumer/request-id.ts'

describe('request ids', () => {
  it('are UUIDs of version 7, and never the same one twice, also beyond what was drawn at once', () => {
    const ids = Array.from({ length: 2_000 }, newRequestId)
    assert.ok(ids.every((id) => validate(id) && version(id) === 7))
    assert.equal(new Set(ids).size, ids.length)
  })
})
