// UUIDs on the wire are 16 bytes, in configuration and logs 36 characters. Any version is taken, RFC 9562 or not: the original's
// samples use 11111111-2222-3333-4444-555555555555.

import { hex } from '../hex.ts'

export const UUID_BYTES = 16

/** Canonical lower case from 16 bytes. */
export function uuidText(bytes: Uint8Array): string {
  const digits = hex(bytes)
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join(
    '-',
  )
}

/** 16 bytes from the canonical text, which the configuration has checked. */
export function uuidBytes(text: string): Uint8Array {
  const digits = text.replaceAll('-', '')
  const bytes = new Uint8Array(UUID_BYTES)
  for (let i = 0; i < UUID_BYTES; i++) bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16)
  return bytes
}
