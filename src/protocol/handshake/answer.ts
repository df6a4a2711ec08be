// The listener's handshake: checks an INIT, makes the RESP, and keeps it for as long as the dialler may repeat its question.

import { DropReason } from '../errors.ts'
import { CONFIRM_WITHIN, LEAST_INIT_BYTES, MOST_INIT_BYTES, PROTOCOL_VERSION } from '../limits.ts'
import type { LineRules } from '../line.ts'
import type { AnswerHandshake, Crypto, SessionKeys } from '../ports.ts'
import type { Micros } from '../units.ts'
import {
  DIALLER_ID_AT,
  INIT_HEADER_BYTES,
  initBodyAt,
  MACS_BYTES,
  PacketType,
  RESP_HEADER_BYTES,
} from '../wire/packet.ts'
import { helloOfInit } from './dial.ts'
import { encodeHello, type Hello } from './hello.ts'
import { hasMac2, isMac1Right, mac1Of, writeMac1 } from './macs.ts'

/** A question that is worth a session. */
export interface Question {
  readonly handshake: AnswerHandshake
  readonly hello: Hello
  /** The id that the dialler chose. */
  readonly remoteId: Uint8Array
}

/** What costs little to see, and comes first: 0, or the reason why this is not an INIT for us. */
export function refusalOf(crypto: Crypto, packet: Uint8Array, rules: LineRules): DropReason | 0 {
  if (packet.length < rules.leastInitBytes) return DropReason.tooShort
  if (packet.length > MOST_INIT_BYTES) return DropReason.badLength
  if (packet[1] !== PROTOCOL_VERSION) return DropReason.unknownVersion
  if (!isMac1Right(crypto, packet)) return DropReason.badMac
  return rules.isReliable && showsProof(packet) ? DropReason.badHandshake : 0
}

/** A connection proves the address by itself. */
function showsProof(init: Uint8Array): boolean {
  return initBodyAt(init) > INIT_HEADER_BYTES || hasMac2(init)
}

/** What the INIT says, by two agreements on a key. Null: forged, damaged, or from somebody who is not let in; nothing is answered. */
export function readInit(crypto: Crypto, packet: Uint8Array, begunWith: Uint8Array): Question | null {
  const bodyAt = initBodyAt(packet)
  const handshake = crypto.answer(
    begunWith,
    packet.subarray(0, bodyAt),
    packet.subarray(bodyAt, packet.length - MACS_BYTES),
  )
  const hello = handshake && helloOfInit(handshake.payload)
  // Not a slice, which of a Buffer is no copy: an id of eight bytes would keep the datagram for as long as the session lives.
  const remoteId = new Uint8Array(packet.subarray(DIALLER_ID_AT, INIT_HEADER_BYTES))
  return hello && { handshake: handshake!, hello, remoteId }
}

/** One answered INIT, until the dialler has shown by a first data packet that it got the answer. */
export class Answer {
  /** The RESP as it is sent each time the same INIT comes. */
  readonly resp: Uint8Array
  readonly keys: SessionKeys
  /** The dialler's static public key. */
  readonly peerKey: Uint8Array
  /** The session is forgotten if nothing confirms it until then; each repeat of the question puts it off. */
  deadline: Micros
  readonly #crypto: Crypto
  readonly #mac1: Uint8Array
  /** The answer is owed: once for each time that the question came. */
  #isOwed = true

  constructor(
    crypto: Crypto,
    init: Uint8Array,
    question: Question,
    own: { id: Uint8Array; hello: Hello },
    now: Micros,
  ) {
    const payload = encodeHello(own.hello)
    const packet = new Uint8Array(LEAST_INIT_BYTES)
    packet[0] = PacketType.resp
    packet[1] = PROTOCOL_VERSION
    packet.set(question.remoteId, DIALLER_ID_AT)
    packet.set(own.id, INIT_HEADER_BYTES)
    const header = packet.slice(0, RESP_HEADER_BYTES)
    const written = question.handshake.writeResp(header, payload, packet, RESP_HEADER_BYTES)
    writeMac1(crypto, packet, written.end)
    this.resp = packet.slice(0, written.end + MACS_BYTES)
    this.keys = written.keys
    this.peerKey = question.handshake.peerKey
    this.deadline = now + CONFIRM_WITHIN
    this.#crypto = crypto
    this.#mac1 = new Uint8Array(mac1Of(init))
  }

  /** True: the very INIT that was answered, so the same answer is owed again. Its mac1 must have been checked: it covers all but mac2. */
  onInit(init: Uint8Array, now: Micros): boolean {
    if (!this.#crypto.equal(mac1Of(init), this.#mac1)) return false
    this.deadline = now + CONFIRM_WITHIN
    this.#isOwed = true
    return true
  }

  /** True: the RESP is to be sent now, and then not before the next INIT. */
  isDue(): boolean {
    const isOwed = this.#isOwed
    this.#isOwed = false
    return isOwed
  }
}
