// Keeps the hint that a path is unreachable down to one a second: it costs its listener work, and it can be forged.

const EVERY_MS = 1_000

/** Paths remembered at once; beyond that a hint is left out rather than the memory let grow. */
const MAX_PATHS = 1_024

export class UnreachableHints {
  readonly #toldAtMs = new Map<number, number>()

  /** True: tell it now. Nothing is remembered for longer than it matters. */
  isDue(path: number, nowMs: number): boolean {
    const toldAtMs = this.#toldAtMs.get(path)
    if (toldAtMs !== undefined && nowMs - toldAtMs < EVERY_MS) return false
    if (this.#toldAtMs.size >= MAX_PATHS) this.#forgetOlderThan(nowMs - EVERY_MS)
    if (this.#toldAtMs.size >= MAX_PATHS) return false
    this.#toldAtMs.set(path, nowMs)
    return true
  }

  #forgetOlderThan(limitMs: number): void {
    for (const [path, toldAtMs] of this.#toldAtMs) {
      if (toldAtMs <= limitMs) this.#toldAtMs.delete(path)
    }
  }
}
