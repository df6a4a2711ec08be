// hot
// The round-trip estimate of one path (RFC 9002 §5).

import { INITIAL_RTT, TIMER_GRANULARITY } from '../limits.ts'
import type { Micros } from '../units.ts'

/** Smoothed, least and latest round trip in µs. Before the first sample `smoothed` is the assumed INITIAL_RTT. */
export class Rtt {
  smoothed: Micros = INITIAL_RTT
  variation: Micros = INITIAL_RTT / 2
  min: Micros = Number.POSITIVE_INFINITY
  latest: Micros = 0
  hasSample = false

  /** `ackDelay` is what the peer says it waited, already capped at its own promise. */
  sample(latest: Micros, ackDelay: Micros): void {
    this.latest = latest
    if (!this.hasSample) {
      this.hasSample = true
      this.min = latest
      this.smoothed = latest
      this.variation = latest / 2
      return
    }
    if (latest < this.min) this.min = latest
    // The peer's delay is believed only as far as it does not undercut the least round trip (RFC 9002 §5.3).
    const adjusted = latest - ackDelay >= this.min ? latest - ackDelay : latest
    this.variation = 0.75 * this.variation + 0.25 * Math.abs(this.smoothed - adjusted)
    this.smoothed = 0.875 * this.smoothed + 0.125 * adjusted
  }

  /** It is another path: nothing is known of it. */
  forget(): void {
    this.smoothed = INITIAL_RTT
    this.variation = INITIAL_RTT / 2
    this.min = Number.POSITIVE_INFINITY
    this.latest = 0
    this.hasSample = false
  }

  /** The probe timeout without backoff (RFC 9002 §6.2.1). */
  probeTimeout(peerMaxAckDelay: Micros): Micros {
    return this.smoothed + Math.max(4 * this.variation, TIMER_GRANULARITY) + peerMaxAckDelay
  }
}
