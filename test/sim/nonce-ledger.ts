// Watches that no key ever seals two packets under one counter, the one mistake that breaks a real cipher for good.

/** Shared by all endpoints of a run: a key that two of them derive twice is caught as well. */
export class NonceLedger {
  readonly #highest = new Map<number, number>()

  /** Counters only grow, so the highest one is all there is to remember. */
  sealed(key: number, counter: number): void {
    const highest = this.#highest.get(key) ?? -1
    if (counter <= highest) throw new Error(`counter ${counter} sealed after ${highest} under one key`)
    this.#highest.set(key, counter)
  }
}
