// When a listener asks for proof of an address before it does anything that costs: when much comes in, when it is late, and when it has
// just been started and cannot know what was answered before. And when it drops INITs unseen: when it has no time left for anything else.

import { type Micros, SECOND } from '../units.ts'

/** Half-open sessions above which an INIT needs a proof: a quarter of what may be. */
const MANY_HALF_OPEN = 64
/** INITs a second, of which each would cost a quarter of a millisecond. */
const MANY_INITS = 200
/** A turn of the event loop that came so late: everybody waits already. */
const LATE: Micros = 50_000
/** How long one late turn counts. */
const LATE_FOR: Micros = SECOND
/** The share of its time beyond which a process has none to spare for strangers: the nearer it is to all, the longer packets wait to be read. */
const NO_TIME_TO_SPARE = 0.8
/** So many datagrams libuv reads from a socket between two turns: an allowance of all of them is none. */
const ALL_OF_A_TURN = 32
/** Looked at in any case: having read a datagram at all costs most of what more drops could save. */
const LEAST_IN_A_TURN = 4

export class Load {
  readonly #cautiousUntil: Micros
  #lateUntil: Micros = 0
  #secondAt: Micros = 0
  #inThisSecond = 0
  #inLastSecond = 0
  #bareInThisTurn = 0
  #mostInATurn = Number.POSITIVE_INFINITY

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
    this.#bareInThisTurn = 0
    if (delay > LATE) this.#lateUntil = now + LATE_FOR
  }

  /** The driver says now and then which share of its time it did not spend on waiting. */
  onBusy(share: number): void {
    if (share > NO_TIME_TO_SPARE) {
      this.#mostInATurn = Math.max(LEAST_IN_A_TURN, Math.min(this.#mostInATurn, ALL_OF_A_TURN) >> 1)
    } else if (this.#mostInATurn < ALL_OF_A_TURN) this.#mostInATurn++
    else this.#mostInATurn = Number.POSITIVE_INFINITY
  }

  /**
   * False: an INIT that shows neither mac2 nor token is to be dropped unseen, so that the packets of those who are in are read in time. Its
   * sender asks again. Who shows something has been here before, and may not be lost among those who have not.
   */
  hasTimeForBare(): boolean {
    return this.#bareInThisTurn++ < this.#mostInATurn
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
