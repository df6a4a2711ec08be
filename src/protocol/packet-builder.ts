// hot
// Fills one packet with frames, in a fixed order of importance: what the peer needs to go on sending first, bytes last.
//
//   ACK · REKEY · ACK_FREQUENCY · MAX_DATA · MAX_STREAMS · each stream's RESET, STOP, MAX_STREAM_DATA · control stream · other streams in turn · PING

import type { AckFrequency } from './recovery/ack-frequency.ts'
import type { AckPolicy } from './recovery/ack-policy.ts'
import type { ReceivedPackets } from './recovery/received.ts'
import type { Rtt } from './recovery/rtt.ts'
import { MOST_FRAMES_PER_PACKET, SentFrame, type SentPackets } from './recovery/sent.ts'
import type { Rekey } from './rekey/rekey.ts'
import type { Stream } from './streams/stream.ts'
import type { StreamTable } from './streams/table.ts'
import type { Micros } from './units.ts'
import { writeAck } from './wire/ack-frame.ts'
import { writeAckFrequency } from './wire/ack-frequency-frame.ts'
import { writeCredit, writeMaxStreamData } from './wire/credit-frames.ts'
import type { Writer } from './wire/cursor.ts'
import { FrameType } from './wire/frame-types.ts'
import {
  ResetStreamFrame,
  StopSendingFrame,
  StreamFrame,
  streamHeadBytes,
  writeResetStream,
  writeStopSending,
  writeStreamHead,
} from './wire/stream-frames.ts'

/** What a packet may hold: everything, or only an ACK because window or pacer hold the rest back. */
export const Fill = { all: 0, ackOnly: 1, probe: 2 } as const
export type Fill = (typeof Fill)[keyof typeof Fill]

export interface PacketBuilderParts {
  readonly sent: SentPackets
  readonly received: ReceivedPackets
  readonly acks: AckPolicy
  readonly ackFrequency: AckFrequency
  readonly rtt: Rtt
  readonly rekey: Rekey
  readonly streams: StreamTable
}

/** A frame of a stream is not begun for fewer bytes than this: it would mostly be head. */
const LEAST_STREAM_BYTES = 16
/** A stream's RESET, STOP and MAX_STREAM_DATA. */
const CONTROL_FRAMES = 3

/** One of each for all sessions: a frame is filled in and written at once. */
const STREAM = new StreamFrame()
const RESET = new ResetStreamFrame()
const STOP = new StopSendingFrame()

export class PacketBuilder {
  /** A PING is wanted: keep-alive, or the first packet of a session. */
  wantsPing = false
  /** The packet just filled holds a frame that asks for an ACK. */
  elicitsAck = false
  /** The packet just filled holds an ACK. */
  holdsAck = false

  readonly #sent: SentPackets
  readonly #received: ReceivedPackets
  readonly #acks: AckPolicy
  readonly #ackFrequency: AckFrequency
  readonly #rtt: Rtt
  readonly #rekey: Rekey
  readonly #streams: StreamTable

  constructor(parts: PacketBuilderParts) {
    this.#sent = parts.sent
    this.#received = parts.received
    this.#acks = parts.acks
    this.#ackFrequency = parts.ackFrequency
    this.#rtt = parts.rtt
    this.#rekey = parts.rekey
    this.#streams = parts.streams
  }

