// Time that moves only from one thing that is due to the next.

import type { Clock } from '../../../stresstest/load/clock.ts'

interface Wake {
  readonly atMs: number
  readonly act: () => void
}

export class VirtualClock implements Clock {
  /** How much later than asked each call comes. */
  latenessMs = 0
  readonly #wakes = new Set<Wake>()
  #nowMs = 5_000 // a run must not rely on starting at 0

  nowMs(): number {
    return this.#nowMs
  }

  wake(atMs: number, act: () => void): () => void {
    return this.#add({ atMs: atMs + this.latenessMs, act })
  }

  /** The same for what is not the run's own: always in time. */
  after(delayMs: number, act: () => void): void {
    this.#add({ atMs: this.#nowMs + delayMs, act })
  }

  /** Lets everything happen that is due up to then, and what follows from it; by default until nothing is left. */
  runUntil(atMs = Number.POSITIVE_INFINITY): void {
    for (;;) {
      const next = [...this.#wakes].reduce<Wake | null>(
        (first, wake) => (first && first.atMs <= wake.atMs ? first : wake),
        null,
      )
      if (next === null || next.atMs > atMs) return
      this.#wakes.delete(next)
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      next.act()
    }
  }

  #add(wake: Wake): () => void {
    this.#wakes.add(wake)
    return () => this.#wakes.delete(wake)
  }
}
