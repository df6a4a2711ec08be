// hot
// What an ACK settles, what is lost, and when to probe (RFC 9002 §6). Frames are repeated, never packets.
//
// Two departures from the RFC. The backoff of the probe timeout is capped (below), because a tunnel that comes back a second after its
// line does is worth one or two small datagrams a second. And a packet that arrives after it was taken for lost teaches: reordering.ts
// bears with more, and the window is given back if everything that the last cut was made for has arrived.

import type { AckedBytes, CongestionController } from '../congestion/controller.ts'
import { CloseCode } from '../errors.ts'
import { TIMER_GRANULARITY } from '../limits.ts'
import { type Micros, type PacketNumber, SECOND } from '../units.ts'
import type { AckFrame } from '../wire/ack-frame.ts'
import { AckNews } from './ack-news.ts'
import type { Recovery } from './recovery.ts'
import { Reordering } from './reordering.ts'
import type { Rtt } from './rtt.ts'
import { type SentFrameSink, type SentPackets, SentState } from './sent.ts'

/** The probe timeout doubles each time, but never beyond this or one plain timeout, whichever is longer. */
const PROBE_BACKOFF_CAP: Micros = SECOND
/** Probes a timeout sends: two, since one may be lost as well (RFC 9002 §6.2.4). */
export const PROBES_PER_TIMEOUT = 2
/** Losses over a span of so many probe timeouts are persistent congestion (RFC 9002 §7.6.1). */
const PERSISTENT_CONGESTION_TIMEOUTS = 3

/** Wants to know what becomes of large packets: a path may stop carrying them. */
export interface SizeWatch {
  onAcked(packet: PacketNumber, bytes: number): void
  /** `next`: the number of the packet that leaves next. */
  onLost(packet: PacketNumber, bytes: number, next: PacketNumber): void
}

export interface LossDetectorParts {
  readonly sent: SentPackets
  readonly rtt: Rtt
  /** Another one from time to time: of another path, for example. */
  readonly controller: CongestionController
  readonly actions: SentFrameSink
  readonly search: SizeWatch
  /** Told of every loss, for traces and counters. */
  onPacketLost(packet: PacketNumber, bytes: number, now: Micros): void
  /** One of them has arrived after all. */
  onPacketFound(): void
}

/** What the ACK tells that is being read: one for all sessions. */
const ACKED: AckedBytes = {
  bytes: 0,
  newestSentAt: 0,
  bytesInFlight: 0,
  isWindowLimited: false,
  latestRtt: 0,
  smoothedRtt: 0,
  minRtt: 0,
  delivered: 0,
  deliveredBefore: 0,
  lostSince: 0,
  inFlightThen: 0,
  rate: 0,
  isStarved: false,
}

export class LossDetector implements Recovery {
  /** Timeouts in a row without an ACK: three of them make a path suspect. */
  timeouts = 0
  peerMaxAckDelay: Micros = 0

  readonly #parts: LossDetectorParts
  readonly #sent: SentPackets
  readonly #rtt: Rtt
  readonly #actions: SentFrameSink
  readonly #search: SizeWatch

  readonly #news = new AckNews()
  #largestAcked: PacketNumber = -1
  #lossAt: Micros = Number.POSITIVE_INFINITY
  #lastElicitingAt: Micros = 0
  readonly #reordering = new Reordering()
  /** Packets up to here were sent while the window or the pacer held more back. */
  #limitedThrough: PacketNumber = -1
  /** What was sent after `#cutFrom` and up to `#cutAt` belongs to the last cut; `#cutLosses` of its losses have not turned out spurious. */
  #cutFrom: Micros = Number.NEGATIVE_INFINITY
  #cutAt: Micros = Number.NEGATIVE_INFINITY
  #cutLosses = 0
  /** Of packets before this one another path has decided: what became of them says nothing of this one. */
  #pathFrom: PacketNumber = 0
  /** Until then the path was not measured; −∞: the handshake has done it. */
  #firstSampleAt: Micros = Number.NEGATIVE_INFINITY

