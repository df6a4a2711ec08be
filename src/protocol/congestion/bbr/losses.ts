// hot
// Which losses tell of congestion. The draft takes every loss for one, and two in a hundred for too many: on a radio link that loses five in a
// hundred whatever is sent, it would give up. So here loss counts only where something else is wrong as well:
//
//   lost in a round          more than chance explains on a line that loses as much as this one did without a queue
//   and one of   a queue     the round trip of a usual byte lies an eighth above the least one
//                a fall      two rounds in a row delivered a fifth less than they were sent at
//
// docs/decisions.md has the figures.

import { MILLISECOND, type Micros } from '../../units.ts'
import type { AckedBytes } from '../controller.ts'

/** LossThresh: beyond it, and beyond chance, a probe was too much. */
const TOLERATED = 0.02
/** Two standard deviations of a number of rare events: exceeded by chance in one round of forty. */
const CHANCE = 2
/** What counts as a queue, as HyStart++ has it (RFC 9406 §4.3): jitter below 4 ms never, 16 ms always. */
const QUEUE_DIVISOR = 8
const LEAST_QUEUE: Micros = 4 * MILLISECOND
const MOST_QUEUE: Micros = 16 * MILLISECOND
/** What is delivered of the rate that was sent at, at least; less is a fall. A tenth lost at random, and jitter, stay above. */
const DELIVERED_AT_LEAST = 0.8
/** One round may have been a pause of this process or of the peer's. */
const FALLEN_ROUNDS = 2
/** How fast the line's own loss is forgotten, per round. */
const FORGETTING = 31 / 32
/** Nobody would use a line that loses more than this by itself; it is congestion, however quiet. */
const MOST_OWN_LOSS = 0.25

export class Losses {
  /** The fastest delivery of this round, bytes per µs, and the most that was delivered within a round trip. */
  latestRate = 0
  latestBytes = 0
  /** A round was completed by the last ACK. */
  isRoundOver = false

  #maxDatagramBytes: number
  #roundEndsAt = 0
  /** −1: it has not begun yet. The session may have delivered much before there was a controller. */
  #roundBegan = -1
  #delivered = 0
  /** Lost in this round. */
  #lost = 0
  #fallenRounds = 0
  #wasStarved = false
  /** Smoothed by bytes and not by ACKs, which come in clumps: half a window makes up most of it. */
  #usualRtt: Micros = 0
  #leastRtt: Micros = Infinity
  // In rounds without a queue and without a fall: what was lost of what was sent, the older the less.
  #calmLost = 0
  #calmBytes = 0

  constructor(maxDatagramBytes: number) {
    this.#maxDatagramBytes = maxDatagramBytes
  }

  /** Packets wait somewhere on the path. */
  get isQueueing(): boolean {
    const rise = Math.max(Math.min(this.#leastRtt / QUEUE_DIVISOR, MOST_QUEUE), LEAST_QUEUE)
    return this.#usualRtt > this.#leastRtt + rise
  }

  /** The share that the line loses by itself. */
  get ownLoss(): number {
    return this.#calmBytes === 0 ? 0 : Math.min(this.#calmLost / this.#calmBytes, MOST_OWN_LOSS)
  }

  get wasLossy(): boolean {
    return this.#lost > 0
  }

  onLost(bytes: number): void {
    // The round trip after the first loss is the round that is judged.
    if (this.#lost === 0) this.#roundEndsAt = this.#delivered
    this.#lost += bytes
  }

  /** To be followed by `nextRound` if it ended a round. `isStarved`: there was less to carry than there might have been. */
  onAcked(ack: AckedBytes, isStarved: boolean): void {
    this.#delivered = ack.delivered
    if (this.#roundBegan < 0) this.#roundBegan = ack.deliveredBefore
    this.#leastRtt = ack.minRtt
    this.latestRate = Math.max(this.latestRate, ack.rate)
    this.latestBytes = Math.max(this.latestBytes, ack.delivered - ack.deliveredBefore)
    this.#wasStarved ||= isStarved
    if (ack.latestRtt > 0) {
      const share = this.#usualRtt === 0 ? 1 : Math.min((2 * ack.bytes) / ack.bytesInFlight, 1)
      this.#usualRtt += (ack.latestRtt - this.#usualRtt) * share
    }
    this.isRoundOver = ack.deliveredBefore >= this.#roundEndsAt
  }

  /** Judges the round that is over; true: it was congested. `sentAt`: the rate it was sent at, bytes per µs. */
  judge(sentAt: number): boolean {
    const hasFallen = !this.#wasStarved && this.latestRate > 0 && this.latestRate < DELIVERED_AT_LEAST * sentAt
    this.#fallenRounds = hasFallen ? this.#fallenRounds + 1 : 0
    const bytes = this.#delivered - this.#roundBegan + this.#lost
    if (!this.isQueueing && !hasFallen) this.#learn(bytes)
    if (!this.isQueueing && this.#fallenRounds < FALLEN_ROUNDS) return false
    return this.#lost > this.#explained(bytes)
  }

  /** A new round begins with what `ack` tells. */
  nextRound(ack: AckedBytes): void {
    this.#roundEndsAt = ack.delivered
    this.#roundBegan = ack.delivered
    this.latestRate = ack.rate
    this.latestBytes = ack.delivered - ack.deliveredBefore
    this.#lost = 0
    this.#wasStarved = false
  }

  /** What was in flight when the newest packet of `ack` left was too much. */
  isTooMuch(ack: AckedBytes): boolean {
    if (!this.isQueueing && this.#fallenRounds < FALLEN_ROUNDS) return false
    return ack.lostSince > this.#explained(ack.inFlightThen) + TOLERATED * ack.inFlightThen
  }

  /** What was lost has arrived. */
  forgive(): void {
    this.#lost = 0
  }

  onMaxDatagramBytes(bytes: number): void {
    this.#maxDatagramBytes = bytes
  }

  /** What the line may have lost of `bytes` by itself. */
  #explained(bytes: number): number {
    const expected = this.ownLoss * bytes
    return expected + CHANCE * Math.sqrt(expected * this.#maxDatagramBytes)
  }

  #learn(bytes: number): void {
    this.#calmLost = this.#calmLost * FORGETTING + this.#lost
    this.#calmBytes = this.#calmBytes * FORGETTING + bytes
  }
}
