import assert from 'node:assert/strict'
import { hex } from '../../../src/protocol/hex.ts'
import { FrameType } from '../../../src/protocol/wire/frame-types.ts'
import { readChallenge, writeChallenge } from '../../../src/protocol/wire/path-frames.ts'
import { bytesOf } from '../bytes.ts'
import { readerOf, written } from './written.ts'

const EIGHT = bytesOf('0102030405060708')

describe('PATH_CHALLENGE and PATH_RESPONSE', () => {
  it('are eight bytes behind their type', () => {
    assert.equal(
      written((writer) => writeChallenge(writer, FrameType.pathChallenge, EIGHT)),
      '1a0102030405060708',
    )
    assert.equal(
      written((writer) => writeChallenge(writer, FrameType.pathResponse, EIGHT)),
      '1b0102030405060708',
    )
    assert.equal(
      written((writer) => writeChallenge(writer, FrameType.pathResponse, EIGHT), 8),
      null,
    )
  })

  it('are refused with seven', () => {
    const whole = readerOf(EIGHT)
    assert.equal(hex(readChallenge(whole)), hex(EIGHT))
    assert.equal(whole.failed, false)
    const cut = readerOf(EIGHT.subarray(0, 7))
    readChallenge(cut)
    assert.equal(cut.failed, true)
  })
})
