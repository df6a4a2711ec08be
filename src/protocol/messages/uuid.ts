// UUIDs on the wire are 16 bytes, in configuration and logs 36 characters. Any version is taken, RFC 9562 or not: the original's
// samples use 11111111-2222-3333-4444-555555555555.

import { hexByte } from '../hex.ts'

export const UUID_BYTES = 16

/** Canonical lower case from 16 bytes. */
export function uuidText(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < UUID_BYTES; i++) text += HYPHENATED.has(i) ? `-${hexByte(bytes[i]!)}` : hexByte(bytes[i]!)
  return text
}

/** 16 bytes from the canonical text, which the configuration has checked. */
export function uuidBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(UUID_BYTES)
  for (let i = 0, at = 0; i < UUID_BYTES; i++, at += 2) {
    if (text.charCodeAt(at) === HYPHEN) at++
    bytes[i] = digit(text.charCodeAt(at)) * 16 + digit(text.charCodeAt(at + 1))
  }
  return bytes
}

const HYPHEN = 0x2d
/** The bytes that a hyphen stands before. */
const HYPHENATED: ReadonlySet<number> = new Set([4, 6, 8, 10])

/** Of a hex digit's character code: '0' is 0x30, 'A' 0x41, 'a' 0x61. */
function digit(code: number): number {
  return code < 0x40 ? code - 0x30 : (code & 0x1f) + 9
}
