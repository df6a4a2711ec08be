// The varint of this room is the one of the protocol.

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { readVarint, varintBytes, varintBytesFrom, writeVarint } from '../../src/http/varint.ts'
import * as cursor from '../../src/protocol/wire/cursor.ts'
import { bytesOf } from '../protocol/bytes.ts'

/** First and last value of each length. */
const EDGES = [0, 0x3f, 0x40, 0x3fff, 0x4000, 0x3fff_ffff, 0x4000_0000, 0xffff_ffff, 0x1_0000_0000, 2 ** 53 - 1]
const value = fc.oneof(fc.maxSafeNat(), fc.nat(0x4100), fc.constantFrom(...EDGES))

describe('the varint of HTTP frames', () => {
  it('is written byte for byte as the protocol writes it', () => {
    fc.assert(
      fc.property(value, fc.nat(5), (value, at) => {
        const [ours, theirs] = [new Uint8Array(16), new Uint8Array(16)]
        const writer = new cursor.Writer().over(theirs, at, theirs.length)
        writer.varint(value)
        assert.equal(writeVarint(ours, at, value), writer.position)
        assert.deepEqual(ours, theirs)
        assert.equal(varintBytes(value), cursor.varintBytes(value))
      }),
      { examples: EDGES.map((edge) => [edge, 0]) },
    )
  })

  it('is read as the protocol reads it, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 8 }), (bytes) => {
        const reader = new cursor.Reader().over(bytes, 0, bytes.length)
        const read = reader.varint()
        assert.equal(readVarint(bytes, 0), reader.failed ? -1 : read)
        if (!reader.failed) assert.equal(varintBytesFrom(bytes[0]!), reader.position)
      }),
      {
        examples: [
          'c01fffffffffffff',
          'c020000000000000',
          'c020000000000001',
          'ffffffffffffffff',
          '8000000000000000',
        ].map((digits) => [bytesOf(digits)]),
      },
    )
  })
})
