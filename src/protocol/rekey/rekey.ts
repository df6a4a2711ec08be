// When a session gets new keys, and how its two sides agree on them: a handshake like the first, in frames of the session itself.
//
//   beginner                                                    answerer
//      │ REKEY_INIT 7                     sealed with 6 ──────▶ │ may open 7, seals with 6
//      │ ◀────── sealed with 6                     REKEY_RESP 7 │
//      │ PING                             sealed with 7 ──────▶ │ seals with 7, still opens 6
//      │ ◀────── sealed with 7                              ACK │
//
// The frames are sealed, so nobody outside can forge or replay one; they are repeated like any frame that is lost, and one that comes
// again is ignored. While a handshake is under way the old keys go on: nothing waits for it.

import { CloseCode } from '../errors.ts'
import { CONNECTION_ID_BYTES, LEAST_PACKETS_PER_KEY } from '../limits.ts'
import type { DialHandshake, Renewal, SessionKeys } from '../ports.ts'
import type { ReceivedPackets } from '../recovery/received.ts'
import type { SentPackets } from '../recovery/sent.ts'
import { type Micros, SECOND } from '../units.ts'
import { varintBytes, Writer } from '../wire/cursor.ts'
import { FrameType } from '../wire/frame-types.ts'
import { REKEY_INIT_BYTES, REKEY_RESP_BYTES, type RekeyFrame, type RekeyType } from '../wire/rekey-frames.ts'
import type { KeyRing } from './key-ring.ts'
import { TalkTime } from './talk-time.ts'

export interface RekeyWish {
  readonly rekeyAfterPackets: number
  readonly rekeyAfter: Micros
  readonly rekeyWithin: Micros
}

/** Why keys were changed, for traces. */
export const RekeyReason = { packets: 1, age: 2, peer: 3 } as const
export type RekeyReason = (typeof RekeyReason)[keyof typeof RekeyReason]

export interface RekeyParts {
  readonly keys: KeyRing
  readonly sent: SentPackets
  readonly received: ReceivedPackets
  readonly isDialler: boolean
  /** How long it takes at most until the peer has heard of something. */
  probeTimeout(): Micros
  /** New keys seal from now on. If we have begun, the peer must see a packet under them. */
  onKeysChanged(why: RekeyReason, now: Micros): void
}

/** What is under way. */
type Exchange =
  | { readonly kind: 'none' }
  | { readonly kind: 'begun'; readonly handshake: DialHandshake; readonly why: RekeyReason }
  /** Until the peer uses the keys. */
  | { readonly kind: 'answered' }

const NONE: Exchange = { kind: 'none' }

/** The listener begins only if its dialler, which sees the same packets, has let the time for it pass. */
const LISTENER_PATIENCE = 1.25
/** Overtaken packets under the previous keys are opened for so long after the peer was first seen to use the new ones. */
const KEEP_PREVIOUS: Micros = 10 * SECOND
const KEEP_PREVIOUS_TIMEOUTS = 3
/** A handshake costs as much as dozens of packets. So many are free; beyond, a peer must have sent the packets for which keys are changed. */
const FREE_REKEYS = 64

const LABEL = new TextEncoder().encode('edgerq/1 rekey')
const NOTHING = new Uint8Array(0)

export class Rekey {
  /** A frame is to be sent, or to be sent again. */
  wantsFrame = false

  readonly #parts: RekeyParts
  readonly #afterPackets: number
  readonly #after: Micros
  readonly #within: Micros
  /** Since a change was begun that has not come to its end. */
  readonly #underWay = new TalkTime()
  #renewal: Renewal | null = null
  #exchange: Exchange = NONE
  #frame: Uint8Array = NOTHING
  /** The ids of both sides, the dialler's first. */
  #ids: readonly Uint8Array[] = []
  /** Since when the current keys are used. */
  #since: Micros = 0

  constructor(parts: RekeyParts, wish: RekeyWish) {
    if (wish.rekeyAfterPackets < LEAST_PACKETS_PER_KEY)
      throw new RangeError(`a key is for at least ${LEAST_PACKETS_PER_KEY} packets`)
    const patience = parts.isDialler ? 1 : LISTENER_PATIENCE
    this.#parts = parts
    this.#afterPackets = wish.rekeyAfterPackets * patience
    this.#after = wish.rekeyAfter * patience
    this.#within = wish.rekeyWithin
  }

  /** The first handshake is through. */
  start(keys: SessionKeys, localId: Uint8Array, remoteId: Uint8Array, now: Micros): void {
    this.#parts.keys.start(keys)
    this.#renewal = keys.renewal
    this.#ids = this.#parts.isDialler ? [localId, remoteId] : [remoteId, localId]
    this.#since = now
  }

  /** Begins a handshake if it is time for one; called after each packet that came, and before any leaves. */
  step(now: Micros): void {
    if (this.#isUnderWay) {
      this.#underWay.onHeard(this.#parts.received.largest, now)
      return
    }
    const why = this.#reason(now)
    if (why !== null) this.#begin(why, now)
  }

  /** The peer has been talking to us for so long and not let us come to new keys: the old ones protect too much. */
  get isOverdue(): boolean {
    return this.#underWay.elapsed >= this.#within
  }

