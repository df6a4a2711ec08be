/** Bytes as lower-case hexadecimal digits. */
export function hex(bytes: Uint8Array): string {
  // Joined at once: V8 keeps a text that was put together piece by piece as the tree of its pieces, ten times its size.
  const digits: string[] = []
  // Not by Array.from, which takes four times as long: each INIT and each session make several.
  for (let at = 0; at < bytes.length; at++) digits.push(hexByte(bytes[at]!))
  return digits.join('')
}

export function hexByte(byte: number): string {
  return DIGITS[byte]!
}

/** Bytes from what `hex` has written. */
export function bytesOfHex(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16))
}

const DIGITS: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