  constructor(parts: LossDetectorParts) {
    this.#parts = parts
    this.#sent = parts.sent
    this.#rtt = parts.rtt
    this.#actions = parts.actions
    this.#search = parts.search
  }

  /** A packet that asks for an ACK has left. */
  onSent(now: Micros): void {
    this.#lastElicitingAt = now
  }

  /** More would have been sent, had the window or the pacer allowed it. */
  onHeldBack(): void {
    this.#limitedThrough = this.#sent.next - 1
  }

  onNewPath(): void {
    this.#pathFrom = this.#sent.next
    this.#sent.deliveries.onNewPath()
    this.#reordering.forget()
    this.#cutFrom = Number.NEGATIVE_INFINITY
    this.#cutAt = Number.NEGATIVE_INFINITY
    this.#cutLosses = 0
    this.timeouts = 0
  }

  /** Settles what the ACK names, measures, and looks for losses. */
  onAck(frame: AckFrame, now: Micros): CloseCode {
    const sent = this.#sent
    const largest = frame.largest
    if (largest >= sent.next) return CloseCode.protocolViolation
    const acked = ACKED
    acked.bytes = 0
    acked.newestSentAt = 0
    acked.bytesInFlight = sent.bytesInFlight
    const samples = largest >= Math.max(sent.oldest, this.#pathFrom) && sent.state(largest) === SentState.inFlight
    const largestSentAt = samples ? sent.sentAt(largest) : 0
    let newest: PacketNumber = -1
    while (this.#news.next(frame)) {
      const first = Math.max(this.#news.first, sent.oldest)
      for (let packet = this.#news.last; packet >= first; packet--) {
        const state = sent.state(packet)
        if (state === SentState.none || state === SentState.bare) continue
        if (state === SentState.skipped) return CloseCode.protocolViolation
        if (packet >= this.#pathFrom) sent.deliveries.onDelivered(sent.bytes(packet), now)
        if (state === SentState.lost) this.#onSpuriousLoss(packet, largest, now)
        else {
          if (packet >= this.#pathFrom) acked.bytes += sent.bytes(packet)
          if (newest < 0) newest = packet
        }
        if (packet >= this.#pathFrom) this.#search.onAcked(packet, sent.bytes(packet))
        sent.settle(packet, this.#actions)
      }
    }
    if (largest > this.#largestAcked) this.#largestAcked = largest
    if (newest < 0) return CloseCode.none
    this.timeouts = 0
    if (samples) {
      if (!this.#rtt.hasSample) this.#firstSampleAt = now
      this.#rtt.sample(Math.max(now - largestSentAt, 1), Math.min(frame.delay, this.peerMaxAckDelay))
    }
    acked.newestSentAt = sent.sentAt(newest)
    if (newest >= this.#pathFrom) this.#report(newest, samples, now)
    this.#reordering.onCalm(this.#rtt.smoothed, now)
    this.detect(now)
    return CloseCode.none
  }

  #report(newest: PacketNumber, samples: boolean, now: Micros): void {
    const acked = ACKED
    acked.isWindowLimited = newest <= this.#limitedThrough
    acked.latestRtt = samples ? this.#rtt.latest : 0
    acked.smoothedRtt = this.#rtt.smoothed
    acked.minRtt = this.#rtt.min
    this.#sent.deliveries.measure(newest, acked)
    this.#parts.controller.onAcked(acked, now)
  }

  /** Takes for lost what an ACK of newer packets has overtaken by enough packets or enough time. */
  detect(now: Micros): void {
    const sent = this.#sent
    const delay = this.#lossDelay()
    this.#lossAt = Number.POSITIVE_INFINITY
    let bytes = 0
    let newestSentAt: Micros = 0
    let runStartedAt: Micros = -1
    let isPersistent = false
    for (let packet = sent.firstInFlight(); packet < this.#largestAcked; packet++) {
      const state = sent.state(packet)
      if (state === SentState.none) runStartedAt = -1
      if (state !== SentState.inFlight) continue
      const sentAt = sent.sentAt(packet)
      if (packet > this.#largestAcked - this.#reordering.packets && sentAt + delay > now) {
        this.#lossAt = sentAt + delay
        break
      }
      if (sent.isSizeProbe(packet)) {
        sent.lose(packet, this.#actions)
        continue
      }
      if (packet < this.#pathFrom) {
        this.#lose(packet, now)
        continue
      }
      this.#search.onLost(packet, sent.bytes(packet), sent.next)
      bytes += sent.bytes(packet)
      newestSentAt = sentAt
      // How long is too long is not known before the path was measured (RFC 9002 §7.6.2).
      if (runStartedAt < 0 && sentAt >= this.#firstSampleAt) runStartedAt = sentAt
      if (runStartedAt >= 0 && sentAt - runStartedAt > this.#persistentSpan()) isPersistent = true
      if (sentAt > this.#cutAt) this.#startCut(now)
      if (sentAt > this.#cutFrom) this.#cutLosses++
      sent.deliveries.onLost(sent.bytes(packet))
      this.#lose(packet, now)
    }
    if (bytes > 0) this.#parts.controller.onLost(bytes, newestSentAt, now)
    if (isPersistent && this.#rtt.hasSample) this.#parts.controller.onPersistentCongestion(now)
    sent.advance(now - this.#persistentSpan())
  }

  #lose(packet: PacketNumber, now: Micros): void {
    this.#parts.onPacketLost(packet, this.#sent.bytes(packet), now)
    this.#sent.lose(packet, this.#actions)
  }

  #startCut(now: Micros): void {
    this.#cutFrom = this.#cutAt
    this.#cutAt = now
    this.#cutLosses = 0
  }

  #onSpuriousLoss(packet: PacketNumber, largest: PacketNumber, now: Micros): void {
    if (packet < this.#pathFrom) return
    this.#parts.onPacketFound()
    this.#reordering.onLate(largest - packet, now)
    // Its loss has cut nothing.
    if (this.#sent.isSizeProbe(packet)) return
    if (this.#sent.sentAt(packet) <= this.#cutFrom || this.#cutLosses === 0) return
    this.#cutLosses--
    if (this.#cutLosses === 0) this.#parts.controller.onSpuriousLoss(now)
  }

  #lossDelay(): Micros {
    return Math.max(this.#reordering.factor * Math.max(this.#rtt.smoothed, this.#rtt.latest), TIMER_GRANULARITY)
  }

  #persistentSpan(): Micros {
    return PERSISTENT_CONGESTION_TIMEOUTS * this.#rtt.probeTimeout(this.peerMaxAckDelay)
  }

  /** The probe timeout as it stands, with its capped backoff. */
  get probeTimeout(): Micros {
    const plain = this.#rtt.probeTimeout(this.peerMaxAckDelay)
    return Math.min(plain * 2 ** Math.min(this.timeouts, 16), Math.max(PROBE_BACKOFF_CAP, plain))
  }

  /** When something must be looked at; `Infinity`: nothing is in flight. */
  get deadline(): Micros {
    if (this.#lossAt !== Number.POSITIVE_INFINITY) return this.#lossAt
    if (this.#sent.packetsInFlight === 0) return Number.POSITIVE_INFINITY
    return this.#lastElicitingAt + this.probeTimeout
  }

  /**
   * Called when `deadline` has come. Returns how many probes to send at once, beyond window and pacer: 0 if losses were found instead.
   */
  onDeadline(now: Micros): number {
    if (this.#lossAt <= now) {
      this.detect(now)
      return 0
    }
    this.timeouts++
    return PROBES_PER_TIMEOUT
  }
}
