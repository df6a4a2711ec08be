// hot
// Credit: MAX_DATA, MAX_STREAM_DATA, MAX_STREAMS, and the two frames that say "I would send more" (read for diagnosis only).
//
//   MAX_DATA 0x10 | bytes        MAX_STREAM_DATA 0x11 | id | bytes        MAX_STREAMS 0x12 | streams opened so far and from now
//   DATA_BLOCKED 0x14 | bytes    STREAM_DATA_BLOCKED 0x15 | id | bytes

import type { StreamId } from '../units.ts'
import { type Reader, varintBytes, type Writer } from './cursor.ts'
import { FrameType } from './frame-types.ts'

/** Any frame of this family; `id` is 0 where the frame names no stream. Reused by every call. */
export class CreditFrame {
  id: StreamId = 0
  limit = 0
}

/** Reads a frame that holds one number. */
export function readCredit(reader: Reader, into: CreditFrame): boolean {
  into.id = 0
  into.limit = reader.varint()
  return !reader.failed
}

/** Reads a frame that holds a stream id and a number. */
export function readStreamCredit(reader: Reader, into: CreditFrame): boolean {
  into.id = reader.varint()
  into.limit = reader.varint()
  return !reader.failed
}

/** Writes MAX_DATA or MAX_STREAMS; false: no room. */
export function writeCredit(writer: Writer, type: number, limit: number): boolean {
  if (writer.room < 1 + varintBytes(limit)) return false
  writer.u8(type)
  writer.varint(limit)
  return true
}

/** False: no room. */
export function writeMaxStreamData(writer: Writer, id: StreamId, limit: number): boolean {
  if (writer.room < 1 + varintBytes(id) + varintBytes(limit)) return false
  writer.u8(FrameType.maxStreamData)
  writer.varint(id)
  writer.varint(limit)
  return true
}
