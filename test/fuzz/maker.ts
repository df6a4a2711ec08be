// Builds inputs that have the right form, with values that somebody who means harm would choose.

import { Writer } from '../../src/protocol/wire/cursor.ts'
import type { Prng } from '../sim/prng.ts'
import { BOUNDARIES } from './boundaries.ts'
import { MOST_BYTES } from './mutator.ts'

/** Around what the endpoints under test allow: streams, windows, budgets; and where numbers end. */
const LIMITS = [0, 1, 63, 64, 100, 255, 16_383, 16_384, 65_535, 262_144, 1_048_576, 2 ** 30, 2 ** 32, 2 ** 53 - 1]
const ROOM = 2 * MOST_BYTES

export class Maker {
  readonly random: Prng
  readonly #writer = new Writer()

  constructor(random: Prng) {
    this.random = random
    this.#writer.over(new Uint8Array(ROOM), 0, ROOM)
  }

  get isFull(): boolean {
    return this.#writer.position >= MOST_BYTES
  }

  made(): Uint8Array {
    return this.#writer.buffer.slice(0, Math.min(this.#writer.position, MOST_BYTES))
  }

  u8(value: number): this {
    this.#writer.u8(value & 0xff)
    return this
  }

  u16(value: number): this {
    this.#writer.u16(value & 0xffff)
    return this
  }

  varint(value: number): this {
    this.#writer.varint(value)
    return this
  }

  bytes(bytes: Uint8Array): this {
    this.#writer.bytes(bytes.subarray(0, Math.max(0, this.#writer.room - 64)))
    return this
  }

  text(text: string): this {
    return this.bytes(Buffer.from(text))
  }

  /** So many bytes that mean nothing. */
  noise(count: number): this {
    const bytes = new Uint8Array(Math.min(count, MOST_BYTES))
    this.random.fill(bytes)
    return this.bytes(bytes)
  }

  boundary(): this {
    return this.bytes(this.random.pick(BOUNDARIES))
  }

  /** A small one mostly, else one beside a limit. */
  number(most = 8): number {
    const { random } = this
    if (random.chance(0.93)) return random.int(0, most)
    return Math.min(Math.max(random.pick(LIMITS) + random.int(-1, 1), 0), Number.MAX_SAFE_INTEGER)
  }

  /** Right mostly, else one beside it or any other. */
  nearly(value: number): number {
    const { random } = this
    if (random.chance(0.95)) return value
    return random.chance(0.5) ? Math.max(0, value + random.int(-2, 2)) : this.number()
  }
}
