// hot
// How large a datagram the path carries: larger ones are tried until one does not arrive (RFC 8899; RFC 9000 §14.3). Decides and counts;
// what it wants to be sent, others send.
//
//   base ──a full datagram has left──▶ searching ──nothing left to gain──▶ complete ──10 minutes, and a full datagram──▶ searching
//     ▲                                 │      ▲                            │
//     └───────── another path ──────────┴──────│────────────────────────────┤
//                                              └── large ones vanish: the base, and the search from what vanished downwards
//
// Example, Ethernet and IPv4: 1,472 bytes arrive; 1,483 do not, three times. After five round trips it is 1,472. Loopback: 1,472, 1,483
// and 65,507 arrive, and after three round trips there is nothing left to try.
//
// RFC 8899's fourth state, for paths that do not carry the base, is missing: an INIT is as large, and without one there is no session.

import { type Micros, type PacketNumber, SECOND } from '../units.ts'

/** A size that did not arrive so often in a row is too large; one that is lost may be lost to anything (RFC 8899 §5.1.2). */
const MOST_TRIES = 3
/** So many large datagrams in a row, and none behind them has arrived, while smaller ones did: the path has changed (RFC 8899 §4.3). */
const VANISHED = 3
/** RFC 8899 §5.1.1, PMTU_RAISE_TIMER. */
const REST: Micros = 600 * SECOND
/** Less than this part of a datagram is not worth three lost ones; nor are eight bytes. */
const LEAST_GAIN = 1 / 128
const LEAST_GAIN_BYTES = 8

/** Stands for the largest size there may be. */
const CEILING = 0
/**
 * Which sizes are likely, the likeliest first: Ethernet over IPv4, loopback, jumbo frames, Ethernet over IPv6, WireGuard over IPv4. The
 * largest comes second, because a path that carries more than Ethernet hardly ever stops in between.
 */
const LIKELY = [1_472, CEILING, 8_972, 1_452, 1_392] as const

/** What is searched. */
export interface SizeCeiling {
  /** How far, bytes of UDP payload; asked for each search. */
  readonly ceilingDatagramBytes: number
}

export class MtuSearch {
  /** What a full datagram has, bytes of UDP payload. */
  bytes: number
  /** Of what was sent under another number nothing is to be learnt: the path, or what is known of it, is another since. */
  epoch = 0

  readonly #base: number
  readonly #line: SizeCeiling
  #ceiling = 0
  /** The smallest size that is held to be too large. */
  #tooLarge = 0
  /** What is being tried; 0: nothing is. */
  #candidate = 0
  #lostTries = 0
  #isUnderWay = false
  #restUntil: Micros = Number.NEGATIVE_INFINITY
  /** Older packets say nothing of what vanishes now. */
  #watchedFrom: PacketNumber = 0
  #vanished = 0

  /** `base`: what every path carries, or the operator has chosen. */
  constructor(base: number, line: SizeCeiling) {
    this.bytes = base
    this.#base = base
    this.#line = line
  }

  /** A datagram has left that was filled to the last byte: only then is a larger one of use, so idle sessions try nothing. */
  onFull(now: Micros): void {
    if (this.#candidate !== 0 || now < this.#restUntil) return
    this.#restUntil = now + REST
    this.#ceiling = this.#line.ceilingDatagramBytes
    this.#tooLarge = this.#ceiling + 1
    this.#goOn()
  }

  /** The size of the probe that should leave now; 0: none should. */
  get wanted(): number {
    return this.#isUnderWay ? 0 : this.#candidate
  }

  onProbeSent(): void {
    this.#isUnderWay = true
  }

  /** Also one that was taken for lost: it was late, and the path carries it. */
  onProbeAcked(bytes: number, epoch: number): void {
    if (epoch !== this.epoch || bytes <= this.bytes) return
    this.bytes = bytes
    if (bytes >= this.#tooLarge) this.#tooLarge = this.#ceiling + 1
    this.#goOn()
  }

  onProbeLost(bytes: number, epoch: number): void {
    if (epoch !== this.epoch || bytes !== this.#candidate) return
    this.#isUnderWay = false
    this.#lostTries++
    if (this.#lostTries < MOST_TRIES) return
    this.#tooLarge = bytes
    this.#goOn()
  }

  /** Any packet of this path has arrived. */
  onAcked(packet: PacketNumber, bytes: number): void {
    if (bytes <= this.#base || packet < this.#watchedFrom) return
    this.#watchedFrom = packet
    this.#vanished = 0
  }

  /**
   * A packet of this path is taken for lost, because a later one has arrived; all before `next` have left. A full queue loses many in a row
   * too, so nothing is barred yet: the size that vanished is tried once more, first of all, and is back after a round trip if it was that.
   */
  onLost(packet: PacketNumber, bytes: number, next: PacketNumber): void {
    if (bytes <= this.#base || packet < this.#watchedFrom) return
    this.#vanished++
    if (this.#vanished < VANISHED) return
    const vanished = this.bytes
    this.#fall()
    this.#candidate = vanished
    this.#watchedFrom = next
  }

  /** What leaves from now on takes another path. */
  startOver(): void {
    this.#fall()
    this.#restUntil = Number.NEGATIVE_INFINITY
  }

  #fall(): void {
    this.epoch++
    this.bytes = this.#base
    this.#candidate = 0
    this.#lostTries = 0
    this.#isUnderWay = false
    this.#vanished = 0
  }

  #goOn(): void {
    this.#candidate = this.#next()
    this.#lostTries = 0
    this.#isUnderWay = false
  }

  /** What to try next; 0: not worth it any more. */
  #next(): number {
    const { bytes } = this
    const gain = Math.max(LEAST_GAIN_BYTES, Math.floor(bytes * LEAST_GAIN))
    if (this.#tooLarge - bytes <= gain) return 0
    // Most paths stop at a likely size exactly: one step more settles it.
    if (LIKELY.some((likely) => likely === bytes)) return bytes + gain
    for (const likely of LIKELY) {
      const size = likely === CEILING ? this.#ceiling : likely
      if (size > bytes && size < this.#tooLarge) return size
    }
    return Math.floor((bytes + this.#tooLarge) / 2)
  }
}
