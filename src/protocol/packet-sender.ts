// hot
// Turns what a session wants to say into sealed packets, as many as window, pacer and batch allow.
//
//   batch buffer   [ header 19 | frames … | tag 16 ][ header | frames … | tag ]…   equal sizes, only the last may be shorter

import type { DatagramBatch } from './api.ts'
import { AT_REST } from './congestion/at-rest.ts'
import type { CongestionController } from './congestion/controller.ts'
import type { Pacer } from './congestion/pacer.ts'
import { LEAST_SHORT_PACKET_BYTES, SHORT_HEADER_BYTES } from './limits.ts'
import { Fill, type PacketBuilder } from './packet-builder.ts'
import type { Liveness } from './path/liveness.ts'
import type { MtuSearch } from './path/mtu-search.ts'
import type { PathMessage } from './path/path.ts'
import { TAG_BYTES, type Trace } from './ports.ts'
import type { AckFrequency } from './recovery/ack-frequency.ts'
import type { AckPolicy } from './recovery/ack-policy.ts'
import type { ProactiveRepeats } from './recovery/proactive.ts'
import type { Recovery } from './recovery/recovery.ts'
import type { Rtt } from './recovery/rtt.ts'
import { SentFrame, type SentFrameSink, type SentPackets, SentState } from './recovery/sent.ts'
import type { SkippedNumbers } from './recovery/skip.ts'
import type { KeyRing } from './rekey/key-ring.ts'
import type { Micros, PathId } from './units.ts'
import { type CloseFrame, writeClose } from './wire/close-frame.ts'
import { Writer } from './wire/cursor.ts'
import { FrameType } from './wire/frame-types.ts'
import { writeDataHeader, writeDataLength } from './wire/packet.ts'
import { writeChallenge } from './wire/path-frames.ts'

export interface PacketSenderParts {
  readonly session: number
  readonly keys: KeyRing
  readonly sent: SentPackets
  /** Told which frames are wanted again when a probe repeats them. */
  readonly actions: SentFrameSink
  /** Null: none is left out. */
  readonly skipped: SkippedNumbers | null
  readonly loss: Recovery
  /** Null: the line has lost nothing yet. */
  readonly proactive: ProactiveRepeats | null
  readonly acks: AckPolicy
  readonly ackFrequency: AckFrequency
  readonly rtt: Rtt
  /** Another one from time to time: of another path, for example. */
  readonly controller: CongestionController
  readonly pacer: Pacer
  /** More leaves than a session at rest ever says. */
  takeControl(now: Micros): void
  readonly builder: PacketBuilder
  readonly search: MtuSearch
  readonly trace: Trace
  readonly liveness: Liveness
}

/** The least that may stand between header and tag, so that a packet is never shorter than LEAST_SHORT_PACKET_BYTES. */
const LEAST_FRAME_BYTES = LEAST_SHORT_PACKET_BYTES - SHORT_HEADER_BYTES - TAG_BYTES

/** One for all sessions: a packet is written and sealed at once. */
const WRITER = new Writer()

export class PacketSender {
  /** Probes that leave next, whatever window and pacer say. */
  probes = 0
  packetsSent = 0
  bytesSent = 0
  /** Bytes of UDP payload of a full packet. */
  maxDatagramBytes: number
  /** What every path carries. So large is a probe after a timeout: what went unanswered may have been too large for a path that has changed. */
  readonly #baseBytes: number

  readonly #parts: PacketSenderParts
  readonly #writer = WRITER
  #remoteId: Uint8Array = new Uint8Array(0)
  #pacedUntil: Micros = Number.POSITIVE_INFINITY

  constructor(parts: PacketSenderParts, maxDatagramBytes: number) {
    this.#parts = parts
    this.maxDatagramBytes = maxDatagramBytes
    this.#baseBytes = maxDatagramBytes
  }

