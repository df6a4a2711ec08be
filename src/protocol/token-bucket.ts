// So many a second, and so many at once after a pause: time fills the bucket, whoever takes from it empties it.

import { type Micros, SECOND } from './units.ts'

export interface Pace {
  readonly perSecond: number
  /** What a full bucket holds. */
  readonly atOnce: number
}

export class TokenBucket {
  readonly #pace: Pace
  #tokens: number
  #filledTo: Micros

  constructor(pace: Pace, now: Micros) {
    this.#pace = pace
    this.#tokens = pace.atOnce
    this.#filledTo = now
  }

  /** Takes `most`, or as many as there are; returns how many. */
  take(most: number, now: Micros): number {
    const { perSecond, atOnce } = this.#pace
    const earned = ((now - this.#filledTo) / SECOND) * perSecond
    const tokens = Math.min(this.#tokens + earned, atOnce)
    const taken = Math.min(most, Math.floor(tokens))
    this.#tokens = tokens - taken
    this.#filledTo = now
    return taken
  }
}
