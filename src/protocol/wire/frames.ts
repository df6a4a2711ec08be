// hot
// Walks the frames of one packet and hands each to whoever acts on it. Every record is reused: nothing is allocated.

import { CloseCode } from '../errors.ts'
import { AckFrame, readAck } from './ack-frame.ts'
import { AckFrequencyFrame, readAckFrequency } from './ack-frequency-frame.ts'
import { CloseFrame, readClose } from './close-frame.ts'
import { CreditFrame, readCredit, readStreamCredit } from './credit-frames.ts'
import { Reader } from './cursor.ts'
import { FrameType } from './frame-types.ts'
import { readChallenge } from './path-frames.ts'
import { RekeyFrame, readRekey } from './rekey-frames.ts'
import {
  ResetStreamFrame,
  readResetStream,
  readStopSending,
  readStream,
  StopSendingFrame,
  StreamFrame,
} from './stream-frames.ts'

/** Acts on frames. Each method answers `CloseCode.none`, or the code with which the session must be closed. */
export interface FrameSink {
  onAck(frame: AckFrame): CloseCode
  onStream(frame: StreamFrame, datagram: Uint8Array): CloseCode
  onResetStream(frame: ResetStreamFrame): CloseCode
  onStopSending(frame: StopSendingFrame): CloseCode
  onMaxData(frame: CreditFrame): CloseCode
  onMaxStreamData(frame: CreditFrame): CloseCode
  onMaxStreams(frame: CreditFrame): CloseCode
  onPathChallenge(challenge: Uint8Array): CloseCode
  onPathResponse(challenge: Uint8Array): CloseCode
  onClose(frame: CloseFrame): CloseCode
  onRekey(frame: RekeyFrame): CloseCode
  onAckFrequency(frame: AckFrequencyFrame): CloseCode
}

/** Reads packets for all sessions of an endpoint: one at a time, so the records can be shared. */
export class FrameWalker {
  /** To be pointed at one packet after the other. */
  readonly reader = new Reader()
  /** The packet just walked holds a frame that wants an ACK: anything but ACK, PADDING and CLOSE. */
  elicitsAck = false
  /** The sender waits for the ACK: the packet holds a PING or the end of a stream. */
  wantsHaste = false

  readonly #ack = new AckFrame()
  readonly #stream = new StreamFrame()
  readonly #resetStream = new ResetStreamFrame()
  readonly #stopSending = new StopSendingFrame()
  readonly #credit = new CreditFrame()
  readonly #close = new CloseFrame()
  readonly #rekey = new RekeyFrame()
  readonly #ackFrequency = new AckFrequencyFrame()
  #hasAck = false

  /** Hands every frame to `sink`; stops at the first that is malformed or refused and answers its close code. */
  walk(reader: Reader, sink: FrameSink): CloseCode {
    this.elicitsAck = false
    this.wantsHaste = false
    this.#hasAck = false
    if (reader.remaining === 0) return CloseCode.protocolViolation
    while (reader.position < reader.end) {
      const verdict = this.#next(reader, sink)
      if (verdict !== CloseCode.none) return verdict
    }
    return CloseCode.none
  }

  #next(reader: Reader, sink: FrameSink): CloseCode {
    const type = reader.varint()
    // Cut short it reads as 0, which is PADDING.
    if (reader.failed) return CloseCode.frameEncoding
    switch (type) {
      case FrameType.padding:
        return CloseCode.none
      case FrameType.ack:
        // One is enough, and bounds what a packet can cost: each may name every packet that is on its way.
        if (this.#hasAck) return CloseCode.protocolViolation
        this.#hasAck = true
        return readAck(reader, this.#ack) ? sink.onAck(this.#ack) : CloseCode.frameEncoding
      case FrameType.close:
        if (!readClose(reader, this.#close)) return CloseCode.frameEncoding
        // The session is over: a frame behind its goodbye must not find it.
        reader.position = reader.end
        return sink.onClose(this.#close)
    }
    this.elicitsAck = true
    switch (type) {
      case FrameType.stream:
      case FrameType.streamWithFin:
        if (!readStream(reader, type, this.#stream)) return CloseCode.frameEncoding
        if (this.#stream.fin) this.wantsHaste = true
        return sink.onStream(this.#stream, reader.buffer)
      case FrameType.ping:
        this.wantsHaste = true
        return CloseCode.none
      case FrameType.resetStream:
        return readResetStream(reader, this.#resetStream)
          ? sink.onResetStream(this.#resetStream)
          : CloseCode.frameEncoding
      case FrameType.stopSending:
        return readStopSending(reader, this.#stopSending)
          ? sink.onStopSending(this.#stopSending)
          : CloseCode.frameEncoding
      default:
        return this.#otherThanBytes(type, reader, sink)
    }
  }

  #otherThanBytes(type: number, reader: Reader, sink: FrameSink): CloseCode {
    const credit = this.#credit
    switch (type) {
      case FrameType.maxData:
        return readCredit(reader, credit) ? sink.onMaxData(credit) : CloseCode.frameEncoding
      case FrameType.maxStreamData:
        return readStreamCredit(reader, credit) ? sink.onMaxStreamData(credit) : CloseCode.frameEncoding
      case FrameType.maxStreams:
        return readCredit(reader, credit) ? sink.onMaxStreams(credit) : CloseCode.frameEncoding
      case FrameType.dataBlocked:
        return readCredit(reader, credit) ? CloseCode.none : CloseCode.frameEncoding
      case FrameType.streamDataBlocked:
        return readStreamCredit(reader, credit) ? CloseCode.none : CloseCode.frameEncoding
      case FrameType.pathChallenge:
      case FrameType.pathResponse: {
        const challenge = readChallenge(reader)
        if (reader.failed) return CloseCode.frameEncoding
        return type === FrameType.pathChallenge ? sink.onPathChallenge(challenge) : sink.onPathResponse(challenge)
      }
      case FrameType.rekeyInit:
      case FrameType.rekeyResp:
        return readRekey(reader, type, this.#rekey) ? sink.onRekey(this.#rekey) : CloseCode.frameEncoding
      case FrameType.ackFrequency:
        return readAckFrequency(reader, this.#ackFrequency)
          ? sink.onAckFrequency(this.#ackFrequency)
          : CloseCode.frameEncoding
      default:
        return CloseCode.frameEncoding
    }
  }
}