  /** The handshake is through: the peer has told by which id it knows the session. */
  start(remoteId: Uint8Array): void {
    this.#remoteId = remoteId
  }

  /** The path carries larger datagrams than was known, or no longer those that it did. */
  resize(maxDatagramBytes: number): void {
    this.maxDatagramBytes = maxDatagramBytes
    this.#parts.pacer.onMaxDatagramBytes(maxDatagramBytes)
    this.#parts.controller.onMaxDatagramBytes(maxDatagramBytes)
  }

  /** When the pacer lets the next packet go; `Infinity`: it holds nothing back. */
  get deadline(): Micros {
    return this.#pacedUntil
  }

  /** Sends so many probes, with what the oldest packets on their way held: whatever the peer misses, it misses that first. */
  probe(howMany: number): void {
    const { sent, actions } = this.#parts
    this.probes += howMany
    let left = howMany
    for (let packet = sent.oldest; packet < sent.next && left > 0; packet++) {
      if (sent.state(packet) !== SentState.inFlight || sent.isSizeProbe(packet)) continue
      sent.repeat(packet, actions)
      left--
    }
  }

  /** Fills the batch with packets for `path`; false: nothing may or need be sent now. */
  fill(out: DatagramBatch, path: PathId, now: Micros): boolean {
    const { controller, pacer, rtt, keys, search, ackFrequency } = this.#parts
    // Before the first sample nothing is known of the path, and the initial window may leave at once.
    pacer.adjust(controller, rtt.hasSample ? rtt.smoothed : 0, now)
    out.length = 0
    out.path = path
    out.segmentBytes = this.maxDatagramBytes
    while (!keys.isExhausted && out.length + this.maxDatagramBytes <= out.buffer.length) {
      const fill = this.#nextFill(now)
      if (fill === null) break
      const bytes = this.#append(out, fill, now)
      if (bytes === 0) break
      if (out.length === bytes) out.segmentBytes = bytes
      if (bytes < this.maxDatagramBytes) break
      search.onFull(now)
      ackFrequency.onFull(this.#parts.controller, this.maxDatagramBytes, rtt, now)
    }
    return out.length > 0
  }

  /** A packet that does nothing but ask whether the path carries one so large; false: none is wanted, or the window has no room for one. */
  fillSizeProbe(out: DatagramBatch, path: PathId, now: Micros): boolean {
    const { search, sent, builder } = this.#parts
    const bytes = search.wanted
    if (bytes === 0 || !this.#isWindowOpen) return false
    const writer = this.#begin(out, path, bytes)
    writer.u8(FrameType.ping)
    writer.zeros(writer.room)
    sent.record(SentFrame.sizeProbe, 0, bytes, search.epoch)
    out.segmentBytes = this.#seal(out, 0, now)
    // What is too large has most likely not even left: it must not take the place of fifty datagrams that would.
    this.#commitEliciting(Math.min(bytes, this.maxDatagramBytes), now)
    search.onProbeSent()
    // The ACK of something behind it says soonest that it was lost.
    builder.wantsPing = true
    return true
  }

  /** A packet of its own for one address: a challenge or the answer to one. */
  fillPathMessage(out: DatagramBatch, message: PathMessage, now: Micros): void {
    const writer = this.#begin(out, message.path, this.maxDatagramBytes)
    writeChallenge(writer, message.isResponse ? FrameType.pathResponse : FrameType.pathChallenge, message.challenge)
    const bytes = this.#seal(out, 0, now)
    out.segmentBytes = bytes
    this.#commitEliciting(bytes, now)
  }

  /** A goodbye; nothing is owed for it. */
  fillClose(out: DatagramBatch, path: PathId, frame: CloseFrame, now: Micros): void {
    const writer = this.#begin(out, path, this.maxDatagramBytes)
    writeClose(writer, frame)
    out.segmentBytes = this.#seal(out, 0, now)
    this.#parts.sent.commitBare(now)
  }

  /** What the next packet may hold; null: none may or need be sent. */
  #nextFill(now: Micros): Fill | null {
    const { sent, pacer, builder, loss, acks } = this.#parts
    this.#pacedUntil = Number.POSITIVE_INFINITY
    if (this.probes > 0) {
      this.probes--
      return Fill.probe
    }
    if (builder.hasSomethingToSend) {
      const isWindowOpen = this.#isWindowOpen
      if (isWindowOpen && pacer.budgetBytes(now) >= this.maxDatagramBytes) return Fill.all
      loss.onHeldBack()
      if (isWindowOpen) this.#pacedUntil = pacer.nextSendAt(now, Number.POSITIVE_INFINITY)
    } else if (sent.bytesInFlight < this.#parts.controller.windowBytes) sent.deliveries.onStarved(sent.bytesInFlight)
    // Without anything else to send, an ACK goes as soon as it is due; PING and the rest ride along by their own rules.
    return acks.isDue(now) ? (builder.hasSomethingToSend ? Fill.ackOnly : Fill.all) : null
  }

  get #isWindowOpen(): boolean {
    const { sent, controller } = this.#parts
    return sent.hasRoom && sent.bytesInFlight + this.maxDatagramBytes <= controller.windowBytes
  }

  /** Appends one packet to the batch; 0: there was nothing to put in it. */
  #append(out: DatagramBatch, fill: Fill, now: Micros): number {
    const { sent, skipped, builder, acks } = this.#parts
    if (skipped?.isDue(sent.next)) sent.skip(now)
    const at = out.length
    const writer = this.#writer
    const start = at + SHORT_HEADER_BYTES
    const room = fill === Fill.probe ? this.#baseBytes : this.maxDatagramBytes
    writer.over(out.buffer, start, at + room - TAG_BYTES)
    builder.fill(writer, fill, now)
    if (writer.position === start) return 0
    const bytes = this.#seal(out, at, now)
    if (builder.elicitsAck) this.#commitEliciting(bytes, now)
    else {
      sent.commitBare(now)
      acks.onBareAck()
    }
    if (builder.holdsAck) acks.onAckSent()
    return bytes
  }

