// hot
// STREAM, RESET_STREAM and STOP_SENDING.
//
//   STREAM        8 or 9 (the last bytes) | id | offset | length 2 | bytes
//   RESET_STREAM  4 | id | code | final size
//   STOP_SENDING  5 | id | code
//
// The length of STREAM is always two bytes, so that it can be filled in after the bytes were copied.

import type { StreamId } from '../units.ts'
import { type Reader, varintBytes, type Writer } from './cursor.ts'
import { FrameType } from './frame-types.ts'

/** A decoded STREAM frame; `start…start + length` lies in the datagram. Reused by every call. */
export class StreamFrame {
  id: StreamId = 0
  offset = 0
  start = 0
  length = 0
  /** These are the last bytes of the stream. */
  fin = false
}

export class ResetStreamFrame {
  id: StreamId = 0
  code = 0
  finalSize = 0
}

export class StopSendingFrame {
  id: StreamId = 0
  code = 0
}

const LENGTH_FIELD_BYTES = 2

export function readStream(reader: Reader, type: number, into: StreamFrame): boolean {
  into.id = reader.varint()
  into.offset = reader.varint()
  into.length = reader.u16()
  into.start = reader.skip(into.length)
  into.fin = type === FrameType.streamWithFin
  return !reader.failed && Number.isSafeInteger(into.offset + into.length)
}

/** Bytes in front of the payload of a STREAM frame. */
export function streamHeadBytes(id: StreamId, offset: number): number {
  return 1 + varintBytes(id) + varintBytes(offset) + LENGTH_FIELD_BYTES
}

/** Writes the head; the caller has checked the room and copies `length` bytes behind it. */
export function writeStreamHead(writer: Writer, frame: StreamFrame): void {
  writer.u8(frame.fin ? FrameType.streamWithFin : FrameType.stream)
  writer.varint(frame.id)
  writer.varint(frame.offset)
  writer.u16(frame.length)
}

export function readResetStream(reader: Reader, into: ResetStreamFrame): boolean {
  into.id = reader.varint()
  into.code = reader.varint()
  into.finalSize = reader.varint()
  return !reader.failed
}

/** False: no room. */
export function writeResetStream(writer: Writer, frame: ResetStreamFrame): boolean {
  const size = 1 + varintBytes(frame.id) + varintBytes(frame.code) + varintBytes(frame.finalSize)
  if (writer.room < size) return false
  writer.u8(FrameType.resetStream)
  writer.varint(frame.id)
  writer.varint(frame.code)
  writer.varint(frame.finalSize)
  return true
}

export function readStopSending(reader: Reader, into: StopSendingFrame): boolean {
  into.id = reader.varint()
  into.code = reader.varint()
  return !reader.failed
}

/** False: no room. */
export function writeStopSending(writer: Writer, frame: StopSendingFrame): boolean {
  if (writer.room < 1 + varintBytes(frame.id) + varintBytes(frame.code)) return false
  writer.u8(FrameType.stopSending)
  writer.varint(frame.id)
  writer.varint(frame.code)
  return true
}
