// The dialler's handshake: one INIT, repeated byte for byte until its RESP comes or nobody will answer any more.

import { CONNECTION_ID_BYTES, DIAL_FOR, LEAST_INIT_BYTES, PROTOCOL_VERSION } from '../limits.ts'
import type { Crypto, DialHandshake, SessionKeys } from '../ports.ts'
import { MILLISECOND, type Micros, SECOND } from '../units.ts'
import { INIT_HEADER_BYTES, MACS_BYTES, PacketType, RESP_HEADER_BYTES } from '../wire/packet.ts'
import { decodeHello, encodeHello, type Hello } from './hello.ts'
import { prologue } from './prologue.ts'

/** Pauses before the first repeats; later ones come every second. */
const REPEAT_AFTER: readonly Micros[] = [250 * MILLISECOND, 500 * MILLISECOND]
const REPEAT_LATER: Micros = SECOND

/** What a RESP brought. */
export interface Dialled {
  readonly hello: Hello
  readonly keys: SessionKeys
  /** The listener's static public key. */
  readonly peerKey: Uint8Array
  /** The id that the listener chose: it stands in every packet that we send. */
  readonly remoteId: Uint8Array
}

export class Dial {
  /** The INIT as it is sent each time. */
  readonly init: Uint8Array
  readonly #crypto: Crypto
  readonly #handshake: DialHandshake
  readonly #givesUpAt: Micros
  #repeatAt: Micros
  #sent = 0
  #sentAt: Micros = 0

  constructor(crypto: Crypto, ownId: Uint8Array, hello: Hello, now: Micros) {
    this.#crypto = crypto
    this.#handshake = crypto.dial(prologue())
    this.init = this.#write(ownId, hello)
    this.#repeatAt = now
    this.#givesUpAt = now + DIAL_FOR
  }

  get deadline(): Micros {
    return Math.min(this.#repeatAt, this.#givesUpAt)
  }

  hasGivenUp(now: Micros): boolean {
    return now >= this.#givesUpAt
  }

  /** True: the INIT is to be sent now; the next time is set. */
  isDue(now: Micros): boolean {
    if (now < this.#repeatAt) return false
    this.#repeatAt = now + (REPEAT_AFTER[this.#sent] ?? REPEAT_LATER)
    this.#sent++
    this.#sentAt = now
    return true
  }

  /** How long question and answer took; null if it was asked more than once, since nobody knows which one was answered (Karn). */
  roundTrip(now: Micros): Micros | null {
    return this.#sent === 1 ? Math.max(now - this.#sentAt, 1) : null
  }

  /** Null: not a genuine answer to this INIT; the dial goes on as if nothing had come. */
  onResp(packet: Uint8Array): Dialled | null {
    const bodyEnd = packet.length - MACS_BYTES
    if (bodyEnd <= RESP_HEADER_BYTES || !isMacRight(this.#crypto, packet)) return null
    const read = this.#handshake.readResp(
      packet.subarray(0, RESP_HEADER_BYTES),
      packet.subarray(RESP_HEADER_BYTES, bodyEnd),
    )
    const hello = read && decodeHello(read.payload)
    if (hello === null) return null
    const remoteId = packet.slice(RESP_HEADER_BYTES - CONNECTION_ID_BYTES, RESP_HEADER_BYTES)
    return { hello, keys: read!.keys, peerKey: read!.peerKey, remoteId }
  }

  #write(ownId: Uint8Array, hello: Hello): Uint8Array {
    const packet = new Uint8Array(LEAST_INIT_BYTES)
    packet[0] = PacketType.init
    packet[1] = PROTOCOL_VERSION
    packet.set(ownId, INIT_HEADER_BYTES - CONNECTION_ID_BYTES)
    const header = packet.slice(0, INIT_HEADER_BYTES)
    // The payload is padded, not the packet: what fills an INIT up is authenticated like everything else in it.
    const payload = new Uint8Array(INIT_PAYLOAD_BYTES)
    const { credential } = this.#crypto
    const said = encodeHello(credential === undefined ? hello : { ...hello, credential })
    payload[0] = said.length >>> 8
    payload[1] = said.length
    payload.set(said, 2)
    this.#handshake.writeInit(header, payload, packet, INIT_HEADER_BYTES)
    this.#crypto.mac(packet, LEAST_INIT_BYTES - MACS_BYTES, packet, LEAST_INIT_BYTES - MACS_BYTES)
    return packet
  }
}

/** Ephemeral key 32, static key and its tag 48, payload, tag 16. */
const INIT_PAYLOAD_BYTES = LEAST_INIT_BYTES - INIT_HEADER_BYTES - 32 - 48 - 16 - MACS_BYTES

/** What the dialler said, from the padded payload of its INIT. */
export function helloOfInit(payload: Uint8Array): Hello | null {
  if (payload.length < 2) return null
  const length = payload[0]! * 256 + payload[1]!
  return length > payload.length - 2 ? null : decodeHello(payload.subarray(2, 2 + length))
}

/** Checks mac1, which stands before mac2 at the end of every handshake packet. */
export function isMacRight(crypto: Crypto, packet: Uint8Array): boolean {
  const at = packet.length - MACS_BYTES
  crypto.mac(packet, at, expected, 0)
  return crypto.equal(expected, packet.subarray(at, at + expected.length))
}

const expected = new Uint8Array(16)
