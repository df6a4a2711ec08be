// Frames as an adversary writes them: any number in any place.

import { Writer } from '../../src/protocol/wire/cursor.ts'
import { FrameType } from '../../src/protocol/wire/frame-types.ts'

const ROOM = 1_200

/** Numbers as varints one behind the other, bytes as they are. */
export function frame(type: number, ...fields: readonly (number | Uint8Array)[]): Uint8Array {
  const writer = new Writer().over(new Uint8Array(ROOM), 0, ROOM)
  writer.varint(type)
  for (const field of fields) {
    if (typeof field === 'number') writer.varint(field)
    else writer.bytes(field)
  }
  return writer.buffer.slice(0, writer.position)
}

export function streamFrame(id: number, offset: number, length: number, end: 'open' | 'fin' = 'open'): Uint8Array {
  const type = end === 'fin' ? FrameType.streamWithFin : FrameType.stream
  return frame(type, id, offset, new Uint8Array([length >>> 8, length]), new Uint8Array(length))
}

export function resetStream(id: number, finalSize = 0): Uint8Array {
  return frame(FrameType.resetStream, id, 0x30, finalSize)
}

/** Ranges of one packet each, every second packet. */
export function ackOfRanges(count: number): Uint8Array {
  const gaps = Array.from({ length: count - 1 }, () => [0, 0]).flat()
  return frame(FrameType.ack, 2 * count, 0, count - 1, 0, ...gaps)
}
