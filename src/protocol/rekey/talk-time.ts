// For how long somebody has been talking to us. Silence does not count: on a line that is dark nobody can answer anything, and a session that
// only keeps alive has nothing to protect.
//
//   packets   | || | ||      |  | ||                            || |
//   counts    ████████░░████████████  longer than LONGEST_SILENCE ██

import { type Micros, type PacketNumber, SECOND } from '../units.ts'

/** Shorter than the pause between two keep-alives (13 s), longer than any round trip. */
const LONGEST_SILENCE: Micros = 5 * SECOND

export class TalkTime {
  elapsed: Micros = 0
  #heardThrough: PacketNumber = -1
  #heardAt: Micros = 0

  /** Begins anew; `largest` is the newest packet so far. */
  restart(largest: PacketNumber, now: Micros): void {
    this.elapsed = 0
    this.#heardThrough = largest
    this.#heardAt = now
  }

  /** Called at least once after each packet. */
  onHeard(largest: PacketNumber, now: Micros): void {
    if (largest === this.#heardThrough) return
    const silence = now - this.#heardAt
    if (silence <= LONGEST_SILENCE) this.elapsed += silence
    this.#heardThrough = largest
    this.#heardAt = now
  }
}
