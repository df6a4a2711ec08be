import assert from 'node:assert/strict'
import fc from 'fast-check'
import { hex } from '../../../src/protocol/hex.ts'
import { varintBytes, Writer } from '../../../src/protocol/wire/cursor.ts'
import { bytesOf } from '../bytes.ts'
import { readerOf, written } from './written.ts'

/** Every length of a varint, its first and its last value. */
const VARINTS: readonly (readonly [number, string])[] = [
  [0, '00'],
  [0x3f, '3f'],
  [0x40, '4040'],
  [0x3fff, '7fff'],
  [0x4000, '80004000'],
  [0x3fff_ffff, 'bfffffff'],
  [0x4000_0000, 'c000000040000000'],
  [0xffff_ffff, 'c0000000ffffffff'],
  [0x1_0000_0000, 'c000000100000000'],
  [Number.MAX_SAFE_INTEGER, 'c01fffffffffffff'],
]

const safeInteger = fc.oneof(fc.maxSafeNat(), fc.nat(0x4100), fc.constantFrom(...VARINTS.map(([value]) => value)))

describe('Reader and Writer', () => {
  for (const [value, digits] of VARINTS) {
    it(`writes and reads ${value} as ${digits}`, () => {
      assert.equal(
        written((writer) => void writer.varint(value)),
        digits,
      )
      assert.equal(varintBytes(value), digits.length / 2)
      const reader = readerOf(bytesOf(digits))
      assert.equal(reader.varint(), value)
      assert.equal(reader.failed, false)
      assert.equal(reader.remaining, 0)
    })
  }

  it('reads the examples of RFC 9000 §A.1, the longer form of a small number too', () => {
    assert.equal(readerOf(bytesOf('9d7f3e7d')).varint(), 494_878_333)
    assert.equal(readerOf(bytesOf('7bbd')).varint(), 15_293)
    assert.equal(readerOf(bytesOf('25')).varint(), 37)
    assert.equal(readerOf(bytesOf('4025')).varint(), 37)
  })

  it('refuses a number that a double does not hold exactly (W-13)', () => {
    for (const digits of [
      'c020000000000000',
      'c020000000000001',
      'ffffffffffffffff',
      'c151 7c5e 8ca7 6bf1'.replaceAll(' ', ''),
    ]) {
      const reader = readerOf(bytesOf(digits))
      assert.equal(reader.varint(), 0)
      assert.equal(reader.failed, true)
    }
    const reader = readerOf(bytesOf('0020000000000000'))
    assert.equal(reader.u64(), 0)
    assert.equal(reader.failed, true)
  })

  it('gives back every sequence of numbers that was written', () => {
    fc.assert(
      fc.property(fc.array(safeInteger, { maxLength: 20 }), (values) => {
        const writer = new Writer().over(new Uint8Array(500), 3, 500)
        for (const value of values) {
          const before = writer.position
          writer.varint(value)
          assert.equal(writer.position - before, varintBytes(value))
          writer.u64(value)
          writer.u16(value % 65_536)
          writer.u8(value % 256)
        }
        const reader = readerOf(writer.buffer.subarray(3, writer.position))
        for (const value of values) {
          assert.equal(reader.varint(), value)
          assert.equal(reader.u64(), value)
          assert.equal(reader.u16(), value % 65_536)
          assert.equal(reader.u8(), value % 256)
        }
        assert.equal(reader.remaining, 0)
        assert.equal(reader.failed, false)
      }),
    )
  })

  it('fails at every cut of a field, reads nothing beyond, and stays failed', () => {
    const fields = {
      u8: '01',
      u16: '0102',
      u32: '01020304',
      u64: '0001020304050607',
      varint: 'c000000040000000',
    } as const
    for (const [name, digits] of Object.entries(fields)) {
      const field = name as keyof typeof fields
      for (let kept = 0; kept < digits.length / 2; kept++) {
        const reader = readerOf(bytesOf(digits).subarray(0, kept))
        assert.equal(reader[field](), 0, `${name} cut to ${kept}`)
        assert.equal(reader.failed, true)
        assert.equal(reader.u8(), 0)
        assert.equal(reader.remaining, 0)
      }
    }
  })

  it('reads 32 bits without a sign', () => {
    assert.equal(readerOf(bytesOf('ffffffff')).u32(), 0xffff_ffff)
    assert.equal(readerOf(bytesOf('80000000')).u32(), 0x8000_0000)
  })

  it('refuses to step over or show more bytes than there are, however many are asked for', () => {
    for (const count of [4, 65_536, Number.MAX_SAFE_INTEGER]) {
      const reader = readerOf(bytesOf('010203'))
      assert.equal(reader.bytes(count).length, 0)
      assert.equal(reader.failed, true)
      const other = readerOf(bytesOf('010203'))
      assert.equal(other.skip(count), other.end)
      assert.equal(other.failed, true)
    }
  })

  it('shows bytes where they lie, without a copy', () => {
    const reader = readerOf(bytesOf('010203'))
    reader.u8()
    const shown = reader.bytes(2)
    assert.equal(hex(shown), '0203')
    assert.equal(shown.buffer, reader.buffer.buffer)
  })
})
