// hot
// How far a packet may be overtaken before it counts as lost (RFC 9002 §6.1). A packet that arrives after it was taken for lost raises both
// thresholds to what was just seen; what experience has added goes again by halves, since a path may have changed and a real loss should
// not be noticed late for ever.
//
//   packets  64 ┐late      ┐
//            33 │          └──16 round trips──┐
//            18 │                             └──16──┐
//             3 ┘                                    └ …

import type { Micros } from '../units.ts'

/** Reordering in packets (RFC 9002 §6.1.1), and how far experience may raise it. */
const LEAST_PACKETS = 3
const MOST_PACKETS = 64
/** Reordering in time, as a factor of the round trip (RFC 9002 §6.1.2), and how far experience may raise it. */
const LEAST_FACTOR = 9 / 8
const MOST_FACTOR = 2
/** Three late packets take it from the least to the most. */
const FACTOR_GROWTH = 1.25
/** Below this an addition is nothing: less than a timer sees of most round trips. */
const SMALLEST_ADDITION = 1 / 64
/** Long enough that a path which goes on reordering pays for one spurious loss in a while, and not in each round trip. */
const HALVED_AFTER_ROUND_TRIPS = 16

export class Reordering {
  /** Newer packets that were acknowledged before a packet is lost. */
  packets = LEAST_PACKETS
  /** Round trips after which it is lost. */
  factor = LEAST_FACTOR
  #changedAt: Micros = 0

  /** A packet arrived that was taken for lost when `overtakenBy` newer ones had been sent. */
  onLate(overtakenBy: number, now: Micros): void {
    // Overtaken by too few to be lost by number, it was time that was too short.
    if (overtakenBy >= this.packets) this.packets = Math.min(overtakenBy + 1, MOST_PACKETS)
    else this.factor = Math.min(this.factor * FACTOR_GROWTH, MOST_FACTOR)
    this.#changedAt = now
  }

  /** Called with each ACK. */
  onCalm(smoothedRtt: Micros, now: Micros): void {
    if (this.packets === LEAST_PACKETS && this.factor === LEAST_FACTOR) return
    if (now - this.#changedAt < HALVED_AFTER_ROUND_TRIPS * smoothedRtt) return
    const added = (this.factor - LEAST_FACTOR) / 2
    this.factor = added < SMALLEST_ADDITION ? LEAST_FACTOR : LEAST_FACTOR + added
    this.packets = LEAST_PACKETS + Math.floor((this.packets - LEAST_PACKETS) / 2)
    this.#changedAt = now
  }

  /** It is another path. */
  forget(): void {
    this.packets = LEAST_PACKETS
    this.factor = LEAST_FACTOR
  }
}
