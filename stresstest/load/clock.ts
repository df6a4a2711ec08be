// What a run knows of time.

export interface Clock {
  nowMs(): number
  /** Calls `act` once, at `atMs` or soon after; what it returns calls that off. */
  wake(atMs: number, act: () => void): () => void
}

/** The machine's. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wake(atMs, act) {
    const timer = setTimeout(act, Math.ceil(atMs - performance.now()))
    return () => clearTimeout(timer)
  },
}
