// hot
// The variable-length integer of RFC 9000 §16, as the session below uses it: 1, 2, 4 or 8 bytes, the first two bits say how many.
// Written a second time because this room must not know the protocol; a test holds the two together.

const TWO_32 = 4_294_967_296

/** The longest form. */
export const MOST_VARINT_BYTES = 8

/** How many bytes `value` takes. */
export function varintBytes(value: number): number {
  if (value < 0x40) return 1
  if (value < 0x4000) return 2
  return value < 0x40000000 ? 4 : 8
}

/** How many bytes the integer has that begins with this one. */
export function varintBytesFrom(first: number): number {
  return 1 << (first >>> 6)
}

/** Writes `value`, 0 to 2^53 − 1, at `at`, where there must be room; returns the place behind it. */
export function writeVarint(into: Uint8Array, at: number, value: number): number {
  const bytes = varintBytes(value)
  let left = value
  for (let i = at + bytes - 1; i >= at; i--) {
    into[i] = left % 256
    left = Math.floor(left / 256)
  }
  // The exponent of the length: 0, 1, 2 or 3.
  into[at]! |= (31 - Math.clz32(bytes)) << 6
  return at + bytes
}

/** Reads the integer at `at`, all of whose bytes must be there; −1: it is above 2^53 − 1, where doubles stop being exact. */
export function readVarint(from: Uint8Array, at: number): number {
  const bytes = varintBytesFrom(from[at]!)
  let high = 0
  let low = from[at]! & 0x3f
  for (let i = 1; i < bytes; i++) {
    if (i === 4) {
      high = low
      low = 0
    }
    low = low * 256 + from[at + i]!
  }
  const value = high * TWO_32 + low
  return value > Number.MAX_SAFE_INTEGER ? -1 : value
}
