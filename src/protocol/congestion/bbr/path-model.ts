// hot
// What BBR believes of the path: how fast, how long, how clumpy it is, and what it may be loaded with. It only learns; what follows from it
// is for bbr.ts.

import type { Micros } from '../../units.ts'
import type { AckedBytes } from '../controller.ts'
import { initialWindow } from '../window-bounds.ts'
import { Aggregation } from './aggregation.ts'
import { Bounds } from './bounds.ts'
import { LeastRoundTrip } from './least-round-trip.ts'
import { Losses } from './losses.ts'
import { MaxBandwidth } from './max-bandwidth.ts'
import { isLookingForMore, PACING_GAINS, Phase } from './phase.ts'
import { Plateau } from './plateau.ts'

export class PathModel {
  readonly bandwidth = new MaxBandwidth()
  readonly least = new LeastRoundTrip()
  readonly aggregation = new Aggregation()
  readonly plateau = new Plateau()
  readonly bounds = new Bounds()
  readonly losses: Losses
  maxDatagramBytes: number

  // As of the last ACK.
  delivered = 0
  inFlight = 0
  /** It was the first for something that left in this round. */
  isRoundStart = false
  /** What it measured says less than the path can do. */
  isStarved = false
  rounds = 0

  #roundEndsAt = 0
  /** What is measured before so much is delivered was drained on purpose. */
  #drainedThrough = -1

  constructor(maxDatagramBytes: number) {
    this.maxDatagramBytes = maxDatagramBytes
    this.losses = new Losses(maxDatagramBytes)
  }

  /** What is believed to be ours until the next probe, bytes per µs. */
  get rate(): number {
    return Math.min(this.bandwidth.rate, this.bounds.shortRate)
  }

  /** Bytes that the path holds without a queue. */
  get pipeBytes(): number {
    return this.least.value === Infinity ? initialWindow(this.maxDatagramBytes) : this.rate * this.least.value
  }

  learn(ack: AckedBytes, phase: Phase, windowBytes: number, now: Micros): void {
    this.delivered = ack.delivered
    this.inFlight = Math.max(ack.bytesInFlight - ack.bytes, 0)
    this.isStarved = ack.isStarved || ack.deliveredBefore <= this.#drainedThrough
    this.isRoundStart = ack.deliveredBefore >= this.#roundEndsAt
    if (this.isRoundStart) this.#countRound(phase)
    if (ack.rate > 0 && (!this.isStarved || ack.rate >= this.bandwidth.rate)) this.bandwidth.onSample(ack.rate)
    this.#learnFromLosses(ack, phase, windowBytes)
    this.aggregation.onAcked(ack.bytes, this.rate, windowBytes, now)
    if (this.isRoundStart && !this.isStarved) this.plateau.onRound(ack.rate)
  }

  /** The next round begins with what leaves now. */
  startRound(): void {
    this.#roundEndsAt = this.delivered
  }

  /** The path is kept empty: what is on its way now says little of what it could carry. */
  onDrained(): void {
    this.#drainedThrough = this.delivered + this.inFlight
  }

  onMaxDatagramBytes(bytes: number): void {
    this.maxDatagramBytes = bytes
    this.losses.onMaxDatagramBytes(bytes)
  }

  #countRound(phase: Phase): void {
    this.startRound()
    this.rounds++
    if (phase === Phase.startup) this.aggregation.onRisingRound()
    else this.aggregation.onRound()
  }

  #learnFromLosses(ack: AckedBytes, phase: Phase, windowBytes: number): void {
    const { losses, bounds } = this
    const rate = this.rate
    losses.onAcked(ack, this.isStarved)
    if (!losses.isRoundOver) return
    const isCongested = losses.judge(rate * Math.min(PACING_GAINS[phase], 1))
    // Who looks for more answers to each sample, and not to rounds.
    if (isCongested && !isLookingForMore(phase)) {
      bounds.tighten(rate, windowBytes, losses.latestRate, losses.latestBytes)
    }
    losses.nextRound(ack)
  }
}
