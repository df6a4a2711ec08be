// hot
// ACK: which packets arrived, newest range first, as RFC 9000 §19.3 writes them (gap and length, both less one).
//
//   type 1 | largest | delay / 8 µs | further ranges | first range − 1 | ( gap − 2 | range − 1 ) …
//
// Example: packets 3–5 and 8–10 arrived → largest 10, further 1, first 2, gap 8 − 5 − 2 = 1, range 2.

import { ACK_DELAY_UNIT, MOST_ACK_RANGES } from '../limits.ts'
import type { Micros } from '../units.ts'
import { type Reader, varintBytes, type Writer } from './cursor.ts'
import { FrameType } from './frame-types.ts'

/** A decoded ACK; reused by every call of `readAck`. Ranges are inclusive, newest first. */
export class AckFrame {
  delay: Micros = 0
  count = 0
  readonly first = new Float64Array(MOST_ACK_RANGES)
  readonly last = new Float64Array(MOST_ACK_RANGES)

  get largest(): number {
    return this.last[0]!
  }
}

/** Reads what follows the type byte. False: cut short, more than MOST_ACK_RANGES, or a range below 0. */
export function readAck(reader: Reader, into: AckFrame): boolean {
  let last = reader.varint()
  into.delay = reader.varint() * ACK_DELAY_UNIT
  const count = reader.varint() + 1
  if (reader.failed || count > MOST_ACK_RANGES) return false
  for (let i = 0; i < count; i++) {
    const first = last - reader.varint()
    if (first < 0) return false
    into.first[i] = first
    into.last[i] = last
    if (i + 1 < count) last = first - reader.varint() - 2
    if (last < 0) return false
  }
  into.count = count
  return !reader.failed
}

/** The ranges to acknowledge, oldest first, as `ReceivedPackets` keeps them. */
export interface AckRanges {
  readonly count: number
  rangeFirst(index: number): number
  rangeLast(index: number): number
}

/** Writes an ACK of as many of the newest ranges as fit; false: not even one does. */
export function writeAck(writer: Writer, ranges: AckRanges, delay: Micros): boolean {
  const newest = ranges.count - 1
  const largest = ranges.rangeLast(newest)
  const delayUnits = Math.floor(delay / ACK_DELAY_UNIT)
  const firstLength = largest - ranges.rangeFirst(newest)
  // One byte of type and one for the count, which is below 64.
  let room = writer.room - 2 - varintBytes(largest) - varintBytes(delayUnits) - varintBytes(firstLength)
  if (room < 0) return false
  let fitting = 0
  while (fitting < newest) {
    const index = newest - fitting - 1
    room -= varintBytes(gapAfter(ranges, index)) + varintBytes(ranges.rangeLast(index) - ranges.rangeFirst(index))
    if (room < 0) break
    fitting++
  }
  writer.u8(FrameType.ack)
  writer.varint(largest)
  writer.varint(delayUnits)
  writer.varint(fitting)
  writer.varint(firstLength)
  for (let index = newest - 1; index >= newest - fitting; index--) {
    writer.varint(gapAfter(ranges, index))
    writer.varint(ranges.rangeLast(index) - ranges.rangeFirst(index))
  }
  return true
}

function gapAfter(ranges: AckRanges, index: number): number {
  return ranges.rangeFirst(index + 1) - ranges.rangeLast(index) - 2
}
