// The clock and the randomness of the machine, as the core wants them.

import { randomFillSync } from 'node:crypto'
import type { Micros, Random } from '../protocol/index.ts'

/** Whole microseconds since the process began; never steps back, whatever the wall clock does. */
export function monotonicClock(): Micros {
  return Math.floor(performance.now() * 1_000)
}

/** Connection ids and challenges are 8 bytes, ephemeral keys 32: one call to the kernel's generator serves a hundred of them. */
const POOL_BYTES = 4_096

/** Larger draws go straight to the generator: through the pool they would only be copied once more. */
const LARGEST_POOLED_BYTES = 256

class SystemRandom implements Random {
  readonly #pool = Buffer.allocUnsafeSlow(POOL_BYTES)
  #used = POOL_BYTES

  fill(into: Uint8Array): void {
    if (into.length > LARGEST_POOLED_BYTES) {
      randomFillSync(into)
      return
    }
    if (this.#used + into.length > POOL_BYTES) this.#refill()
    const end = this.#used + into.length
    into.set(this.#pool.subarray(this.#used, end))
    this.#pool.fill(0, this.#used, end) // it may be somebody's secret now: no second copy stays behind
    this.#used = end
  }

  fraction(): number {
    return Math.random()
  }

  #refill(): void {
    randomFillSync(this.#pool)
    this.#used = 0
  }
}

export const systemRandom: Random = new SystemRandom()
