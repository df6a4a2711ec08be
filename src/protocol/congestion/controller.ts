import type { Micros } from '../units.ts'

/**
 * Decides how many bytes may be in flight and how fast they leave. One contract, one contract test; CUBIC, BBR and none
 * stand behind it. Nothing here owns a timer or reads a clock. All methods are called per packet batch: they allocate nothing.
 */
export interface CongestionController {
  readonly name: string
  /** Bytes of UDP payload that may be in flight. `Infinity` on a carrier that controls itself. */
  readonly windowBytes: number
  /** True until the first loss or HyStart++ exit: the pacer leaves more room then. */
  readonly inSlowStart: boolean
  /** Bytes of UDP payload per µs that may leave. 0: it names none, and the window is spread over its round trip. */
  readonly pacingRate: number

  /** A packet that counts as in flight has left. `bytesInFlight` is the sum *with* it. */
  onSent(bytes: number, bytesInFlight: number, now: Micros): void

  /**
   * One ACK frame acknowledged `bytes` in all; the newest of those packets was sent at `newestSentAt`.
   * `bytesInFlight` is the sum *before* the ACK. `isWindowLimited`: the window, and not the application or
   * flow control, held the sender back while these packets were sent; growth is allowed only then (RFC 9002 §7.8).
   * Waiting for the pacer counts as being held back by the window. `latestRtt` is 0 if this ACK gave no sample.
   */
  onAcked(ack: AckedBytes, now: Micros): void

  /**
   * Packets were declared lost; the newest of them was sent at `newestSentAt`. Losses among packets sent before the last cut belong
   * to the same congestion event and cut nothing more (RFC 9002 §7.3.1).
   */
  onLost(bytes: number, newestSentAt: Micros, now: Micros): void

  /** Every packet over a span longer than the persistent-congestion period was lost (RFC 9002 §7.6); `onLost` told of them before. */
  onPersistentCongestion(now: Micros): void

  /** The losses that caused the last cut were all acknowledged after all: the cut is undone, once (RFC 9438 §4.9). */
  onSpuriousLoss(now: Micros): void

  /** The largest datagram changed (configuration, path MTU search). */
  onMaxDatagramBytes(bytes: number): void
}

/** What one ACK told; one record, reused for every call. */
export interface AckedBytes {
  bytes: number
  newestSentAt: Micros
  bytesInFlight: number
  isWindowLimited: boolean
  latestRtt: Micros
  smoothedRtt: Micros
  /** The least since the path is used. */
  minRtt: Micros

  // What the newest of the packets tells of the path's rate (recovery/deliveries.ts).
  /** Bytes that have arrived since the session began, and how many of them had when that packet left. */
  delivered: number
  deliveredBefore: number
  /** Bytes taken for lost since it left. */
  lostSince: number
  /** Bytes in flight when it left, with its own. */
  inFlightThen: number
  /** Bytes per µs that the path delivered since it left; 0: not to be told. */
  rate: number
  /** The application or flow control left the path with less to carry than it might have, at about that time. */
  isStarved: boolean
}
