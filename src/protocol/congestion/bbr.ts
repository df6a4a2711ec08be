// hot
// BBR (draft-ietf-ccwg-bbr, version 3): learns how fast the path delivers and how long it is, and keeps that much on its way. What it does
// otherwise than the draft stands in bbr/losses.ts, bbr/least-round-trip.ts and docs/decisions.md.
//
//   startup ──▶ drain ──▶ down ──▶ cruise ──▶ refill ──▶ up ──┐        Example: 200 Mbit/s, 80 ms. 2 MB in flight; every two
//                          ▲ └────────────────▲               │        or three seconds a quarter more for a round or three
//                          └──────────────────┴───────────────┘        (up), then less until the queue is gone (down).
//   from anywhere: probeRtt, if the least round trip was not seen for five seconds; then on to cruise

import type { Random } from '../ports.ts'
import { MILLISECOND, type Micros } from '../units.ts'
import { PathModel } from './bbr/path-model.ts'
import { isInCycle, PACING_GAINS, Phase, WINDOW_GAINS } from './bbr/phase.ts'
import { ProbeWait } from './bbr/probe-wait.ts'
import type { AckedBytes, CongestionController } from './controller.ts'
import { initialWindow, largestWindow, smallestWindow } from './window-bounds.ts'

/** What the acknowledgements of this time answer to. */
const Feedback = { usual: 0, refilling: 1, probeStarting: 2, probing: 3, probeStopping: 4 } as const
type Feedback = (typeof Feedback)[keyof typeof Feedback]

/** A little slower than the path, so that a queue of our own making goes away (PacingMarginPercent). */
const MARGIN = 0.99
/** With fewer in flight delayed ACKs would stop the clock (MinPipeCwnd). */
const LEAST_PIPE_DATAGRAMS = 4
/** A queue that startup made and that is not gone by then is somebody else's. */
const DRAIN_ROUNDS = 3
/** What two event loops may take for their turns, whatever the path: on loopback it is most of the round trip of bulk. */
const TURNS: Micros = 4 * MILLISECOND
const PROBE_RTT_FOR: Micros = 200 * MILLISECOND
/** Losses that end startup: beside the share of losses.ts so many datagrams in a round (StartupFullLossCnt). */
const STARTUP_LOST_DATAGRAMS = 6
/** Rounds of a small window after persistent congestion, until the path is believed to be the one that it was. */
const ROUNDS_TO_RECOVER = 2

export class Bbr implements CongestionController {
  readonly name = 'bbr'
  pacingRate = 0

  readonly #path: PathModel
  readonly #probeWait: ProbeWait
  #window: number
  #phase: Phase = Phase.startup
  #feedback: Feedback = Feedback.usual
  /** The pipe was full once: startup is over for good. */
  #isFull = false
  /** Nothing was acknowledged or lost yet: the window is still the initial one. */
  #isUntried = true
  /** Nothing was in flight before what is now. */
  #isFresh = false
  /** The window was full with what will have arrived by then. */
  #fullThrough = -1

  /** What is acknowledged left while more than usual was sent. */
  #isProbeSample = false
  /** The last probe was too much; so this one ended where that had got to. */
  #wasTooMuch = false
  #wasCautious = false
  #drainedSince = 0
  /** When the path has been empty for long enough; 0: it is not empty yet. */
  #probeRttEndsAt: Micros = 0
  #hasProbeRttRound = false

  // What to go back to if the losses were none.
  #windowBefore = 0
  #phaseBefore: Phase | -1 = -1
  #roundsToRecover = 0

  constructor(maxDatagramBytes: number, random: Random) {
    this.#path = new PathModel(maxDatagramBytes)
    this.#probeWait = new ProbeWait(random)
    this.#window = initialWindow(maxDatagramBytes)
  }

