import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  CreditFrame,
  readCredit,
  readStreamCredit,
  writeCredit,
  writeMaxStreamData,
} from '../../../src/protocol/wire/credit-frames.ts'
import { FrameType } from '../../../src/protocol/wire/frame-types.ts'
import { bytesOf } from '../bytes.ts'
import { readerOf, written } from './written.ts'

describe('credit frames', () => {
  it('MAX_DATA and MAX_STREAMS are one number behind their type', () => {
    assert.equal(
      written((writer) => writeCredit(writer, FrameType.maxData, 1_048_576)),
      '1080100000',
    )
    assert.equal(
      written((writer) => writeCredit(writer, FrameType.maxStreams, 200)),
      '1240c8',
    )
  })

  it('MAX_STREAM_DATA names its stream first', () => {
    assert.equal(
      written((writer) => writeMaxStreamData(writer, 5, 262_144)),
      '110580040000',
    )
  })

  it('are read back as they were written', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (id, limit) => {
        const frame = new CreditFrame()
        const one = readerOf(bytesOf(written((writer) => writeMaxStreamData(writer, id, limit))!))
        assert.equal(one.u8(), 0x11)
        assert.ok(readStreamCredit(one, frame))
        assert.deepEqual({ ...frame }, { id, limit })
        const other = readerOf(bytesOf(written((writer) => writeCredit(writer, FrameType.maxData, limit))!))
        assert.equal(other.u8(), 0x10)
        assert.ok(readCredit(other, frame))
        assert.deepEqual({ ...frame }, { id: 0, limit })
      }),
    )
  })

  it('are written whole or not at all', () => {
    assert.equal(
      written((writer) => writeCredit(writer, FrameType.maxData, 64), 2),
      null,
    )
    assert.equal(
      written((writer) => writeMaxStreamData(writer, 1, 64), 3),
      null,
    )
    assert.notEqual(
      written((writer) => writeMaxStreamData(writer, 1, 64), 4),
      null,
    )
  })

  it('that are cut are refused', () => {
    const frame = new CreditFrame()
    assert.equal(readCredit(readerOf(bytesOf('')), frame), false)
    assert.equal(readCredit(readerOf(bytesOf('40')), frame), false)
    assert.equal(readStreamCredit(readerOf(bytesOf('05')), frame), false)
    assert.equal(readStreamCredit(readerOf(bytesOf('05c0000000000000')), frame), false)
  })
})
