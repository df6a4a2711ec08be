// hot
// How seldom the peer may acknowledge what we send: on a fast path an ACK for every second packet costs both ends more than it tells
// (the idea of draft-ietf-quic-ack-frequency). Decides what to ask for; whether the peer understands, its hello has said.
//
// Example: 200 Mbit/s and 80 ms are a window of 2 MB, 1,400 datagrams of 1,472 bytes; ten of them go to an ACK. At 40 Mbit/s it is two again.

import type { CongestionController } from '../congestion/controller.ts'
import { PACKETS_PER_ACK } from '../limits.ts'
import type { Micros, PacketNumber } from '../units.ts'
import type { Rtt } from './rtt.ts'

/** 50 Mbit/s, in bytes per µs: below it ACKs cost little. */
const FAST = 50 / 8
/** What was fast stays so down to here, or a rate around the bound would ask anew every round trip. */
const STILL_FAST = FAST / 2
/**
 * A window has so many ACKs at least, or its sender waits for one with the window full: with four, downloads of 5 MB over 1 ms and 1 % loss,
 * where a window has some twenty packets, took 5 % longer.
 */
const LEAST_ACKS_PER_WINDOW = 8
/** HyStart++ wants eight samples of each round (RFC 9406 §4.3), and the window is all that clocks slow start. */
const LEAST_ACKS_IN_SLOW_START = 16

/** What the pieces of a session know of its path. */
export type PathPace = Pick<CongestionController, 'windowBytes' | 'inSlowStart'>

export class AckFrequency {
  /** The most packets per ACK that the peer understands to be asked for; 0: it does not know the frame. */
  peerMost = 0
  /** What it was asked for last, and the number of that wish: a larger one replaces it. */
  packetsPerAck = PACKETS_PER_ACK
  sequence = 0
  /** The wish has not left yet. */
  wantsTelling = false

  #lookAt: Micros = Number.NEGATIVE_INFINITY

  /** A full datagram has left: only then is the path fast. Looks once a round trip. */
  onFull(pace: PathPace, datagramBytes: number, rtt: Rtt, now: Micros): void {
    if (this.peerMost === 0 || now < this.#lookAt || !rtt.hasSample) return
    this.#lookAt = now + rtt.smoothed
    const wish = this.#wish(pace, datagramBytes, rtt)
    if (wish === this.packetsPerAck) return
    this.packetsPerAck = wish
    this.sequence++
    this.wantsTelling = true
  }

  /** The wish of this number did not arrive. */
  onLost(sequence: PacketNumber): void {
    if (sequence === this.sequence) this.wantsTelling = true
  }

  #wish({ windowBytes, inSlowStart }: PathPace, datagramBytes: number, rtt: Rtt): number {
    const least = this.packetsPerAck > PACKETS_PER_ACK ? STILL_FAST : FAST
    if (windowBytes < least * rtt.smoothed) return PACKETS_PER_ACK
    const acks = inSlowStart ? LEAST_ACKS_IN_SLOW_START : LEAST_ACKS_PER_WINDOW
    const packets = Math.floor(windowBytes / datagramBytes / acks)
    return Math.max(PACKETS_PER_ACK, Math.min(packets, this.peerMost))
  }
}
