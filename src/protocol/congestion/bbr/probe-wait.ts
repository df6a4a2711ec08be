// hot

import type { Random } from '../../ports.ts'
import { type Micros, SECOND } from '../../units.ts'

/** Short enough to find a link that became free, long enough for a Reno of 25 Mbit/s and 30 ms to recover (draft §5.3.3.5.3). */
const LEAST_WAIT: Micros = 2 * SECOND
/** Drawn anew each time, so that two senders do not keep in step. */
const SPREAD: Micros = SECOND
/** Reno finds one datagram more a round; on short paths it would be overtaken by who waits for seconds. */
const MOST_ROUNDS = 63

/** How long to wait between two looks for more bandwidth (draft-ietf-ccwg-bbr §5.3.3.5). */
export class ProbeWait {
  readonly #random: Random
  #rounds = 0
  #endsAt: Micros = 0

  constructor(random: Random) {
    this.#random = random
  }

  begin(now: Micros): void {
    this.#rounds = Math.floor(this.#random.fraction() * 2)
    this.#endsAt = now + LEAST_WAIT + this.#random.fraction() * SPREAD
  }

  onRound(): void {
    this.#rounds++
  }

  /** `windowDatagrams`: the rounds that Reno would take to win back what it lost. */
  isOver(windowDatagrams: number, now: Micros): boolean {
    return now > this.#endsAt || this.#rounds >= Math.min(windowDatagrams, MOST_ROUNDS)
  }
}
