// hot
// When to acknowledge: every second packet, or after MAX_ACK_DELAY, or at once where the sender is better off knowing (RFC 9000 §13.2).

import { MAX_ACK_DELAY } from '../limits.ts'
import { rulesOf } from '../line.ts'
import type { Micros, PacketNumber } from '../units.ts'

/**
 * After this many packets that carried nothing but an ACK, the next asks for an ACK itself: else the ranges we report would never be
 * known to have arrived, and never be forgotten (quic-go's MaxNonAckElicitingAcks).
 */
const MOST_BARE_ACKS = 19

/** Decides when an ACK is due; owns no timer. */
export class AckPolicy {
  #unacknowledged = 0
  #dueAt: Micros = Number.POSITIVE_INFINITY
  #largestAt: Micros = 0
  #bareAcks = 0
  /** There is something new to acknowledge: an ACK may ride along with whatever leaves. */
  hasNews = false
  /** An ACK is owed after this many packets that ask for one. The driver's turn makes it at most one ACK a turn. */
  packetsPerAck = rulesOf().packetsPerAck

  /** A packet arrived. `largestBefore`: the largest number until now; `asksForAck`: it holds more than ACK and PADDING. */
  onPacket(packet: PacketNumber, largestBefore: PacketNumber, asksForAck: boolean, now: Micros): void {
    if (packet > largestBefore) this.#largestAt = now
    // A bare ACK is reported with the next one that is sent anyway; it never causes one.
    if (!asksForAck) return
    this.hasNews = true
    this.#unacknowledged++
    const outOfOrder = packet !== largestBefore + 1
    if (outOfOrder || this.#unacknowledged >= this.packetsPerAck) this.#dueAt = now
    else if (this.#dueAt === Number.POSITIVE_INFINITY) this.#dueAt = now + MAX_ACK_DELAY
  }

  /** The peer waits for this one: the last bytes of a stream, for example. */
  hurry(now: Micros): void {
    if (this.hasNews) this.#dueAt = now
  }

  /** When an ACK must leave; `Infinity`: nothing to acknowledge. */
  get deadline(): Micros {
    return this.#dueAt
  }

  isDue(now: Micros): boolean {
    return now >= this.#dueAt
  }

  /** How long the largest packet has waited for its ACK. */
  delay(now: Micros): Micros {
    return Math.max(0, now - this.#largestAt)
  }

  onAckSent(): void {
    this.hasNews = false
    this.#unacknowledged = 0
    this.#dueAt = Number.POSITIVE_INFINITY
  }

  /** A packet left that holds an ACK and nothing that asks for one. */
  onBareAck(): void {
    this.#bareAcks++
  }

  /** A packet left that asks for an ACK. */
  onElicitingSent(): void {
    this.#bareAcks = 0
  }

  /** The next packet should hold a PING if it holds nothing better. */
  get wantsPing(): boolean {
    return this.#bareAcks >= MOST_BARE_ACKS
  }
}
