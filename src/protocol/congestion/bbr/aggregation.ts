// hot
// How much more than expected is acknowledged at once (draft-ietf-ccwg-bbr §5.5.9). Links and hosts that gather packets, and event loops that
// take turns, need so much more in flight, or they run dry between two gatherings.

import type { Micros } from '../../units.ts'

/** Rounds of which the largest surplus is remembered: this half and the one before it, so five to ten. */
const ROUNDS_PER_HALF = 5

export class Aggregation {
  #since: Micros = 0
  /** Acknowledged since then. */
  #bytes = 0
  #ofThisHalf = 0
  #ofLastHalf = 0
  #rounds = 0

  /** Bytes to have in flight beside what bandwidth and round trip ask for. */
  get surplusBytes(): number {
    return Math.max(this.#ofThisHalf, this.#ofLastHalf)
  }

  /** Silence is no slow delivery. */
  restart(now: Micros): void {
    this.#since = now
    this.#bytes = 0
  }

  /** `rate`: what is expected, bytes per µs; `most`: what could be in flight at all. */
  onAcked(bytes: number, rate: number, most: number, now: Micros): void {
    let expected = rate * (now - this.#since)
    if (this.#bytes <= expected) {
      this.restart(now)
      expected = 0
    }
    this.#bytes += bytes
    this.#ofThisHalf = Math.max(this.#ofThisHalf, Math.min(this.#bytes - expected, most))
  }

  onRound(): void {
    if (++this.#rounds >= ROUNDS_PER_HALF) this.onRisingRound()
  }

  /** While the rate still doubles a surplus tells of the round before, and of nothing else. */
  onRisingRound(): void {
    this.#rounds = 0
    this.#ofLastHalf = this.#ofThisHalf
    this.#ofThisHalf = 0
  }
}
