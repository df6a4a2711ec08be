// When a listener asks for proof of an address before it does anything that costs: when much comes in, when it is late, and when it has
// just been started and cannot know what was answered before.

import { type Micros, SECOND } from '../units.ts'

/** Half-open sessions above which an INIT needs a proof: a quarter of what may be. */
const MANY_HALF_OPEN = 64
/** INITs a second, of which each would cost a quarter of a millisecond. */
const MANY_INITS = 200
/** A turn of the event loop that came so late: everybody waits already. */
const LATE: Micros = 50_000
/** How long one late turn counts. */
const LATE_FOR: Micros = SECOND

export class Load {
  readonly #cautiousUntil: Micros
  #lateUntil: Micros = 0
  #secondAt: Micros = 0
  #inThisSecond = 0
  #inLastSecond = 0

  constructor(cautiousUntil: Micros) {
    this.#cautiousUntil = cautiousUntil
  }

  /** An INIT that is meant for us has come. */
  onInit(now: Micros): void {
    this.#turn(now)
    this.#inThisSecond++
  }

  /** The driver says how long its turn was kept waiting. */
  onTurn(delay: Micros, now: Micros): void {
    if (delay > LATE) this.#lateUntil = now + LATE_FOR
  }

  isHigh(halfOpen: number, now: Micros): boolean {
    this.#turn(now)
    if (now < this.#cautiousUntil || now < this.#lateUntil || halfOpen > MANY_HALF_OPEN) return true
    return this.#inThisSecond > MANY_INITS || this.#inLastSecond > MANY_INITS
  }

  #turn(now: Micros): void {
    if (now < this.#secondAt + SECOND) return
    this.#inLastSecond = now < this.#secondAt + 2 * SECOND ? this.#inThisSecond : 0
    this.#inThisSecond = 0
    this.#secondAt = now
  }
}
