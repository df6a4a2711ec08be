// One frame written into a buffer of its own, and a reader over one frame.

import { hex } from '../../../src/protocol/hex.ts'
import { Reader, Writer } from '../../../src/protocol/wire/cursor.ts'

const ROOMY = 2_048

/** What `write` wrote, in hexadecimal; null: it said that there was no room and wrote nothing. */
export function written(write: (writer: Writer) => boolean | undefined, room = ROOMY): string | null {
  const writer = new Writer().over(new Uint8Array(room), 0, room)
  if (write(writer) === false) {
    if (writer.position !== 0) throw new Error(`${writer.position} bytes were written in spite of the refusal`)
    return null
  }
  return hex(writer.buffer.subarray(0, writer.position))
}

/** A reader that has bytes before and behind what it may read: reading those would show. */
export function readerOf(bytes: Uint8Array): Reader {
  const buffer = new Uint8Array(bytes.length + 16).fill(0xee)
  buffer.set(bytes, 8)
  return new Reader().over(buffer, 8, 8 + bytes.length)
}
