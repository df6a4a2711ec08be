// CLOSE 0x1c | code | reason length | reason in UTF-8: the session ends here and now, for the reason given.

import { MOST_CLOSE_REASON_BYTES } from '../limits.ts'
import { type Reader, varintBytes, type Writer } from './cursor.ts'
import { FrameType } from './frame-types.ts'

export class CloseFrame {
  code = 0
  reason = ''
}

const decoder = new TextDecoder()
const encoder = new TextEncoder()

export function readClose(reader: Reader, into: CloseFrame): boolean {
  into.code = reader.varint()
  const length = reader.varint()
  if (length > MOST_CLOSE_REASON_BYTES) return false
  into.reason = decoder.decode(reader.bytes(length))
  return !reader.failed
}

/** The reason is cut, between two characters, to what the frame and the room allow; false: not even an empty reason fits. */
export function writeClose(writer: Writer, frame: CloseFrame): boolean {
  const room = writer.room - 1 - varintBytes(frame.code) - 2
  if (room < 0) return false
  const reason = new Uint8Array(Math.min(room, MOST_CLOSE_REASON_BYTES))
  const { written } = encoder.encodeInto(frame.reason, reason)
  writer.u8(FrameType.close)
  writer.varint(frame.code)
  writer.varint(written)
  writer.bytes(reason.subarray(0, written))
  return true
}
