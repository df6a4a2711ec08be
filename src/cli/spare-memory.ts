// Memory that the C library keeps for later. What setting up thousands of sessions has freed lies between pieces that are in use, and glibc gives
// back by itself only what lies behind all of them (docs/decisions.md).

/** Gives back what whole pages of it there are, in some milliseconds; null: this machine has no koffi, or another C library. */
export async function loadTrim(): Promise<(() => void) | null> {
  try {
    const koffi = (await import('koffi')).default
    const trim = koffi.load(null).func('int malloc_trim(size_t keep)')
    return () => trim(0)
  } catch {
    return null
  }
}

/** Looks that must find the process at rest before: V8 gives back what it has collected some ten seconds after work has ended. */
const RESTING_LOOKS = 20
/** Growth that is worth the milliseconds. */
const WORTH_BYTES = 8 * 1_048_576

/** Says when it is worth giving memory back: when the process has rested for a while and is larger than it was the last time. */
export class SpareMemory {
  #restingLooks = 0
  #leastBytes = Number.POSITIVE_INFINITY

  /** `residentBytes`: of the process, now. */
  isWorthTrimming(isAtWork: boolean, residentBytes: number): boolean {
    this.#leastBytes = Math.min(this.#leastBytes, residentBytes)
    this.#restingLooks = isAtWork ? 0 : this.#restingLooks + 1
    return this.#restingLooks >= RESTING_LOOKS && residentBytes >= this.#leastBytes + WORTH_BYTES
  }

  /** That is what is needed. */
  onTrimmed(residentBytes: number): void {
    this.#restingLooks = 0
    this.#leastBytes = residentBytes
  }
}
