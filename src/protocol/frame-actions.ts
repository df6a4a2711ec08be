// hot
// What each frame does: those that come from the peer, and what becomes of those that we sent. One switchboard, no decisions.

import { CloseCode } from './errors.ts'
import type { MtuSearch } from './path/mtu-search.ts'
import type { Path } from './path/path.ts'
import type { AckFrequency } from './recovery/ack-frequency.ts'
import type { AckPolicy } from './recovery/ack-policy.ts'
import type { ReceivedPackets } from './recovery/received.ts'
import type { Recovery } from './recovery/recovery.ts'
import { SentFrame, type SentFrameSink } from './recovery/sent.ts'
import type { Rekey } from './rekey/rekey.ts'
import type { StreamTable } from './streams/table.ts'
import type { Micros, PathId, StreamId } from './units.ts'
import type { AckFrame } from './wire/ack-frame.ts'
import type { AckFrequencyFrame } from './wire/ack-frequency-frame.ts'
import type { CloseFrame } from './wire/close-frame.ts'
import type { CreditFrame } from './wire/credit-frames.ts'
import type { FrameSink } from './wire/frames.ts'
import type { RekeyFrame } from './wire/rekey-frames.ts'
import type { ResetStreamFrame, StopSendingFrame, StreamFrame } from './wire/stream-frames.ts'

/** The parts of a session that frames act on. */
export interface FrameActionParts {
  readonly streams: StreamTable
  readonly received: ReceivedPackets
  readonly acks: AckPolicy
  readonly ackFrequency: AckFrequency
  readonly path: Path
  readonly search: MtuSearch
  readonly rekey: Rekey
  readonly loss: Recovery
  /** The peer is elsewhere than `before`, and has shown that it is. */
  onMoved(before: PathId, now: Micros): void
  onPeerClosed(code: number, reason: string): void
}

export class FrameActions implements FrameSink, SentFrameSink {
  /** When and from where the packet came that is being walked; the session sets both before each. */
  now: Micros = 0
  from: PathId = 0

  readonly #parts: FrameActionParts

  constructor(parts: FrameActionParts) {
    this.#parts = parts
  }

  onAck(frame: AckFrame): CloseCode {
    return this.#parts.loss.onAck(frame, this.now)
  }

  onStream(frame: StreamFrame, datagram: Uint8Array): CloseCode {
    return this.#parts.streams.onStream(frame, datagram)
  }

  onResetStream(frame: ResetStreamFrame): CloseCode {
    return this.#parts.streams.onResetStream(frame)
  }

  onStopSending(frame: StopSendingFrame): CloseCode {
    return this.#parts.streams.onStopSending(frame)
  }

  onMaxData(frame: CreditFrame): CloseCode {
    return this.#parts.streams.onMaxData(frame)
  }

  onMaxStreamData(frame: CreditFrame): CloseCode {
    return this.#parts.streams.onMaxStreamData(frame)
  }

  onMaxStreams(frame: CreditFrame): CloseCode {
    return this.#parts.streams.onMaxStreams(frame)
  }

  onPathChallenge(challenge: Uint8Array): CloseCode {
    this.#parts.path.onChallenge(this.from, challenge)
    return CloseCode.none
  }

  onPathResponse(challenge: Uint8Array): CloseCode {
    const { path } = this.#parts
    const before = path.current
    if (path.onResponse(challenge)) this.#parts.onMoved(before, this.now)
    return CloseCode.none
  }

  onClose(frame: CloseFrame): CloseCode {
    this.#parts.onPeerClosed(frame.code, frame.reason)
    return CloseCode.none
  }

  onRekey(frame: RekeyFrame): CloseCode {
    return this.#parts.rekey.onFrame(frame, this.now)
  }

  onAckFrequency({ sequence, packetsPerAck }: AckFrequencyFrame): CloseCode {
    this.#parts.acks.onWish(sequence, packetsPerAck)
    return CloseCode.none
  }

  onFrameAcked(kind: number, id: StreamId, offset: number, length: number): void {
    if (kind === SentFrame.ack) {
      this.#parts.received.forgetThrough(offset)
      return
    }
    if (kind === SentFrame.sizeProbe) this.#parts.search.onProbeAcked(offset, length)
    if (kind > SentFrame.resetStream) return
    const streams = this.#parts.streams
    const stream = streams.stream(id)
    if (stream === null) return
    if (kind === SentFrame.resetStream) stream.send.onResetAcked()
    else stream.send.onAcked(offset, length, kind === SentFrame.streamFin)
    if (stream.send.isFinished) streams.onHalfFinished(stream)
  }

  onFrameLost(kind: number, id: StreamId, offset: number, length: number): void {
    const streams = this.#parts.streams
    if (kind === SentFrame.maxData) streams.wantsMaxData = true
    else if (kind === SentFrame.maxStreams) streams.allowance.wantsTelling = true
    else if (kind === SentFrame.rekey) this.#parts.rekey.onFrameLost(offset)
    else if (kind === SentFrame.ackFrequency) this.#parts.ackFrequency.onLost(offset)
    else if (kind === SentFrame.sizeProbe) this.#parts.search.onProbeLost(offset, length)
    if (kind >= SentFrame.maxData && kind !== SentFrame.maxStreamData) return
    const stream = streams.stream(id)
    if (stream === null) return
    if (kind === SentFrame.maxStreamData) stream.isCreditLost = true
    else if (kind === SentFrame.stopSending) stream.onStopLost()
    else if (kind === SentFrame.resetStream) stream.send.onResetLost()
    else {
      stream.send.onLost(offset, length, kind === SentFrame.streamFin)
      if (stream.send.hasSomethingToSend) streams.schedule.onLost(stream)
      return
    }
    if (stream.hasControl) streams.onControlToSend(stream)
  }
}
