/** Bytes as lower-case hexadecimal digits. */
export function hex(bytes: Uint8Array): string {
  // Joined at once: V8 keeps a text that was put together piece by piece as the tree of its pieces, ten times its size.
  return Array.from(bytes, hexByte).join('')
}

export function hexByte(byte: number): string {
  return DIGITS[byte]!
}

const DIGITS: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
