import assert from 'node:assert/strict'
import fc from 'fast-check'
import { MOST_ACK_RANGES } from '../../../src/protocol/limits.ts'
import { AckFrame, type AckRanges, readAck, writeAck } from '../../../src/protocol/wire/ack-frame.ts'
import { bytesOf } from '../bytes.ts'
import { readerOf, written } from './written.ts'

type Range = readonly [first: number, last: number]

/** Ranges in ascending order, as a receiver keeps them. */
function rangesOf(ranges: readonly Range[]): AckRanges {
  return { count: ranges.length, rangeFirst: (i) => ranges[i]![0], rangeLast: (i) => ranges[i]![1] }
}

function read(digits: string): { frame: AckFrame; isRead: boolean } {
  const reader = readerOf(bytesOf(digits))
  const frame = new AckFrame()
  assert.equal(reader.u8(), 2)
  return { frame, isRead: readAck(reader, frame) && reader.remaining === 0 }
}

function rangesIn(frame: AckFrame): Range[] {
  return Array.from({ length: frame.count }, (_, i) => [frame.first[i]!, frame.last[i]!] as const).reverse()
}

/** Gaps and lengths, both at least one: any set of ranges that a receiver can hold. */
const someRanges = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 70_000 }), fc.integer({ min: 1, max: 70_000 })), {
    minLength: 1,
    maxLength: MOST_ACK_RANGES,
  })
  .map((steps) => {
    let at = -1
    return steps.map(([gap, length]): Range => {
      const first = at + 1 + gap
      at = first + length - 1
      return [first, at]
    })
  })

describe('ACK', () => {
  it('is written as RFC 9000 §19.3 has it: packets 3–5 and 8–10, 80 µs late', () => {
    const ranges = rangesOf([
      [3, 5],
      [8, 10],
    ])
    assert.equal(
      written((writer) => writeAck(writer, ranges, 80)),
      '02 0a 0a 01 02 01 02'.replaceAll(' ', ''),
    )
  })

  it('of packet 0 alone is the shortest there is', () => {
    assert.equal(
      written((writer) => writeAck(writer, rangesOf([[0, 0]]), 7)),
      '0200000000',
    )
  })

  it('is read back as it was written', () => {
    fc.assert(
      fc.property(someRanges, fc.nat(10_000_000), (ranges, delay) => {
        const { frame, isRead } = read(written((writer) => writeAck(writer, rangesOf(ranges), delay))!)
        assert.ok(isRead)
        assert.deepEqual(rangesIn(frame), ranges)
        assert.equal(frame.delay, Math.floor(delay / 8) * 8)
        assert.equal(frame.largest, ranges.at(-1)![1])
      }),
    )
  })

  it('holds the newest ranges that fit, and never more bytes than there is room for', () => {
    fc.assert(
      fc.property(someRanges, fc.nat(80), (ranges, room) => {
        const digits = written((writer) => writeAck(writer, rangesOf(ranges), 0), room)
        const alone = written((writer) => writeAck(writer, rangesOf(ranges.slice(-1)), 0))!
        assert.equal(digits === null, alone.length / 2 > room)
        if (digits === null) return
        assert.ok(digits.length / 2 <= room)
        const { frame, isRead } = read(digits)
        assert.ok(isRead)
        assert.deepEqual(rangesIn(frame), ranges.slice(-frame.count))
        const another = ranges.slice(-frame.count - 1)
        if (another.length > frame.count) {
          assert.ok(
            written((writer) => writeAck(writer, rangesOf(another), 0))!.length / 2 > room,
            'one more would have fitted',
          )
        }
      }),
    )
  })

  it('reaches up to the largest number there is', () => {
    const top = Number.MAX_SAFE_INTEGER
    const { frame, isRead } = read(written((writer) => writeAck(writer, rangesOf([[0, top]]), 0))!)
    assert.ok(isRead)
    assert.deepEqual(rangesIn(frame), [[0, top]])
  })

  it('is refused if it reaches below packet 0', () => {
    assert.equal(read('02 05 00 00 06').isRead, false, 'in its first range')
    assert.equal(read('02 05 00 01 02 02 00').isRead, false, 'by a gap: 3–5, then a gap down to −1')
    assert.equal(read('02 05 00 01 02 01 01').isRead, false, 'in a further range')
    assert.equal(read('02 05 00 01 02 01 00').isRead, true, 'the nearest that is allowed: 3–5 and 0')
  })

  it('of 64 ranges is read and one of 65 refused (F-2)', () => {
    const head = (further: string) => `02 7fff 00 ${further} 00`
    assert.equal(read(head('3f') + '0000'.repeat(63)).isRead, true)
    assert.equal(read(head('4040') + '0000'.repeat(64)).isRead, false)
  })

  it('that is cut anywhere is refused', () => {
    const whole = '02 4123 4045 02 07 01 02 03 04'.replaceAll(' ', '')
    assert.ok(read(whole).isRead)
    for (let kept = 1; kept < whole.length / 2; kept++)
      assert.equal(read(whole.slice(0, 2 * kept)).isRead, false, `${kept} bytes`)
  })
})
