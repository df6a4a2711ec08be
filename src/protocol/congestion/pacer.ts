// hot
// Spreads a window over its round trip: a token bucket that time fills and packets empty.
//
// Timers are 1 ms coarse and up to 3 ms late, so the bucket counts elapsed time instead of sends: who wakes up late finds
// more tokens and sends a longer batch, and the rate holds.
//
// Example: 60 kB of window, 40 ms round trip, congestion avoidance. Rate 1.25 · 60 kB / 40 ms = 1.9 kB per ms. The bucket
// holds ten datagrams; with a full queue the sender wakes for two at a time, every 1.3 ms.

import { MILLISECOND, type Micros } from '../units.ts'
import type { CongestionController } from './controller.ts'
import { initialWindow } from './window-bounds.ts'

/** Faster than window ÷ round trip, so that the window and not the pacer is what limits (RFC 9002 §7.7: N = 1.25). */
const HEADROOM = 1.25
/** In slow start the window doubles within the round trip that the rate is computed for. */
const SLOW_START_HEADROOM = 2
/** Waking up for a single datagram would cost a timer each; two are what an ACK covers anyway. */
const SMALLEST_QUANTUM_DATAGRAMS = 2
/** No timer is finer: a smaller quantum would only be waited for longer than it needs. */
const QUANTUM_SPAN: Micros = MILLISECOND
/** A 1 ms timer was up to 3.1 ms late on an idle host; what it is late by must fit into the bucket or the rate is lost. */
const BURST_SPAN: Micros = 4 * MILLISECOND
/** Added to what is waited for: more than the rounding errors of a gigabyte, so that it is really there at the promised time. */
const ROUNDING_BYTES = 0.001

/** Says how many bytes may leave now and when more may. Owns no timer: whoever sends asks `nextSendAt`. */
export class Pacer {
  #maxDatagramBytes: number
  /** Bytes per µs. `Infinity`: not paced, because the round trip is unknown or the window endless. */
  #rate = Infinity
  #capacity = Infinity
  /** Bytes that might leave at `#filledTo`; negative after packets that did not wait (probes). */
  #tokens = 0
  #filledTo: Micros = 0

  constructor(maxDatagramBytes: number) {
    this.#maxDatagramBytes = maxDatagramBytes
  }

  /** Bytes that may leave now: whole, unless not paced at all (`Infinity`). */
  budgetBytes(now: Micros): number {
    return Math.max(0, Math.floor(this.#tokensAt(now)))
  }

  /** Probes and others that may not wait are told here too, and what follows waits for them. */
  onSent(bytes: number, now: Micros): void {
    if (this.#rate === Infinity) return
    // Debt ends at one quantum: a row of probes on a dying path must not silence it for seconds after it came back.
    this.#tokens = Math.max(this.#tokensAt(now) - bytes, -this.#smallestQuantum)
    this.#filledTo = now
  }

  /**
   * When it is worth waking up to send `wantedBytes`, at least one full datagram: at once or when the budget has grown to
   * them, but no later than to one quantum.
   */
  nextSendAt(now: Micros, wantedBytes: number): Micros {
    const quantum = Math.max(this.#smallestQuantum, this.#rate * QUANTUM_SPAN)
    const worthwhile = Math.ceil(Math.min(Math.max(wantedBytes, this.#maxDatagramBytes), quantum))
    if (this.budgetBytes(now) >= worthwhile) return now
    return now + Math.ceil((worthwhile - this.#tokensAt(now) + ROUNDING_BYTES) / this.#rate)
  }

  /** The window or the round trip has changed. `smoothedRtt` is 0 before the first sample: the initial window leaves at once. */
  adjust(
    controller: Pick<CongestionController, 'windowBytes' | 'inSlowStart' | 'pacingRate'>,
    smoothedRtt: Micros,
    now: Micros,
  ): void {
    const tokens = this.#tokensAt(now) // at the old rate until now
    this.#rate = smoothedRtt === 0 ? Infinity : rateOf(controller, smoothedRtt)
    this.#fitCapacity()
    this.#tokens = Math.min(tokens, this.#capacity)
    this.#filledTo = now
  }

  onMaxDatagramBytes(bytes: number): void {
    this.#maxDatagramBytes = bytes
    this.#fitCapacity() // at once: a bucket that is smaller than a quantum would be waited for forever
  }

  /** The path had to take an initial window at once, so it may again; above 24 Mbit/s (at 1,200 bytes) a BURST_SPAN is more. */
  #fitCapacity(): void {
    this.#capacity = Math.max(initialWindow(this.#maxDatagramBytes), this.#rate * BURST_SPAN)
  }

  get #smallestQuantum(): number {
    return SMALLEST_QUANTUM_DATAGRAMS * this.#maxDatagramBytes
  }

  #tokensAt(now: Micros): number {
    if (this.#rate === Infinity) return Infinity
    return Math.min(this.#tokens + (now - this.#filledTo) * this.#rate, this.#capacity)
  }
}

function rateOf(
  { windowBytes, inSlowStart, pacingRate }: Pick<CongestionController, 'windowBytes' | 'inSlowStart' | 'pacingRate'>,
  smoothedRtt: Micros,
): number {
  if (pacingRate > 0) return pacingRate
  return ((inSlowStart ? SLOW_START_HEADROOM : HEADROOM) * windowBytes) / smoothedRtt
}
