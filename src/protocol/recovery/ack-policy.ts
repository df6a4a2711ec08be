// hot
// When to acknowledge: every second packet, or after MAX_ACK_DELAY, or at once where the sender is better off knowing (RFC 9000 §13.2).
// A fast sender may ask for fewer ACKs, but not for as long as packets are missing.

import { MAX_ACK_DELAY, PACKETS_PER_ACK } from '../limits.ts'
import { rulesOf } from '../line.ts'
import type { Micros, PacketNumber } from '../units.ts'

/**
 * After this many packets that carried nothing but an ACK, the next asks for an ACK itself: else the ranges we report would never be
 * known to have arrived, and never be forgotten (quic-go's MaxNonAckElicitingAcks).
 */
const MOST_BARE_ACKS = 19

/** With the packet behind a gap and so many more the sender knows that what is missing is lost (RFC 9002 §6.1.1): it is not to wait. */
const PACKETS_BEHIND_GAP = 2

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
  /** The most that the peer may make it. */
  mostPacketsPerAck = rulesOf().packetsPerAck
  /** Of the peer's wishes this one counts. */
  #wish = -1
  #watchfulThrough: PacketNumber = -1

  /** A packet arrived. `largestBefore`: the largest number until now; `asksForAck`: it holds more than ACK and PADDING. */
  onPacket(packet: PacketNumber, largestBefore: PacketNumber, asksForAck: boolean, now: Micros): void {
    if (packet > largestBefore) this.#largestAt = now
    // A bare ACK is reported with the next one that is sent anyway; it never causes one.
    if (!asksForAck) return
    this.hasNews = true
    this.#unacknowledged++
    const outOfOrder = packet !== largestBefore + 1
    if (outOfOrder) this.#watchfulThrough = packet + PACKETS_BEHIND_GAP
    const mostWaiting = packet <= this.#watchfulThrough ? PACKETS_PER_ACK : this.packetsPerAck
    if (outOfOrder || this.#unacknowledged >= mostWaiting) this.#dueAt = now
    else if (this.#dueAt === Number.POSITIVE_INFINITY) this.#dueAt = now + MAX_ACK_DELAY
  }

  /** The peer would like one ACK for so many packets; older wishes than the newest are late. */
  onWish(sequence: number, packetsPerAck: number): void {
    // A reliable line has a number of its own, and a better one.
    if (sequence <= this.#wish || this.packetsPerAck > this.mostPacketsPerAck) return
    this.#wish = sequence
    this.packetsPerAck = Math.max(PACKETS_PER_ACK, Math.min(packetsPerAck, this.mostPacketsPerAck))
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
