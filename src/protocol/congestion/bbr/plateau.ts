// hot

/** A pipe that is not full yet delivers so much more after each round of sending more. */
const GROWTH = 1.25
/** Rounds without it: one or two may be noise, or a receiver that was slow to open its window. */
const ROUNDS = 3

/** Sees that sending more no longer delivers more (draft-ietf-ccwg-bbr §5.3.1.2). */
export class Plateau {
  isReached = false
  #rate = 0
  #rounds = 0

  /** `rate`: what is known already. */
  restart(rate: number): void {
    this.isReached = false
    this.#rate = rate
    this.#rounds = 0
  }

  /** Once for each round in which there was enough to send. */
  onRound(rate: number): void {
    if (this.isReached) return
    if (rate >= this.#rate * GROWTH) this.restart(rate)
    else this.isReached = ++this.#rounds >= ROUNDS
  }
}
