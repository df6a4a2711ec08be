// hot
// What an ACK settles on a line that loses nothing. It frees what was sent and measures the round trip; its absence says that the peer, or the
// line, stands still. Nothing is ever repeated.

import { CloseCode } from '../errors.ts'
import { SUSPECT_TIMEOUTS } from '../path/liveness.ts'
import { MILLISECOND, type Micros } from '../units.ts'
import type { AckFrame } from '../wire/ack-frame.ts'
import type { Recovery } from './recovery.ts'
import type { Rtt } from './rtt.ts'
import { type SentFrameSink, type SentPackets, SentState } from './sent.ts'

/** One, two and four of it are two seconds: TCP may be busy for so long with repeating one segment, again and again. */
const LEAST_TIMEOUT: Micros = 300 * MILLISECOND

export class NoLoss implements Recovery {
  timeouts = 0
  peerMaxAckDelay: Micros = 0

  readonly #sent: SentPackets
  readonly #rtt: Rtt
  readonly #sink: SentFrameSink
  /** Since then something waits for an ACK and none came: what leaves meanwhile puts nothing off. */
  #waitsSince: Micros = 0

  constructor(sent: SentPackets, rtt: Rtt, sink: SentFrameSink) {
    this.#sent = sent
    this.#rtt = rtt
    this.#sink = sink
  }

  onSent(now: Micros): void {
    if (this.#sent.packetsInFlight === 1) this.#waitsSince = now
  }

  onHeldBack(): void {}

  onNewPath(): void {}

  onAck(frame: AckFrame, now: Micros): CloseCode {
    const sent = this.#sent
    const { largest } = frame
    if (largest >= sent.next) return CloseCode.protocolViolation
    if (largest >= sent.oldest && sent.state(largest) === SentState.inFlight) {
      this.#rtt.sample(Math.max(now - sent.sentAt(largest), 1), Math.min(frame.delay, this.peerMaxAckDelay))
    }
    if (this.#settle(frame)) {
      this.timeouts = 0
      this.#waitsSince = now
    }
    sent.advance(now)
    return CloseCode.none
  }

  /** False: it named nothing that is under way. */
  #settle(frame: AckFrame): boolean {
    const sent = this.#sent
    const before = sent.packetsInFlight
    for (let i = 0; i < frame.count; i++) {
      const last = frame.last[i]!
      for (let packet = Math.max(frame.first[i]!, sent.oldest); packet <= last; packet++) {
        if (sent.state(packet) === SentState.inFlight) sent.settle(packet, this.#sink)
      }
    }
    return sent.packetsInFlight < before
  }

  get probeTimeout(): Micros {
    return Math.max(this.#rtt.probeTimeout(this.peerMaxAckDelay), LEAST_TIMEOUT) * 2 ** this.timeouts
  }

  /** After those that make a session suspect another timeout would say nothing new. */
  get deadline(): Micros {
    if (this.#sent.packetsInFlight === 0 || this.timeouts >= SUSPECT_TIMEOUTS) return Number.POSITIVE_INFINITY
    return this.#waitsSince + this.probeTimeout
  }

  onDeadline(now: Micros): number {
    this.timeouts++
    this.#waitsSince = now
    return 0
  }
}
