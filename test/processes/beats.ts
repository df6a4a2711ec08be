// A clock for what was promised in seconds: it stands while the machine does, and goes slowly where the programs have little of it. A beat is
// ten milliseconds and a question that goes through the programs whose time it is.

import { setTimeout as pause } from 'node:timers/promises'

const BEAT_MS = 10

/** On a quiet machine, where the question takes a millisecond or two. */
export const BEATS_A_SECOND = 85

/** How many beats it takes until something has come true. */
export async function beatsUntil(fact: Promise<unknown>, ask: () => Promise<unknown>): Promise<number> {
  let isTrue = false
  const coming = fact.then(() => {
    isTrue = true
  })
  let beats = 0
  for (; !isTrue; beats++) await Promise.race([coming, Promise.all([ask(), pause(BEAT_MS)])])
  await coming
  return beats
}