  /** Anything that window and pacer can hold back. */
  get hasSomethingToSend(): boolean {
    const streams = this.#streams
    if (this.wantsPing || this.#rekey.wantsFrame || streams.wantsMaxData || streams.allowance.wantsTelling) return true
    return streams.controlQueue.length > 0 || streams.schedule.peek() !== null
  }

  /** Writes frames from `writer.position` on; none were worth a packet if it has not moved. */
  fill(writer: Writer, fill: Fill, now: Micros): void {
    const start = writer.position
    this.elicitsAck = false
    this.holdsAck = this.#acks.hasNews && this.#writeAck(writer, now)
    const afterAck = writer.position
    if (fill !== Fill.ackOnly) {
      this.#writeRekey(writer)
      this.#writeAckFrequency(writer)
      this.#writeCredit(writer, now)
      this.#writeStreamControl(writer, now)
      this.#writeStreams(writer)
    }
    // A packet that asks for an ACK anyway is as good as a PING.
    if (this.elicitsAck) this.wantsPing = false
    else if (this.#isPingDue(fill)) this.#writePing(writer)
    // One that does not is never acknowledged, and nothing of it need be remembered.
    if (this.holdsAck && this.elicitsAck) this.#sent.record(SentFrame.ack, 0, this.#received.largest, 0)
    // An ACK that is not due yet waits for company.
    if (writer.position === afterAck && !this.#acks.isDue(now)) {
      writer.position = start
      this.holdsAck = false
      this.#sent.discard()
    }
  }

  #isPingDue(fill: Fill): boolean {
    if (fill === Fill.probe) return true
    return fill === Fill.all && (this.wantsPing || (this.holdsAck && this.#acks.wantsPing))
  }

  #writePing(writer: Writer): void {
    if (writer.room < 1) return
    writer.u8(FrameType.ping)
    this.wantsPing = false
    this.elicitsAck = true
  }

  #writeAck(writer: Writer, now: Micros): boolean {
    if (this.#received.count === 0) return false
    return writeAck(writer, this.#received, this.#acks.delay(now))
  }

  #writeRekey(writer: Writer): void {
    if (!this.#rekey.wantsFrame || !this.#rekey.write(writer)) return
    this.#sent.record(SentFrame.rekey, 0, this.#rekey.nextNumber, 0)
    this.elicitsAck = true
  }

  /** Rides along with what leaves anyway: it is asked for by who sends a lot. */
  #writeAckFrequency(writer: Writer): void {
    const { wantsTelling, sequence, packetsPerAck } = this.#ackFrequency
    if (!wantsTelling || !writeAckFrequency(writer, sequence, packetsPerAck)) return
    this.#ackFrequency.wantsTelling = false
    this.#sent.record(SentFrame.ackFrequency, 0, sequence, 0)
    this.elicitsAck = true
  }

  #writeCredit(writer: Writer, now: Micros): void {
    const streams = this.#streams
    if (streams.wantsMaxData) {
      const limit = streams.renewMaxData(this.#rtt.smoothed, now)
      if (writeCredit(writer, FrameType.maxData, limit)) this.#note(SentFrame.maxData, 0)
      else streams.wantsMaxData = true
    }
    const { allowance } = streams
    if (allowance.wantsTelling) {
      if (writeCredit(writer, FrameType.maxStreams, allowance.renew())) this.#note(SentFrame.maxStreams, 0)
      else allowance.wantsTelling = true
    }
  }

  #writeStreamControl(writer: Writer, now: Micros): void {
    const queue = this.#streams.controlQueue
    for (let stream = queue.peek(); stream !== null; stream = queue.peek()) {
      if (!this.#hasRoomFor(CONTROL_FRAMES) || !this.#writeControlOf(stream, writer, now)) return
      queue.shift()
      stream.isInControlQueue = false
    }
  }

  /** False: some of it did not fit and must wait for the next packet. */
  #writeControlOf(stream: Stream, writer: Writer, now: Micros): boolean {
    if (stream.send.wantsReset) {
      RESET.id = stream.id
      RESET.code = stream.send.resetCode
      RESET.finalSize = stream.send.finalSize
      if (!writeResetStream(writer, RESET)) return false
      stream.send.onResetSent()
      this.#note(SentFrame.resetStream, stream.id)
    }
    if (stream.stopToSend >= 0) {
      STOP.id = stream.id
      STOP.code = stream.stopToSend
      if (!writeStopSending(writer, STOP)) return false
      stream.stopToSend = -1
      this.#note(SentFrame.stopSending, stream.id)
    }
    if (stream.wantsCredit) {
      const limit = this.#streams.renewMaxStreamData(stream, this.#rtt.smoothed, now)
      if (!writeMaxStreamData(writer, stream.id, limit)) {
        stream.isCreditLost = true
        return false
      }
      stream.isCreditLost = false
      this.#note(SentFrame.maxStreamData, stream.id)
    }
    return true
  }

  #writeStreams(writer: Writer): void {
    const streams = this.#streams
    const schedule = streams.schedule
    for (let stream = schedule.peek(); stream !== null; stream = schedule.peek()) {
      if (!stream.send.hasSomethingToSend) {
        schedule.drop()
        continue
      }
      const wanted = stream.send.nextLength(streams.sendCredit - streams.sentBytes)
      if (wanted <= 0 && !stream.send.isRepeating && stream.send.unsentBytes > 0) {
        schedule.park()
        continue
      }
      if (!this.#hasRoomFor(1) || !this.#writeBytesOf(stream, wanted, writer)) return
      schedule.spend(STREAM.length)
      if (writer.room < LEAST_STREAM_BYTES) return
    }
  }

  /** False: the packet is full. */
  #writeBytesOf(stream: Stream, wanted: number, writer: Writer): boolean {
    const send = stream.send
    const offset = send.nextOffset
    const room = writer.room - streamHeadBytes(stream.id, offset)
    if (room < Math.min(wanted, LEAST_STREAM_BYTES)) return false
    const frame = STREAM
    const isRepeating = send.isRepeating
    frame.id = stream.id
    frame.offset = offset
    frame.length = Math.min(wanted, room)
    frame.fin = send.isFin(offset + frame.length)
    writeStreamHead(writer, frame)
    send.copy(offset, frame.length, writer.buffer, writer.position)
    writer.position += frame.length
    send.onSent(offset, frame.length, frame.fin)
    if (!isRepeating) this.#streams.onNewBytesSent(stream, frame.length)
    this.#sent.record(frame.fin ? SentFrame.streamFin : SentFrame.stream, stream.id, offset, frame.length, isRepeating)
    this.elicitsAck = true
    return true
  }

  #hasRoomFor(frames: number): boolean {
    return this.#sent.framesNoted + frames <= MOST_FRAMES_PER_PACKET
  }

  #note(kind: number, stream: number): void {
    this.#sent.record(kind, stream, 0, 0)
    this.elicitsAck = true
  }
}
