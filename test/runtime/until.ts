// Waiting in tests that run on the real event loop: for a fact, never for a span of time.

/** Decides nothing but when a failure is told: longer than any machine needs that also does something else. */
const PATIENCE_MS = 60_000
/** Longer than any delayed ACK or probe on a line without delay. */
const REST_MS = 150
/** Of one turn of the event loop; what it takes beyond that is a pause of the machine. */
export const MOST_A_TURN_MS = 5

/** Turns the event loop until `isTrue`; gives up only so that a failure has a name. */
export async function until(isTrue: () => boolean, what: string): Promise<void> {
  const started = performance.now()
  while (!isTrue()) {
    if (performance.now() - started > PATIENCE_MS) throw new Error(`never came true: ${what}`)
    await turn()
  }
}

/** Turns the event loop until `sample` has stopped moving, and answers where it stands. In a pause all stands still: that is no rest. */
export async function atRest(sample: () => number): Promise<number> {
  let value = sample()
  let restedMs = 0
  for (let lastMs = performance.now(); restedMs < REST_MS; ) {
    await turn()
    const nowMs = performance.now()
    restedMs += Math.min(nowMs - lastMs, MOST_A_TURN_MS)
    lastMs = nowMs
    const next = sample()
    if (next !== value) restedMs = 0
    value = next
  }
  return value
}

/** Lets the event loop go round once. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
