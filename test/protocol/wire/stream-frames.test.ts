import assert from 'node:assert/strict'
import fc from 'fast-check'
import { FrameType } from '../../../src/protocol/wire/frame-types.ts'
import {
  ResetStreamFrame,
  readResetStream,
  readStopSending,
  readStream,
  StopSendingFrame,
  StreamFrame,
  streamHeadBytes,
  writeResetStream,
  writeStopSending,
  writeStreamHead,
} from '../../../src/protocol/wire/stream-frames.ts'
import { bytesOf } from '../bytes.ts'
import { readerOf, written } from './written.ts'

function streamDigits(frame: Partial<StreamFrame>, payload: string): string {
  const whole = Object.assign(new StreamFrame(), frame, { length: payload.length / 2 })
  return written((writer) => {
    writeStreamHead(writer, whole)
    writer.bytes(bytesOf(payload))
  })!
}

function readStreamOf(digits: string): { frame: StreamFrame; isRead: boolean; rest: number } {
  const reader = readerOf(bytesOf(digits))
  const frame = new StreamFrame()
  const type = reader.u8()
  return { frame, isRead: readStream(reader, type, frame), rest: reader.remaining }
}

describe('STREAM', () => {
  it('is id, offset, two bytes of length and the bytes', () => {
    assert.equal(streamDigits({ id: 1, offset: 0 }, '616263'), '080100 0003 616263'.replaceAll(' ', ''))
    assert.equal(streamDigits({ id: 3, offset: 1_200, fin: true }, '7a'), '090344b000017a')
  })

  it('may end a stream without a byte', () => {
    const { frame, isRead } = readStreamOf('09 01 07 0000')
    assert.ok(isRead)
    assert.deepEqual([frame.id, frame.offset, frame.length, frame.fin], [1, 7, 0, true])
  })

  it('is read back as it was written, and its head is as long as foretold', () => {
    fc.assert(
      fc.property(
        fc.nat(2 ** 31 - 1),
        fc.oneof(fc.nat(70_000), fc.integer({ min: 0, max: 2 ** 52 })),
        fc.boolean(),
        fc.uint8Array({ maxLength: 300 }),
        (id, offset, fin, payload) => {
          const digits = streamDigits({ id, offset, fin }, Buffer.from(payload).toString('hex'))
          assert.equal(digits.length / 2, streamHeadBytes(id, offset) + payload.length)
          const { frame, isRead, rest } = readStreamOf(digits)
          assert.ok(isRead)
          assert.equal(rest, 0)
          assert.deepEqual([frame.id, frame.offset, frame.length, frame.fin], [id, offset, payload.length, fin])
          assert.equal(frame.start, 8 + streamHeadBytes(id, offset))
        },
      ),
    )
  })

  it('that promises more bytes than follow is refused', () => {
    assert.equal(readStreamOf('08 01 00 0004 616263').isRead, false)
    assert.equal(readStreamOf('08 01 00 ffff').isRead, false)
    assert.equal(readStreamOf('08 01 00 00').isRead, false)
    assert.equal(readStreamOf('08').isRead, false)
  })

  it('that ends beyond what a double counts exactly is refused', () => {
    assert.equal(readStreamOf('08 01 c01fffffffffffff 0000').isRead, true)
    assert.equal(readStreamOf('08 01 c01fffffffffffff 0001 61').isRead, false)
  })
})

describe('RESET_STREAM and STOP_SENDING', () => {
  it('are numbers behind their type', () => {
    const reset = Object.assign(new ResetStreamFrame(), { id: 5, code: 0x30, finalSize: 1_000 })
    const stop = Object.assign(new StopSendingFrame(), { id: 5, code: 0x40 })
    assert.equal(
      written((writer) => writeResetStream(writer, reset)),
      '04053043e8',
    )
    assert.equal(
      written((writer) => writeStopSending(writer, stop)),
      '05054040',
    )
  })

  it('are read back as they were written, and refused wherever they are cut', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), fc.maxSafeNat(), (id, code, finalSize) => {
        const reset = bytesOf(written((writer) => writeResetStream(writer, { id, code, finalSize }))!)
        const stop = bytesOf(written((writer) => writeStopSending(writer, { id, code }))!)
        const resetRead = new ResetStreamFrame()
        const stopRead = new StopSendingFrame()
        assert.ok(readResetStream(readerOf(reset.subarray(1)), resetRead))
        assert.ok(readStopSending(readerOf(stop.subarray(1)), stopRead))
        assert.deepEqual({ ...resetRead }, { id, code, finalSize })
        assert.deepEqual({ ...stopRead }, { id, code })
        for (let kept = 1; kept < reset.length; kept++) {
          assert.equal(readResetStream(readerOf(reset.subarray(1, kept)), resetRead), false)
        }
        for (let kept = 1; kept < stop.length; kept++) {
          assert.equal(readStopSending(readerOf(stop.subarray(1, kept)), stopRead), false)
        }
      }),
    )
  })

  it('are written whole or not at all', () => {
    const reset = { id: 64, code: 64, finalSize: 64 }
    assert.equal(
      written((writer) => writeResetStream(writer, reset), 6),
      null,
    )
    assert.notEqual(
      written((writer) => writeResetStream(writer, reset), 7),
      null,
    )
    assert.equal(
      written((writer) => writeStopSending(writer, reset), 4),
      null,
    )
    assert.notEqual(
      written((writer) => writeStopSending(writer, reset), 5),
      null,
    )
  })

  it('differ from each other and from STREAM in the first byte', () => {
    assert.equal(new Set(Object.values(FrameType)).size, Object.values(FrameType).length)
  })
})
