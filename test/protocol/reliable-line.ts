// One connection in virtual time, as TCP gives it: whole packets in order, as fast as its rate, and never more than a little in its keeping.

import { MILLISECOND, type Micros, SECOND } from '../../src/protocol/units.ts'

export interface LineWish {
  /** One way. */
  readonly delay?: Micros
  readonly bytesPerSecond?: number
  /** With more than so much in its keeping a direction is not writable. */
  readonly keepsBytes?: number
}

/** One direction. */
export class Pipe {
  /** Nothing leaves: the far end does not read. */
  isStuck = false
  /** Bytes that wait to leave. */
  keptBytes = 0
  readonly #delay: Micros
  readonly #bytesPerSecond: number
  readonly #keepsBytes: number
  readonly #kept: Uint8Array[] = []
  readonly #flying: { readonly at: Micros; readonly bytes: Uint8Array }[] = []
  /** The first of them will have left. */
  #leavesAt: Micros = Number.POSITIVE_INFINITY

  constructor({ delay = 5 * MILLISECOND, bytesPerSecond = 100_000_000, keepsBytes = 262_144 }: LineWish) {
    this.#delay = delay
    this.#bytesPerSecond = bytesPerSecond
    this.#keepsBytes = keepsBytes
  }

  get isWritable(): boolean {
    return this.keptBytes < this.#keepsBytes
  }

  get isEmpty(): boolean {
    return this.#kept.length + this.#flying.length === 0
  }

  send(bytes: Uint8Array, now: Micros): void {
    this.#kept.push(bytes)
    this.keptBytes += bytes.length
    if (this.#kept.length === 1) this.#begin(now)
  }

  nextMoment(): Micros {
    return Math.min(this.#flying[0]?.at ?? Number.POSITIVE_INFINITY, this.#leavesAt)
  }

  unstick(now: Micros): void {
    this.isStuck = false
    if (this.#kept.length > 0) this.#begin(now)
  }

  /** Moves on to `now`. */
  advance(now: Micros): void {
    while (!this.isStuck && this.#leavesAt <= now) {
      const left = this.#leavesAt
      const bytes = this.#kept.shift()!
      this.keptBytes -= bytes.length
      this.#flying.push({ at: left + this.#delay, bytes })
      this.#begin(left)
    }
    if (this.isStuck) this.#leavesAt = Number.POSITIVE_INFINITY
  }

  /** The next packet that has arrived; null: none. */
  take(now: Micros): Uint8Array | null {
    return (this.#flying[0]?.at ?? Number.POSITIVE_INFINITY) <= now ? this.#flying.shift()!.bytes : null
  }

  #begin(now: Micros): void {
    const [next] = this.#kept
    this.#leavesAt =
      next === undefined || this.isStuck
        ? Number.POSITIVE_INFINITY
        : now + (next.length / this.#bytesPerSecond) * SECOND
  }
}
