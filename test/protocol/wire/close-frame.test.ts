import assert from 'node:assert/strict'
import fc from 'fast-check'
import { CloseFrame, readClose, writeClose } from '../../../src/protocol/wire/close-frame.ts'
import { bytesOf } from '../bytes.ts'
import { readerOf, written } from './written.ts'

function closing(code: number, reason: string): CloseFrame {
  return Object.assign(new CloseFrame(), { code, reason })
}

function read(digits: string): CloseFrame | null {
  const reader = readerOf(bytesOf(digits))
  const frame = new CloseFrame()
  assert.equal(reader.u8(), 0x1c)
  return readClose(reader, frame) && reader.remaining === 0 ? frame : null
}

describe('CLOSE', () => {
  it('is code, length and the reason in UTF-8', () => {
    assert.equal(
      written((writer) => writeClose(writer, closing(0x10, 'até'))),
      '1c 10 04 617 4c3 a9'.replaceAll(' ', ''),
    )
  })

  it('is read back as it was written', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.string({ unit: 'grapheme', maxLength: 40 }), (code, reason) => {
        const sent = closing(code, reason)
        fc.pre(Buffer.byteLength(reason) <= 256)
        assert.deepEqual({ ...read(written((writer) => writeClose(writer, sent))!) }, { ...sent })
      }),
    )
  })

  it('cuts a reason that is too long to 256 bytes, or to the room there is (F-4)', () => {
    assert.equal(read(written((writer) => writeClose(writer, closing(1, 'x'.repeat(1_000))))!)?.reason, 'x'.repeat(256))
    assert.equal(
      read(written((writer) => writeClose(writer, closing(1, 'x'.repeat(1_000))), 20)!)?.reason,
      'x'.repeat(16),
    )
    assert.equal(
      written((writer) => writeClose(writer, closing(1, '')), 3),
      null,
    )
  })

  it('cuts a reason between characters, not inside one', () => {
    const reason = read(written((writer) => writeClose(writer, closing(1, '€'.repeat(100))))!)?.reason
    assert.equal(reason, '€'.repeat(85))
  })

  it('is refused with a reason of more than 256 bytes, or one that is cut (F-4)', () => {
    assert.equal(read(`1c 01 4100${'78'.repeat(256)}`)?.reason.length, 256)
    assert.equal(read(`1c 01 4101${'78'.repeat(257)}`), null)
    assert.equal(read('1c 01 03 7878'), null)
    assert.equal(read('1c 01'), null)
    assert.equal(read('1c'), null)
  })

  it('with bytes that are not UTF-8 is read all the same', () => {
    assert.equal(read('1c 01 02 ff41')?.reason, '\ufffdA')
  })
})
