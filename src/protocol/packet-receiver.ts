// hot
// Turns sealed packets into frames that act; the counterpart of PacketSender. Whether the session still wants them, and what it means for
// its life that one came, is for the session to say between the two steps.
//
//   open ── length, seen before, keys, tag ──▶ authentic ──▶ act ── where from ── frames ── an ACK is owed

import { CloseCode, DropReason } from './errors.ts'
import type { FrameActions } from './frame-actions.ts'
import { SHORT_HEADER_BYTES } from './limits.ts'
import type { Liveness } from './path/liveness.ts'
import type { Path } from './path/path.ts'
import { TAG_BYTES, type Trace } from './ports.ts'
import type { AckPolicy } from './recovery/ack-policy.ts'
import type { ReceivedPackets } from './recovery/received.ts'
import type { Recovery } from './recovery/recovery.ts'
import { MOST_TRACKED_PACKETS, type SentPackets } from './recovery/sent.ts'
import type { KeyRing } from './rekey/key-ring.ts'
import type { Rekey } from './rekey/rekey.ts'
import type { Micros, PacketNumber, PathId } from './units.ts'
import type { FrameWalker } from './wire/frames.ts'
import { dataPacketCounter } from './wire/packet.ts'

export interface PacketReceiverParts {
  readonly session: number
  /** Every packet arrives once and in order; one that does not has been tampered with. */
  readonly isReliable: boolean
  readonly keys: KeyRing
  readonly rekey: Rekey
  readonly received: ReceivedPackets
  readonly sent: SentPackets
  readonly acks: AckPolicy
  readonly loss: Recovery
  readonly path: Path
  /** One for all sessions of the endpoint. */
  readonly walker: FrameWalker
  readonly actions: FrameActions
  readonly trace: Trace
  readonly liveness: Liveness
  /** The peer broke a rule: it is sent away. */
  onViolation(code: CloseCode, reason: string): void
}

/** Bytes stop leaving at half of this. A peer that still draws ACKs out of us and returns none wants our memory: each takes a slot. */
const MOST_UNSETTLED_PACKETS = 2 * MOST_TRACKED_PACKETS

export class PacketReceiver {
  packetsReceived = 0
  bytesReceived = 0

  readonly #parts: PacketReceiverParts
  /** Of the packet that was opened last, and of all before it. */
  #counter: PacketNumber = -1
  #largestBefore: PacketNumber = -1

  constructor(parts: PacketReceiverParts) {
    this.#parts = parts
  }

  /** Checks and decrypts the packet `at…end` of `buffer`, in place. Answers a DropReason and has changed nothing, or 0: `act` must follow. */
  open(buffer: Uint8Array, at: number, end: number, now: Micros): number {
    const { keys, rekey, received, session, isReliable, trace } = this.#parts
    const counter = dataPacketCounter(buffer, at)
    if (counter < 0 || end - at < SHORT_HEADER_BYTES + TAG_BYTES) return DropReason.badLength
    if (received.has(counter)) return DropReason.duplicate
    if (isReliable && counter !== received.largest + 1) return DropReason.outOfOrder
    const opener = keys.opener(buffer[at]!, now)
    if (!opener?.open(counter, buffer, at, at + SHORT_HEADER_BYTES, end)) return DropReason.notAuthentic
    if (keys.onOpened(buffer[at]!)) rekey.onPeerChanged(now)
    this.#counter = counter
    this.#largestBefore = received.largest
    received.add(counter)
    this.packetsReceived++
    this.bytesReceived += end - at
    trace.packetReceived(session, counter, end - at, now)
    return 0
  }

  /** Lets the frames of the packet that was just opened act; it came `from` there. */
  act(buffer: Uint8Array, at: number, end: number, from: PathId, now: Micros): void {
    const { acks, walker } = this.#parts
    if (this.#counter > this.#largestBefore) this.#follow(from, now)
    this.#walk(buffer, at, end, from, now)
    acks.onPacket(this.#counter, this.#largestBefore, walker.elicitsAck, now)
    if (walker.wantsHaste) acks.hurry(now)
    if (walker.elicitsAck) this.#parts.liveness.onAsked(now)
  }

  /** Only the newest packet says where the peer is. */
  #follow(from: PathId, now: Micros): void {
    const { path, loss } = this.#parts
    if (from === path.current) path.onStayed()
    else path.onMoved(from, loss.probeTimeout, now)
  }

  #walk(buffer: Uint8Array, at: number, end: number, from: PathId, now: Micros): void {
    const { actions, walker, sent } = this.#parts
    actions.now = now
    actions.from = from
    const frames = walker.reader.over(buffer, at + SHORT_HEADER_BYTES, end - TAG_BYTES)
    const verdict = walker.walk(frames, actions)
    if (verdict !== CloseCode.none) this.#parts.onViolation(verdict, '')
    else if (sent.next - sent.oldest > MOST_UNSETTLED_PACKETS)
      this.#parts.onViolation(CloseCode.protocolViolation, 'too many packets without an ACK')
  }
}
