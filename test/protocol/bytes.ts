// Bytes as tests write and read them.

/** The bytes of hexadecimal digits; blanks are for the reader. */
export function bytesOf(digits: string): Uint8Array {
  const plain = digits.replaceAll(/\s/g, '')
  if (!/^([0-9a-f]{2})*$/.test(plain)) throw new Error(`not hexadecimal: ${digits}`)
  return Uint8Array.from({ length: plain.length / 2 }, (_, i) => Number.parseInt(plain.slice(2 * i, 2 * i + 2), 16))
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
