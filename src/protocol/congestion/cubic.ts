// hot
// CUBIC (RFC 9438) with HyStart++ (RFC 9406): the polite controller, the same that most kernels use for TCP.
//
// first slow start ──(HyStart++)──▶ congestion avoidance ◀──(back at the last cut)── slow start
//        └──(a loss)──▶ recovery ◀──(a loss)──┘ ▲                                        ▲
//                          └──(what was sent     │                       (persistent congestion,
//                               since is acked)──┘                           from anywhere)

import type { Micros } from '../units.ts'
import type { AckedBytes, CongestionController } from './controller.ts'
import { CubicCurve } from './cubic-curve.ts'
import { HyStart } from './hystart.ts'
import { initialWindow, largestWindow, smallestWindow } from './window-bounds.ts'

const NEVER: Micros = -1

/**
 * The window of one session. We leave RFC 9438 in one place: a cut is taken from the window and not from what is in flight
 * (§4.6), which is the same here because the window grows only while it is full.
 */
export class Cubic implements CongestionController {
  readonly name = 'cubic'
  readonly pacingRate = 0

  #maxDatagramBytes: number
  /** Kept with its fraction: at large windows one ACK adds less than a byte. */
  #window: number
  /** ssthresh: below it the window doubles every round trip. `Infinity`: this is the first slow start. */
  #slowStartEnd = Infinity
  readonly #hyStart = new HyStart()
  readonly #curve: CubicCurve
  /** Packets sent up to here belong to the last congestion event: losing them cuts nothing, acknowledging them grows nothing. */
  #cutAt: Micros = NEVER
  /** Until then the curve's clock has been fed. */
  #clockedTo: Micros = 0
  /** Nothing was acknowledged or lost yet: the window is still the initial one. */
  #isUntried = true

  // What the last cut changed, for undoing it. A window of 0: there is nothing to undo.
  #windowBefore = 0
  #slowStartEndBefore = Infinity
  #cutAtBefore: Micros = NEVER
  readonly #curveBefore: CubicCurve

  constructor(maxDatagramBytes: number) {
    this.#maxDatagramBytes = maxDatagramBytes
    this.#window = initialWindow(maxDatagramBytes)
    this.#curve = new CubicCurve(maxDatagramBytes)
    this.#curveBefore = new CubicCurve(maxDatagramBytes)
  }

  get windowBytes(): number {
    return Math.floor(this.#window)
  }

  get inSlowStart(): boolean {
    return this.#window < this.#slowStartEnd
  }

  onSent(bytes: number, bytesInFlight: number, now: Micros): void {
    const wasIdle = bytesInFlight === bytes
    if (wasIdle) this.#clockedTo = now
  }

  onAcked(ack: AckedBytes, now: Micros): void {
    const sinceLastAck = now - this.#clockedTo
    this.#clockedTo = now
    this.#isUntried = false
    const isRecovering = ack.newestSentAt <= this.#cutAt
    if (isRecovering) return
    if (this.#slowStartEnd === Infinity) this.#watchFirstSlowStart(ack, now)
    if (ack.isWindowLimited) this.#grow(ack, sinceLastAck)
  }

  onLost(_bytes: number, newestSentAt: Micros, now: Micros): void {
    this.#isUntried = false
    if (newestSentAt <= this.#cutAt) return
    this.#rememberForUndo()
    this.#cutAt = now
    this.#resize(this.#curve.cut(this.#window))
    this.#slowStartEnd = this.#window
  }

  /** `#cutAt` stays, unlike in RFC 9002 §B.8: more losses from the same silence must not cut `#slowStartEnd` again. */
  onPersistentCongestion(_now: Micros): void {
    this.#isUntried = false
    this.#resize(smallestWindow(this.#maxDatagramBytes))
    this.#curve.flatten()
  }

  /** Undoes persistent congestion too, if it followed the cut: the same losses caused both. */
  onSpuriousLoss(_now: Micros): void {
    if (this.#windowBefore === 0) return
    this.#resize(Math.max(this.#window, this.#windowBefore))
    this.#slowStartEnd = this.#slowStartEndBefore
    this.#cutAt = this.#cutAtBefore
    this.#curve.copyFrom(this.#curveBefore)
    this.#windowBefore = 0
  }

  onMaxDatagramBytes(bytes: number): void {
    this.#maxDatagramBytes = bytes
    this.#curve.onMaxDatagramBytes(bytes)
    this.#curveBefore.onMaxDatagramBytes(bytes)
    this.#resize(this.#isUntried ? initialWindow(bytes) : this.#window)
  }

  /** HyStart++ is for the first slow start only (RFC 9406 §4.3); later ones know where to stop. */
  #watchFirstSlowStart(ack: AckedBytes, now: Micros): void {
    this.#hyStart.onAcked(ack.newestSentAt, ack.latestRtt, now)
    if (this.#hyStart.isOver) this.#slowStartEnd = this.#window
  }

  #grow(ack: AckedBytes, sinceLastAck: Micros): void {
    if (this.inSlowStart) {
      const divisor = this.#slowStartEnd === Infinity ? this.#hyStart.growthDivisor : 1
      this.#resize(Math.min(this.#window + ack.bytes / divisor, this.#slowStartEnd))
    } else {
      this.#resize(this.#curve.next(this.#window, ack, sinceLastAck))
    }
  }

  #resize(bytes: number): void {
    const atMost = largestWindow(this.#maxDatagramBytes)
    this.#window = Math.max(Math.min(bytes, atMost), smallestWindow(this.#maxDatagramBytes))
  }

  #rememberForUndo(): void {
    this.#windowBefore = this.#window
    this.#slowStartEndBefore = this.#slowStartEnd
    this.#cutAtBefore = this.#cutAt
    this.#curveBefore.copyFrom(this.#curve)
  }
}
