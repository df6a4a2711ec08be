// Random bytes that are the same again for the same seed.

/** xorshift32 (Marsaglia, 2003): good enough for noise, never for secrets. */
export function seededBytes(length: number, seed: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  let state = seed | 1
  for (let at = 0; at < length; at++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes[at] = state >>> 16
  }
  return bytes
}
