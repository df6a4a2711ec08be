// Text and ids inside messages: length-prefixed UTF-8, 16-byte UUIDs. Cold paths: clarity first.

import { type Reader, varintBytes, type Writer } from '../wire/cursor.ts'
import { UUID_BYTES, uuidBytes, uuidText } from './uuid.ts'

const encoder = new TextEncoder()
// A leading U+FEFF is a character of the text like any other.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Cut so that it fits with all that stands around it; by whole characters. */
export function writeText(writer: Writer, text: string, mostBytes: number): void {
  const encoded = encoder.encode(text)
  let end = Math.min(encoded.length, mostBytes)
  // 10xxxxxx continues a character: a cut there would split it.
  while (end < encoded.length && end > 0 && (encoded[end]! & 0xc0) === 0x80) end--
  writer.varint(end)
  writer.bytes(encoded.subarray(0, end))
}

/** Null: cut short, longer than allowed, or not UTF-8. */
export function readText(reader: Reader, mostBytes: number): string | null {
  const length = reader.varint()
  if (reader.failed || length > mostBytes || length > reader.remaining) return null
  try {
    return decoder.decode(reader.bytes(length))
  } catch {
    return null
  }
}

/** Bytes that a text of this length takes at most. */
export function textRoom(mostBytes: number): number {
  return varintBytes(mostBytes) + mostBytes
}

export function writeUuid(writer: Writer, uuid: string): void {
  writer.bytes(uuidBytes(uuid))
}

/** The reader has failed if it is not all there. */
export function readUuid(reader: Reader): string {
  const bytes = reader.bytes(UUID_BYTES)
  return reader.failed ? '' : uuidText(bytes)
}
