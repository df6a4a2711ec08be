// hot
// Bounds-checked reading and writing of one buffer, big-endian, with the variable-length integers of RFC 9000 §16.
// A read past the end gives 0 and sets `failed`: the caller asks once at the end instead of after each field.

import { LARGEST_VARINT } from '../limits.ts'

const TWO_32 = 4_294_967_296

/** Reads `buffer` from `position` to `end`. Reused for every packet: `over` points it elsewhere. */
export class Reader {
  buffer: Uint8Array = EMPTY
  position = 0
  end = 0
  /** Something was missing or out of range; every value read since is meaningless. */
  failed = false

  over(buffer: Uint8Array, start: number, end: number): this {
    this.buffer = buffer
    this.position = start
    this.end = end
    this.failed = false
    return this
  }

  get remaining(): number {
    return this.end - this.position
  }

  u8(): number {
    if (this.position >= this.end) return this.#fail()
    return this.buffer[this.position++]!
  }

  u16(): number {
    const at = this.#advance(2)
    return at < 0 ? 0 : this.buffer[at]! * 256 + this.buffer[at + 1]!
  }

  u32(): number {
    const at = this.#advance(4)
    return at < 0 ? 0 : wordAt(this.buffer, at)
  }

  /** A 64-bit number; one above 2^53 − 1 fails. */
  u64(): number {
    const at = this.#advance(8)
    if (at < 0) return 0
    return this.#safe(wordAt(this.buffer, at), wordAt(this.buffer, at + 4))
  }

  /** 1, 2, 4 or 8 bytes; the first two bits say how many. */
  varint(): number {
    if (this.position >= this.end) return this.#fail()
    const first = this.buffer[this.position]!
    if (first < 0x40) {
      this.position++
      return first
    }
    if (first < 0x80) return this.u16() & 0x3fff
    if (first < 0xc0) {
      const at = this.#advance(4)
      return at < 0 ? 0 : wordAt(this.buffer, at) - 0x80000000
    }
    const at = this.#advance(8)
    if (at < 0) return 0
    return this.#safe(wordAt(this.buffer, at) - 0xc0000000, wordAt(this.buffer, at + 4))
  }

  /** Steps over `count` bytes and returns where they start. */
  skip(count: number): number {
    const at = this.#advance(count)
    return at < 0 ? this.end : at
  }

  /** A view of the next `count` bytes; for cold paths. */
  bytes(count: number): Uint8Array {
    const at = this.#advance(count)
    return at < 0 ? EMPTY : this.buffer.subarray(at, at + count)
  }

  #advance(count: number): number {
    const at = this.position
    if (count > this.end - at) {
      this.#fail()
      return -1
    }
    this.position = at + count
    return at
  }

  #safe(high: number, low: number): number {
    const value = high * TWO_32 + low
    return value > LARGEST_VARINT ? this.#fail() : value
  }

  #fail(): number {
    this.failed = true
    this.position = this.end
    return 0
  }
}

/** Writes into `buffer` from `position`; never past `limit`, which the caller checks with `room` before it writes. */
export class Writer {
  buffer: Uint8Array = EMPTY
  position = 0
  limit = 0

  over(buffer: Uint8Array, start: number, limit: number): this {
    this.buffer = buffer
    this.position = start
    this.limit = limit
    return this
  }

  get room(): number {
    return this.limit - this.position
  }

  u8(value: number): void {
    this.buffer[this.position++] = value
  }

  u16(value: number): void {
    this.buffer[this.position] = value >>> 8
    this.buffer[this.position + 1] = value
    this.position += 2
  }

  u64(value: number): void {
    putWord(this.buffer, this.position, Math.floor(value / TWO_32))
    putWord(this.buffer, this.position + 4, value >>> 0)
    this.position += 8
  }

  varint(value: number): void {
    if (value < 0x40) this.u8(value)
    else if (value < 0x4000) this.u16(value + 0x4000)
    else if (value < 0x40000000) {
      putWord(this.buffer, this.position, value + 0x80000000)
      this.position += 4
    } else {
      putWord(this.buffer, this.position, Math.floor(value / TWO_32) + 0xc0000000)
      putWord(this.buffer, this.position + 4, value >>> 0)
      this.position += 8
    }
  }

  zeros(count: number): void {
    this.buffer.fill(0, this.position, this.position + count)
    this.position += count
  }

  bytes(from: Uint8Array): void {
    this.buffer.set(from, this.position)
    this.position += from.length
  }
}

/** How many bytes `varint` takes for this value. */
export function varintBytes(value: number): number {
  if (value < 0x40) return 1
  if (value < 0x4000) return 2
  return value < 0x40000000 ? 4 : 8
}

const EMPTY = new Uint8Array(0)

/** The 32-bit number at `at`, unsigned; the caller has checked the bounds. */
export function wordAt(buffer: Uint8Array, at: number): number {
  return buffer[at]! * 0x1000000 + ((buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!)
}

export function putWord(buffer: Uint8Array, at: number, value: number): void {
  buffer[at] = value >>> 24
  buffer[at + 1] = value >>> 16
  buffer[at + 2] = value >>> 8
  buffer[at + 3] = value
}