  get windowBytes(): number {
    return Math.floor(this.#window)
  }

  get inSlowStart(): boolean {
    return this.#phase === Phase.startup
  }

  onSent(bytes: number, bytesInFlight: number, now: Micros): void {
    const path = this.#path
    if (bytesInFlight === bytes) {
      this.#isFresh = true
      path.aggregation.restart(now)
    }
    const isFull = bytesInFlight + path.maxDatagramBytes > this.#window
    if (isFull) this.#fullThrough = path.delivered + bytesInFlight
  }

  onAcked(ack: AckedBytes, now: Micros): void {
    this.#isUntried = false
    this.#path.learn(ack, this.#phase, this.#window, now)
    if (this.#path.isRoundStart) this.#onRound()
    this.#step(ack, now)
    this.#watchLeast(ack, now)
    this.#setPacing(ack)
    this.#setWindow(ack)
  }

  /** Nothing is cut here: what it means is judged once a round, or with the ACKs of a probe. */
  onLost(bytes: number, _newestSentAt: Micros, _now: Micros): void {
    this.#isUntried = false
    const { losses, bounds } = this.#path
    if (!losses.wasLossy) {
      bounds.remember()
      this.#windowBefore = Math.max(this.#window, this.#roundsToRecover > 0 ? this.#windowBefore : 0)
      this.#phaseBefore = -1
    }
    losses.onLost(bytes)
  }

  /** The path may still be the one that it was: after two small rounds the old window is tried, at the old rate. */
  onPersistentCongestion(_now: Micros): void {
    this.#isUntried = false
    this.#windowBefore = Math.max(this.#window, this.#windowBefore)
    this.#window = smallestWindow(this.#path.maxDatagramBytes)
    this.#roundsToRecover = ROUNDS_TO_RECOVER
  }

  onSpuriousLoss(_now: Micros): void {
    const { bounds, losses } = this.#path
    this.#resize(Math.max(this.#window, this.#windowBefore))
    this.#roundsToRecover = 0
    bounds.restore()
    losses.forgive()
    if (this.#phaseBefore === Phase.startup) {
      this.#isFull = false
      if (this.#phase !== Phase.probeRtt) this.#phase = Phase.startup
    } else if (this.#phaseBefore === Phase.up && this.#phase !== Phase.up && this.#phase !== Phase.probeRtt)
      this.#refill()
    this.#phaseBefore = -1
  }

  onMaxDatagramBytes(bytes: number): void {
    this.#path.onMaxDatagramBytes(bytes)
    // At once, and not with the next ACK: that may be one that nothing waited for.
    this.#resize(Math.max(this.#isUntried ? initialWindow(bytes) : this.#window, this.#leastPipe))
  }

  #onRound(): void {
    this.#probeWait.onRound()
    if (this.#roundsToRecover === 0) return
    this.#roundsToRecover--
    if (this.#roundsToRecover === 0) this.#resize(Math.max(this.#window, this.#windowBefore))
  }

  // ---- The phases ----

  #step(ack: AckedBytes, now: Micros): void {
    if (this.#phase === Phase.startup) this.#stepStartup(ack)
    if (this.#phase === Phase.drain) this.#stepDrain(now)
    if (!this.#isFull || this.#stepFeedback(ack, now)) return
    switch (this.#phase) {
      case Phase.down:
        if (this.#isTimeToProbe(now)) this.#refill()
        else if (this.#path.inFlight <= Math.min(this.#path.bounds.withHeadroom, this.#bytesFor(1)))
          this.#phase = Phase.cruise
        return
      case Phase.cruise:
        if (this.#isTimeToProbe(now)) this.#refill()
        return
      case Phase.refill:
        if (this.#path.isRoundStart) this.#goUp(ack)
        return
      case Phase.up:
        if (this.#hasProbedEnough(ack)) this.#goDown(now)
    }
  }

  #stepStartup(ack: AckedBytes): void {
    const isLossy =
      ack.lostSince >= STARTUP_LOST_DATAGRAMS * this.#path.maxDatagramBytes && this.#path.losses.isTooMuch(ack)
    if (isLossy) {
      this.#phaseBefore = Phase.startup
      this.#path.bounds.limit(Math.max(this.#path.pipeBytes, this.#path.losses.latestBytes), 0)
    }
    if (!isLossy && !this.#path.plateau.isReached) return
    this.#isFull = true
    this.#phase = Phase.drain
    this.#drainedSince = this.#path.rounds
  }

  #stepDrain(now: Micros): void {
    const isLong = this.#path.rounds > this.#drainedSince + DRAIN_ROUNDS
    if (isLong || this.#path.inFlight <= this.#bytesFor(1)) this.#goDown(now)
  }

  /** Learns from what the probe brought. True: it has decided on the phase. */
  #stepFeedback(ack: AckedBytes, now: Micros): boolean {
    if (this.#path.isRoundStart && this.#feedback === Feedback.probeStarting) this.#feedback = Feedback.probing
    if (this.#path.isRoundStart && this.#feedback === Feedback.probeStopping) {
      this.#isProbeSample = false
      this.#feedback = Feedback.usual
      if (isInCycle(this.#phase) && !this.#path.isStarved) this.#path.bandwidth.nextCycle()
      if (isInCycle(this.#phase) && this.#wasCautious && !this.#wasTooMuch) {
        this.#refill()
        return true
      }
    }
    if (this.#path.losses.isTooMuch(ack)) return this.#isProbeSample && this.#onTooMuch(ack, now)
    this.#path.bounds.allow(ack.inFlightThen)
    if (this.#phase === Phase.up) this.#raiseBound(ack)
    return false
  }

  #onTooMuch(ack: AckedBytes, now: Micros): boolean {
    this.#wasTooMuch = true
    this.#isProbeSample = false
    if (!this.#path.isStarved) this.#path.bounds.limit(ack.inFlightThen, Math.min(this.#path.pipeBytes, this.#window))
    if (this.#phase !== Phase.up) return false
    this.#phaseBefore = Phase.up
    this.#goDown(now)
    return true
  }

  #raiseBound(ack: AckedBytes): void {
    if (!this.#isAtBound(ack)) return
    this.#path.bounds.grow(ack.bytes, this.#path.maxDatagramBytes)
    if (this.#path.isRoundStart) this.#path.bounds.steepen(this.#window, this.#path.maxDatagramBytes)
  }

  /** The window is full, and it is the long-term bound that it is full up to. */
  #isAtBound(ack: AckedBytes): boolean {
    return ack.deliveredBefore <= this.#fullThrough && this.#window >= this.#path.bounds.longBytes
  }

  #isTimeToProbe(now: Micros): boolean {
    const windowBytes = Math.min(this.#path.pipeBytes, this.#window)
    return this.#probeWait.isOver(windowBytes / this.#path.maxDatagramBytes, now)
  }

  #hasProbedEnough(ack: AckedBytes): boolean {
    if (this.#wasTooMuch && this.#path.inFlight >= this.#path.bounds.longBytes) {
      this.#wasCautious = true
    } else if (this.#isAtBound(ack)) {
      this.#path.plateau.restart(ack.rate)
      return false
    } else if (!this.#path.plateau.isReached) return false
    this.#wasTooMuch = false
    return true
  }

  #goDown(now: Micros): void {
    this.#phase = Phase.down
    this.#path.bounds.stopGrowth()
    this.#probeWait.begin(now)
    this.#feedback = Feedback.probeStopping
    this.#path.startRound()
  }

  /** One round at full rate first: a probe from a half-empty pipe would find nothing. */
  #refill(): void {
    this.#phase = Phase.refill
    this.#path.bounds.forgetShort()
    this.#path.bounds.startGrowth()
    this.#wasCautious = false
    this.#feedback = Feedback.refilling
    this.#path.startRound()
  }

  #goUp(ack: AckedBytes): void {
    this.#phase = Phase.up
    this.#isProbeSample = true
    this.#feedback = Feedback.probeStarting
    this.#path.plateau.restart(ack.rate)
    this.#path.bounds.steepen(this.#window, this.#path.maxDatagramBytes)
    this.#path.startRound()
  }

  // ---- The least round trip ----

  #watchLeast(ack: AckedBytes, now: Micros): void {
    if (ack.latestRtt > 0) this.#path.least.onSample(ack.latestRtt, now)
    if (this.#phase === Phase.probeRtt) this.#stepProbeRtt(now)
    else if (this.#path.least.isStale && !this.#isFresh) this.#enterProbeRtt()
    this.#isFresh = false
  }

  #enterProbeRtt(): void {
    this.#phase = Phase.probeRtt
    this.#windowBefore = this.#window
    this.#probeRttEndsAt = 0
    this.#feedback = Feedback.probeStopping
    this.#path.startRound()
  }

  #stepProbeRtt(now: Micros): void {
    this.#path.onDrained()
    if (this.#probeRttEndsAt === 0) {
      if (this.#path.inFlight > this.#drainedWindow) return
      this.#probeRttEndsAt = now + PROBE_RTT_FOR
      this.#hasProbeRttRound = false
      this.#path.startRound()
      return
    }
    if (this.#path.isRoundStart) this.#hasProbeRttRound = true
    if (this.#hasProbeRttRound && now > this.#probeRttEndsAt) this.#leaveProbeRtt(now)
  }

  #leaveProbeRtt(now: Micros): void {
    this.#path.least.onLookedFor(now)
    this.#resize(Math.max(this.#window, this.#windowBefore))
    this.#path.bounds.forgetShort()
    this.#phase = Phase.startup
    if (!this.#isFull) return
    this.#goDown(now)
    this.#phase = Phase.cruise
  }

  // ---- What follows from it ----

  /** So many pipes full, but enough for the turns of both hosts and for delayed ACKs. */
  #bytesFor(pipes: number): number {
    const quantum = Math.max(this.#path.rate * TURNS, 2 * this.#path.maxDatagramBytes)
    return Math.max(pipes * this.#path.pipeBytes, quantum, this.#leastPipe)
  }

  get #leastPipe(): number {
    return LEAST_PIPE_DATAGRAMS * this.#path.maxDatagramBytes
  }

  get #drainedWindow(): number {
    return Math.max(WINDOW_GAINS[Phase.probeRtt] * this.#path.pipeBytes, this.#leastPipe)
  }

  #setPacing(ack: AckedBytes): void {
    if (this.pacingRate === 0)
      this.pacingRate = PACING_GAINS[0] * (initialWindow(this.#path.maxDatagramBytes) / ack.smoothedRtt)
    const rate = PACING_GAINS[this.#phase] * this.#path.rate * MARGIN
    if (rate > this.pacingRate || (this.#isFull && rate > 0)) this.pacingRate = rate
  }

  #setWindow(ack: AckedBytes): void {
    const most = this.#bytesFor(WINDOW_GAINS[this.#phase]) + this.#path.aggregation.surplusBytes
    const grown = this.#window + (ack.isWindowLimited ? ack.bytes : 0)
    let window = this.#window
    if (this.#isFull) window = Math.min(grown, most)
    else if (window < most || ack.delivered < initialWindow(this.#path.maxDatagramBytes)) window = grown
    window = Math.max(window, this.#leastPipe)
    if (this.#phase === Phase.probeRtt) window = Math.min(window, this.#drainedWindow)
    this.#resize(Math.min(window, Math.max(this.#bound, this.#leastPipe)))
  }

  /** What congestion has taught for this phase. */
  get #bound(): number {
    const { longBytes, shortBytes, withHeadroom } = this.#path.bounds
    if (this.#phase === Phase.cruise || this.#phase === Phase.probeRtt) return Math.min(withHeadroom, shortBytes)
    return isInCycle(this.#phase) ? Math.min(longBytes, shortBytes) : shortBytes
  }

  #resize(bytes: number): void {
    this.#window = Math.min(
      Math.max(bytes, smallestWindow(this.#path.maxDatagramBytes)),
      largestWindow(this.#path.maxDatagramBytes),
    )
  }
}
