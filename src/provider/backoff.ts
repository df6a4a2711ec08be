// How long to wait before the next dial: full jitter, so that a thousand providers that lost their consumer together do not come back
// together. Pure: the random fraction is handed in.

const BASE_MS = 250
const CAP_MS = 30_000
/** A session that lived so long was a good one. */
const HEALTHY_AFTER_MS = 60_000

/** A random wait in [0, min(30 s, 250 ms × 2^attempt)); `fraction` in [0, 1). */
export function backoffMs(attempt: number, fraction: number): number {
  return fraction * Math.min(CAP_MS, BASE_MS * 2 ** Math.min(attempt, 30))
}

/** True: after a session that lived so long the count of attempts starts again. */
export function wasHealthy(livedMs: number): boolean {
  return livedMs >= HEALTHY_AFTER_MS
}
