// A running checksum in two FNV-1a lanes, with the few uses that the null crypto has for one: tags, keys and a mask.
// Each step of FNV-1a is a bijection of the state, so a single changed byte always changes the tag.

import { TAG_BYTES } from '../../src/protocol/ports.ts'

const OFFSET_BASIS = 0x811c9dc5
const PRIME = 0x01000193
/** An odd multiplier for the second lane, so that no two inputs collide in both for the same reason. */
const SECOND_PRIME = 0x85ebca6b

export class Digest {
  #first = OFFSET_BASIS
  #second = 0x2545f491

  /** `purpose` keeps the tags of different uses apart. */
  constructor(purpose: string) {
    for (let at = 0; at < purpose.length; at += 1) this.#step(purpose.charCodeAt(at))
  }

  copy(): Digest {
    const copy = new Digest('')
    copy.#first = this.#first
    copy.#second = this.#second
    return copy
  }

  /** Length first: two parts cannot be confused with one longer part. */
  add(bytes: Uint8Array): this {
    return this.addNumber(bytes.length).addRange(bytes, 0, bytes.length)
  }

  addNumber(value: number): this {
    this.#first = Math.imul(this.#first ^ (value >>> 0), PRIME)
    this.#second = Math.imul(this.#second ^ (value >>> 0) ^ Math.floor(value / 4_294_967_296), SECOND_PRIME)
    return this
  }

  addRange(bytes: Uint8Array, from: number, to: number): this {
    let first = this.#first
    let second = this.#second
    for (let at = from; at < to; at += 1) {
      const byte = bytes[at]!
      first = Math.imul(first ^ byte, PRIME)
      second = Math.imul(second ^ byte, SECOND_PRIME)
    }
    this.#first = first
    this.#second = second
    return this
  }

  /** 53 bits that name this state. */
  get fingerprint(): number {
    return (mixed(this.#first) >>> 11) * 4_294_967_296 + (mixed(this.#second) >>> 0)
  }

  writeTag(into: Uint8Array, at: number): void {
    for (let index = 0; index < TAG_BYTES; index += 1) into[at + index] = this.#tagByte(index)
  }

  hasTag(bytes: Uint8Array, at: number): boolean {
    for (let index = 0; index < TAG_BYTES; index += 1) if (bytes[at + index] !== this.#tagByte(index)) return false
    return true
  }

  /** Hides or shows `from…to`: XOR with bytes that depend on this state and the counter. */
  mask(counter: number, bytes: Uint8Array, from: number, to: number): void {
    let word = mixed(this.#first ^ Math.imul(counter | 0, SECOND_PRIME)) | 1
    for (let at = from; at < to; at += 1) {
      word ^= word << 13
      word ^= word >>> 17
      word ^= word << 5
      bytes[at]! ^= word
    }
  }

  #step(byte: number): void {
    this.#first = Math.imul(this.#first ^ byte, PRIME)
    this.#second = Math.imul(this.#second ^ byte, SECOND_PRIME)
  }

  #tagByte(index: number): number {
    const lane = (index & 4) === 0 ? this.#first : this.#second
    return (mixed(lane ^ (index >> 3)) >>> (8 * (index & 3))) & 0xff
  }
}

/** Spreads the low bits, where FNV is weak, over the word. */
function mixed(word: number): number {
  let result = word ^ (word >>> 16)
  result = Math.imul(result, 0x21f0aaad)
  result ^= result >>> 15
  result = Math.imul(result, 0x735a2d97)
  return result ^ (result >>> 15)
}
