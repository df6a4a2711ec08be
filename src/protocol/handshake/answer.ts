// The listener's handshake: checks an INIT, makes the RESP, and keeps it for as long as the dialler may repeat its question.

import { DropReason } from '../errors.ts'
import { CONFIRM_WITHIN, CONNECTION_ID_BYTES, LEAST_INIT_BYTES, PROTOCOL_VERSION } from '../limits.ts'
import type { AnswerHandshake, Crypto, SessionKeys } from '../ports.ts'
import type { Micros } from '../units.ts'
import { INIT_HEADER_BYTES, MAC_BYTES, MACS_BYTES, PacketType, RESP_HEADER_BYTES } from '../wire/packet.ts'
import { helloOfInit, isMacRight } from './dial.ts'
import { encodeHello, type Hello } from './hello.ts'
import { prologue } from './prologue.ts'

/** A question that is worth a session. */
export interface Question {
  readonly handshake: AnswerHandshake
  readonly hello: Hello
  /** The id that the dialler chose. */
  readonly remoteId: Uint8Array
}

/** A reason: for another listener, forged, damaged, not of this version, or from somebody who is not let in; nothing is answered. */
export function readInit(crypto: Crypto, packet: Uint8Array): Question | DropReason {
  if (packet.length < LEAST_INIT_BYTES) return DropReason.tooShort
  if (packet[1] !== PROTOCOL_VERSION) return DropReason.unknownVersion
  if (!isMacRight(crypto, packet)) return DropReason.badMac
  const header = packet.subarray(0, INIT_HEADER_BYTES)
  const handshake = crypto.answer(prologue(), header, packet.subarray(INIT_HEADER_BYTES, packet.length - MACS_BYTES))
  const hello = handshake && helloOfInit(handshake.payload)
  if (hello === null) return DropReason.badHandshake
  return { handshake: handshake!, hello, remoteId: header.slice(INIT_HEADER_BYTES - CONNECTION_ID_BYTES) }
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
  readonly #mac: Uint8Array

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
    packet.set(question.remoteId, INIT_HEADER_BYTES - CONNECTION_ID_BYTES)
    packet.set(own.id, INIT_HEADER_BYTES)
    const header = packet.slice(0, RESP_HEADER_BYTES)
    const written = question.handshake.writeResp(header, payload, packet, RESP_HEADER_BYTES)
    crypto.mac(packet, written.end, packet, written.end)
    this.resp = packet.slice(0, written.end + MACS_BYTES)
    this.keys = written.keys
    this.peerKey = question.handshake.peerKey
    this.deadline = now + CONFIRM_WITHIN
    this.#crypto = crypto
    this.#mac = macOf(init).slice()
  }

  /** The dialler is still there, and has not got the answer. */
  onRepeated(now: Micros): void {
    this.deadline = now + CONFIRM_WITHIN
  }

  /** True: the very INIT that was answered, so the same answer is right. A mac1 that was copied must also fit what stands before it. */
  isFor(init: Uint8Array): boolean {
    return this.#crypto.equal(macOf(init), this.#mac) && isMacRight(this.#crypto, init)
  }
}

function macOf(packet: Uint8Array): Uint8Array {
  const at = packet.length - MACS_BYTES
  return packet.subarray(at, at + MAC_BYTES)
}
