// hot
// What an ACK settles on a line that loses nothing. It frees what was sent and measures the round trip; its absence says that the peer, or the
// line, stands still. Nothing is ever repeated.

import { CloseCode } from '../errors.ts'
import { SUSPECT_TIMEOUTS } from '../path/liveness.ts'
import type { Micros } from '../units.ts'
import type { AckFrame } from '../wire/ack-frame.ts'
import type { Recovery } from './recovery.ts'
import type { Rtt } from './rtt.ts'
import { type SentFrameSink, type SentPackets, SentState } from './sent.ts'

export class NoLoss implements Recovery {
  timeouts = 0
  peerMaxAckDelay: Micros = 0

  readonly #sent: SentPackets
  readonly #rtt: Rtt
  readonly #sink: SentFrameSink
  /** The newest packet that asks for an ACK left then, or the last timeout was. */
  #waitsSince: Micros = 0

  constructor(sent: SentPackets, rtt: Rtt, sink: SentFrameSink) {
    this.#sent = sent
    this.#rtt = rtt
    this.#sink = sink
  }

  onSent(now: Micros): void {
    this.#waitsSince = now
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
    if (this.#settle(frame)) this.timeouts = 0
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
    return this.#rtt.probeTimeout(this.peerMaxAckDelay) * 2 ** this.timeouts
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
