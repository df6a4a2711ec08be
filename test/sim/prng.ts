// The one source of chance in the simulator: xoshiro128**, seeded through splitmix32. A run draws everything from
// one seed, so printing the seed is enough to replay it byte for byte.

import type { Random } from '../../src/protocol/ports.ts'

const UINT32_RANGE = 4_294_967_296

export class Prng implements Random {
  readonly seed: number
  #a: number
  #b: number
  #c: number
  #d: number

  constructor(seed: number) {
    this.seed = seed >>> 0
    this.#a = splitmix(this.seed, 1)
    this.#b = splitmix(this.seed, 2)
    this.#c = splitmix(this.seed, 3)
    this.#d = splitmix(this.seed, 4)
  }

  /** 32 even bits. */
  uint32(): number {
    const result = Math.imul(rotl(Math.imul(this.#b, 5), 7), 9) >>> 0
    const shifted = this.#b << 9
    this.#c ^= this.#a
    this.#d ^= this.#b
    this.#b ^= this.#c
    this.#a ^= this.#d
    this.#c ^= shifted
    this.#d = rotl(this.#d, 11)
    return result
  }

  fraction(): number {
    return this.uint32() / UINT32_RANGE
  }

  fill(into: Uint8Array): void {
    for (let at = 0; at < into.length; at += 1) into[at] = this.uint32() >>> 24
  }

  /** A whole number in [low, high], both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.fraction() * (high - low + 1))
  }

  /** True in `share` of the calls. Never draws for a certain answer, so that a switched-off impairment is free. */
  chance(share: number): boolean {
    if (share <= 0) return false
    return share >= 1 || this.fraction() < share
  }

  pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new Error('nothing to pick from')
    return from[this.int(0, from.length - 1)]!
  }

  /**
   * A generator of its own for one part of a run. It depends on the seed and the label, not on what was drawn before:
   * one more draw in the link does not reshuffle what the applications do.
   */
  fork(label: string): Prng {
    let hash = this.seed ^ 0x811c9dc5
    for (let at = 0; at < label.length; at += 1) hash = Math.imul(hash ^ label.charCodeAt(at), 0x01000193)
    return new Prng(splitmix(hash >>> 0, 5))
  }
}

function rotl(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

/** The `step`-th output of splitmix32: spreads neighbouring seeds over the whole state. */
function splitmix(seed: number, step: number): number {
  let word = (seed + Math.imul(0x9e3779b9, step)) | 0
  word = Math.imul(word ^ (word >>> 16), 0x21f0aaad)
  word = Math.imul(word ^ (word >>> 15), 0x735a2d97)
  return word ^ (word >>> 15)
}
