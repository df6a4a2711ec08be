// hot
// The curve that a CUBIC window follows between two cuts (RFC 9438 §4.1–4.7), in bytes.
//
//   W(t) = C·(t − K)³ + Wmax      W ▲       cut        ╱    Example: cut at Wmax = 1,000 datagrams, so to 700.
//                                   │  Wmax┐     ___––'     K = ∛(300 / 0.4) = 9.1 s: the curve rises fast, lies flat
//   K: when the curve is            │      │  .─'           at 1,000 after 9.1 s, then looks for more ever faster.
//   back at Wmax                    │      └─'              Beside it runs what Reno would do; the larger one counts.
//                                   └──────┴─────┴────▶ t
//                                          0     K

import { type Micros, SECOND } from '../units.ts'
import type { AckedBytes } from './controller.ts'

/** C, datagrams per second³ (RFC 9438 §5.1): steep enough for long fat paths, and Reno's growth wins on short ones. */
const STEEPNESS = 0.4
/** β, what is left of the window after a cut (RFC 9438 §4.6). */
const REMAINDER = 0.7
/** Reno's growth per round trip, in datagrams, that takes as much as Reno despite the smaller cut (RFC 9438 §4.3). */
const RENO_GROWTH = (3 * (1 - REMAINDER)) / (1 + REMAINDER)
/** How far ahead of the window the curve may pull it within one round trip (RFC 9438 §4.2). */
const LARGEST_PULL = 1.5

/**
 * One growth curve and its clock. The clock is fed and not read: it counts only time in which the window was what held the
 * sender back, so that silence never makes the window jump (RFC 9438 §5.8).
 */
export class CubicCurve {
  #maxDatagramBytes: number
  /** Wmax: where the curve lies flat. 0: not known, the next curve starts flat. */
  #plateauBytes = 0
  /** The window before the last cut. */
  #priorBytes = 0
  /** What Reno's window would be by now. */
  #renoBytes = 0
  /** K */
  #plateauAt: Micros = 0
  #elapsed: Micros = 0
  #isRunning = false

  constructor(maxDatagramBytes: number) {
    this.#maxDatagramBytes = maxDatagramBytes
  }

  /** Ends the curve at a loss; returns what is left of the window. */
  cut(windowBytes: number): number {
    const hasShrunk = windowBytes < this.#plateauBytes
    // Fast convergence (§4.7): who did not get back to the last plateau has a new neighbour, and leaves room for it.
    this.#plateauBytes = hasShrunk ? (windowBytes * (1 + REMAINDER)) / 2 : windowBytes
    this.#priorBytes = windowBytes
    this.#isRunning = false
    return windowBytes * REMAINDER
  }

  /** Forgets the plateau: it says nothing any more about a path that was silent for so long (RFC 9438 §4.8). */
  flatten(): void {
    this.#plateauBytes = 0
    this.#isRunning = false
  }

  /** The window after `ack`; the first call starts the curve at `windowBytes`. `limited`: what the clock advances by. */
  next(windowBytes: number, ack: AckedBytes, limited: Micros): number {
    if (this.#isRunning) this.#elapsed += limited
    else this.#start(windowBytes)

    const share = Math.min(ack.bytes / windowBytes, 1) // of a round trip's worth of ACKs
    const renoGrowth = this.#renoBytes < this.#priorBytes ? RENO_GROWTH : 1
    this.#renoBytes += renoGrowth * this.#maxDatagramBytes * share

    const ahead = this.#bytesAt(this.#elapsed + ack.smoothedRtt)
    const target = Math.min(Math.max(ahead, windowBytes), windowBytes * LARGEST_PULL)
    return Math.max(windowBytes + (target - windowBytes) * share, this.#renoBytes)
  }

  /** Bytes and plateau stay; only the steepness is counted in datagrams, so a new curve starts where this one is. */
  onMaxDatagramBytes(bytes: number): void {
    this.#maxDatagramBytes = bytes
    this.#isRunning = false
  }

  /** All but the datagram size, which both are told. */
  copyFrom(other: CubicCurve): void {
    this.#plateauBytes = other.#plateauBytes
    this.#priorBytes = other.#priorBytes
    this.#renoBytes = other.#renoBytes
    this.#plateauAt = other.#plateauAt
    this.#elapsed = other.#elapsed
    this.#isRunning = other.#isRunning
  }

  #start(windowBytes: number): void {
    this.#plateauBytes = Math.max(this.#plateauBytes, windowBytes) // no loss yet, or grown past it: K = 0 (§4.10)
    const missing = (this.#plateauBytes - windowBytes) / this.#maxDatagramBytes
    this.#plateauAt = Math.cbrt(missing / STEEPNESS) * SECOND
    this.#renoBytes = windowBytes
    this.#elapsed = 0
    this.#isRunning = true
  }

  #bytesAt(time: Micros): number {
    const seconds = (time - this.#plateauAt) / SECOND
    return this.#plateauBytes + STEEPNESS * this.#maxDatagramBytes * seconds * seconds * seconds
  }
}
