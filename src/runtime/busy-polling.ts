// hot
// Whether it pays to look at the sockets for a little longer before the process sleeps. A processor that has nothing to do takes tens of
// microseconds to come back, and a small request through a tunnel waits for that four times more than one without. So who is used by few,
// who wait for each answer before they ask again, stays awake for as long as the next piece of work is likely to take; as KVM's halt
// polling and net.core.busy_poll do. A crowd leaves no gaps, and bulk waits for nobody's answer: neither needs it.

import type { Micros } from '../protocol/index.ts'

/** A round trip on loopback or within a rack, with a quick target behind it; also the most that is wasted after one turn. */
export const LONGEST_POLL: Micros = 400
/**
 * A counter that saturates, as in branch prediction. A quick answer adds one, more of the same takes one, since an answer may come in two
 * pieces; a long gap takes two, so that it falls where only every other answer is quick.
 */
const MOST_CONFIDENCE = 7
const CONFIDENT = 4
/** Calls and ready streams in one turn, on average. Above this the processors are better left to those who wait for them. */
const FEW = 2
/** The average moves by a 1/8 of what is new, as smoothed round trips do (RFC 9002 §5.3). */
const GAIN = 1 / 8

export class BusyPolling {
  #confidence = 0
  #load = 0
  #wasHeard = false
  #restedAt: Micros = Number.NEGATIVE_INFINITY
  #until: Micros = 0

  /**
   * A turn for the application is over, which began with the wake at `wokenAt`: it had called so many times (`said`), and so many of its
   * streams had bytes for it (`heard`). Turns with neither, for ACKs and keep-alives, are nobody's hurry and are not told.
   */
  onTurn(said: number, heard: number, wokenAt: Micros, now: Micros): void {
    const isHeard = heard > 0
    const news = wokenAt - this.#restedAt > LONGEST_POLL ? -2 : isHeard === this.#wasHeard ? -1 : 1
    this.#confidence = Math.max(0, Math.min(this.#confidence + news, MOST_CONFIDENCE))
    this.#load += (said + heard - this.#load) * GAIN
    this.#wasHeard = isHeard
    this.#restedAt = now
    this.#until = this.#confidence >= CONFIDENT && this.#load <= FEW ? now + LONGEST_POLL : 0
  }

  /** True: something is likely to come soon, and to be all there is. */
  isWorthIt(now: Micros): boolean {
    return now < this.#until
  }
}