  /** The peer was seen to use the current keys: it will not use the previous ones any more. */
  onPeerChanged(now: Micros): void {
    if (this.#exchange.kind === 'answered') {
      this.#settle(now)
      this.#parts.onKeysChanged(RekeyReason.peer, now)
    }
    this.#underWay.restart(this.#parts.received.largest, now)
    const timeouts = KEEP_PREVIOUS_TIMEOUTS * this.#parts.probeTimeout()
    this.#parts.keys.keepPreviousUntil(now + Math.max(timeouts, KEEP_PREVIOUS))
  }

  onFrame(frame: RekeyFrame, now: Micros): CloseCode {
    if (frame.number < this.nextNumber) return CloseCode.none
    // Whoever agrees on the next keys has the current ones, and seals with them.
    if (frame.number > this.nextNumber || this.#parts.keys.opened === 0) return CloseCode.protocolViolation
    return frame.type === FrameType.rekeyInit ? this.#onInit(frame.message, now) : this.#onResp(frame.message, now)
  }

  /** Of the keys that a handshake would bring now. */
  get nextNumber(): number {
    return this.#parts.keys.number + 1
  }

  /** Writes the frame that waits; false: no room. */
  write(writer: Writer): boolean {
    if (writer.room < this.#frame.length) return false
    writer.bytes(this.#frame)
    this.wantsFrame = false
    return true
  }

  onFrameLost(number: number): void {
    if (this.#exchange.kind !== 'none' && number === this.nextNumber) this.wantsFrame = true
  }

  /** Until the peer is seen to use the current keys it may still need the previous ones. */
  get #isUnderWay(): boolean {
    return this.#exchange.kind !== 'none' || this.#parts.keys.opened === 0
  }

  #reason(now: Micros): RekeyReason | null {
    const { sealed, opened } = this.#parts.keys
    if (sealed >= this.#afterPackets || opened >= this.#afterPackets) return RekeyReason.packets
    const isOld = now - this.#since >= this.#after && sealed + opened >= LEAST_PACKETS_PER_KEY
    return isOld ? RekeyReason.age : null
  }

  #begin(why: RekeyReason, now: Micros): void {
    const handshake = this.#renewal!.dial(this.#prologue())
    const frame = newFrame(FrameType.rekeyInit, this.nextNumber, REKEY_INIT_BYTES)
    handshake.writeInit(NOTHING, NOTHING, frame, frame.length - REKEY_INIT_BYTES)
    this.#exchange = { kind: 'begun', handshake, why }
    this.#underWay.restart(this.#parts.received.largest, now)
    this.#say(frame)
  }

  #onInit(message: Uint8Array, now: Micros): CloseCode {
    if (this.#exchange.kind === 'answered') return CloseCode.none
    if (this.#exchange.kind === 'begun' && this.#renewal!.prevails) return CloseCode.none
    if (this.#isTooOften()) return CloseCode.protocolViolation
    const handshake = this.#renewal!.answer(this.#prologue(), NOTHING, message)
    if (handshake === null) return CloseCode.protocolViolation
    const frame = newFrame(FrameType.rekeyResp, this.nextNumber, REKEY_RESP_BYTES)
    this.#parts.keys.expect(handshake.writeResp(NOTHING, NOTHING, frame, frame.length - REKEY_RESP_BYTES).keys)
    if (this.#exchange.kind === 'none') this.#underWay.restart(this.#parts.received.largest, now)
    this.#exchange = { kind: 'answered' }
    this.#say(frame)
    return CloseCode.none
  }

  #onResp(message: Uint8Array, now: Micros): CloseCode {
    if (this.#exchange.kind !== 'begun') return CloseCode.none
    const read = this.#exchange.handshake.readResp(NOTHING, message)
    if (read === null) return CloseCode.protocolViolation
    const { why } = this.#exchange
    this.#parts.keys.change(read.keys)
    this.#settle(now)
    this.#parts.onKeysChanged(why, now)
    return CloseCode.none
  }

  /** Whichever side begins has seen the packets that it takes; those that were lost have left their numbers. */
  #isTooOften(): boolean {
    const packets = this.#parts.sent.next + this.#parts.received.largest
    return (this.nextNumber - FREE_REKEYS) * LEAST_PACKETS_PER_KEY > packets
  }

  #say(frame: Uint8Array): void {
    this.#frame = frame
    this.wantsFrame = true
  }

  /** The keys that were agreed on are the current ones. */
  #settle(now: Micros): void {
    this.#since = now
    this.#exchange = NONE
    this.#frame = NOTHING
    this.wantsFrame = false
  }

  /** Bound into the handshake: of which session it is, and which of its keys it makes. */
  #prologue(): Uint8Array {
    const prologue = new Uint8Array(LABEL.length + 2 * CONNECTION_ID_BYTES + 8)
    const writer = new Writer().over(prologue, 0, prologue.length)
    writer.bytes(LABEL)
    for (const id of this.#ids) writer.bytes(id)
    writer.u64(this.nextNumber)
    return prologue
  }
}

/** A frame with room for a message at its end. */
function newFrame(type: RekeyType, number: number, messageBytes: number): Uint8Array {
  const frame = new Uint8Array(1 + varintBytes(number) + messageBytes)
  const writer = new Writer().over(frame, 0, frame.length)
  writer.u8(type)
  writer.varint(number)
  return frame
}