  #begin(out: DatagramBatch, path: PathId, bytes: number): Writer {
    out.length = 0
    out.path = path
    return this.#writer.over(out.buffer, SHORT_HEADER_BYTES, bytes - TAG_BYTES)
  }

  /** Pads, writes the header, seals; returns the size of the packet, which is then part of the batch. */
  #seal(out: DatagramBatch, at: number, now: Micros): number {
    const writer = this.#writer
    const { sent, session, keys, trace } = this.#parts
    const framesAt = at + SHORT_HEADER_BYTES
    while (writer.position - framesAt < LEAST_FRAME_BYTES) writer.u8(FrameType.padding)
    const end = writer.position
    writeDataHeader(out.buffer, at, this.#remoteId, sent.next)
    writeDataLength(out.buffer, at, end - framesAt + TAG_BYTES)
    keys.seal(sent.next, out.buffer, at, framesAt, end)
    out.length = end + TAG_BYTES
    const bytes = out.length - at
    this.packetsSent++
    this.bytesSent += bytes
    trace.packetSent(session, sent.next, bytes, now)
    return bytes
  }

  #commitEliciting(bytes: number, now: Micros): void {
    const { sent, loss, acks, liveness } = this.#parts
    // Before this one counts: the first datagram of bulk is the first that the controller sees.
    if (this.#parts.controller === AT_REST.controller && sent.bytesInFlight + bytes >= this.#baseBytes)
      this.#parts.takeControl(now)
    const { controller, pacer, proactive } = this.#parts
    sent.commit(bytes, now)
    loss.onSent(now)
    proactive?.onSent(now)
    controller.onSent(bytes, sent.bytesInFlight, now)
    pacer.onSent(bytes, now)
    acks.onElicitingSent()
    liveness.onSent(now)
  }
}
