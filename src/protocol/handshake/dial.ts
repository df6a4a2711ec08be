// The dialler's handshake: one INIT, repeated until its RESP comes or nobody will answer any more. The repeats are the same bytes; only
// mac2 changes, once the listener asks for one by a COOKIE. On a reliable line it is sent once.

import { CONNECTION_ID_BYTES, DIAL_FOR, LEAST_INIT_BYTES } from '../limits.ts'
import { type Line, type LineRules, rulesOf } from '../line.ts'
import type { Crypto, DialHandshake, SessionKeys } from '../ports.ts'
import { MILLISECOND, type Micros, type PathId, SECOND } from '../units.ts'
import { INIT_HEADER_BYTES, MACS_BYTES, RESP_HEADER_BYTES, writeInitHeader } from '../wire/packet.ts'
import { readCookie } from './cookies.ts'
import { decodeHello, encodeHello, type Hello } from './hello.ts'
import { hasMac2, isMac1Right, mac1Of, writeMac1, writeMac2 } from './macs.ts'
import { prologue } from './prologue.ts'

/** Pauses before the first repeats; later ones come every second. */
const REPEAT_AFTER: readonly Micros[] = [250 * MILLISECOND, 500 * MILLISECOND]
const REPEAT_LATER: Micros = SECOND

/** What an INIT says, and what it is said over. */
export interface Caller {
  /** The connection id that we chose. */
  readonly id: Uint8Array
  readonly hello: Hello
  /** What the listener gave us when we were last there; empty: nothing. */
  readonly token: Uint8Array
  readonly line: Line
  readonly path: PathId
}

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
  readonly #rules: LineRules
  readonly #givesUpAt: Micros
  #repeatAt: Micros
  /** How often it was sent; anew with the first COOKIE, since it is another question then. */
  #timesSent = 0
  #sentAt: Micros = 0
  #mayHurry = true

  constructor(crypto: Crypto, caller: Caller, now: Micros) {
    this.#crypto = crypto
    this.#handshake = crypto.dial(prologue(caller.line, caller.path))
    this.#rules = rulesOf(caller.line)
    this.init = this.#write(caller)
    this.#repeatAt = now
    this.#givesUpAt = now + DIAL_FOR
  }

  get deadline(): Micros {
    if (this.#rules.isReliable) return this.#givesUpAt
    return Math.min(this.#repeatAt, this.#givesUpAt)
  }

  hasGivenUp(now: Micros): boolean {
    return now >= this.#givesUpAt
  }

  /** True: the INIT is to be sent now; the next time is set. */
  isDue(now: Micros): boolean {
    if (now < this.#repeatAt) return false
    this.#repeatAt = now + this.#pause
    this.#timesSent++
    this.#sentAt = now
    return true
  }

  get #pause(): Micros {
    if (this.#rules.isReliable) return Number.POSITIVE_INFINITY
    return REPEAT_AFTER[this.#timesSent] ?? REPEAT_LATER
  }

  /** How long question and answer took; null if it was asked more than once, since nobody knows which one was answered (Karn). */
  roundTrip(now: Micros): Micros | null {
    return this.#timesSent === 1 ? Math.max(now - this.#sentAt, 1) : null
  }

  /**
   * The listener wants to know that we are where we say. False: that was no answer to our INIT. The first one is answered at once, as a new
   * question; later ones with the next repeat, so that nobody who makes COOKIEs can make us send.
   */
  onCookie(packet: Uint8Array, now: Micros): boolean {
    const cookie = readCookie(this.#crypto, packet, mac1Of(this.init))
    if (cookie === null) return false
    writeMac2(this.#crypto, this.init, cookie)
    if (!this.#mayHurry) return true
    this.#mayHurry = false
    this.#timesSent = 0
    this.#repeatAt = now
    return true
  }

  /** Null: not a genuine answer to this INIT; the dial goes on as if nothing had come. */
  onResp(packet: Uint8Array): Dialled | null {
    const bodyEnd = packet.length - MACS_BYTES
    if (bodyEnd <= RESP_HEADER_BYTES || packet.length > LEAST_INIT_BYTES) return null
    if (hasMac2(packet) || !isMac1Right(this.#crypto, packet)) return null
    const read = this.#handshake.readResp(
      packet.subarray(0, RESP_HEADER_BYTES),
      packet.subarray(RESP_HEADER_BYTES, bodyEnd),
    )
    const hello = read && decodeHello(read.payload)
    if (hello === null) return null
    // Not a slice, which of a Buffer is no copy.
    const remoteId = new Uint8Array(packet.subarray(RESP_HEADER_BYTES - CONNECTION_ID_BYTES, RESP_HEADER_BYTES))
    return { hello, keys: read!.keys, peerKey: read!.peerKey, remoteId }
  }

  #write({ id, hello, token }: Caller): Uint8Array {
    const { credential } = this.#crypto
    const said = encodeHello(credential === undefined ? hello : { ...hello, credential })
    const bareBytes = INIT_HEADER_BYTES + token.length + INIT_OVERHEAD_BYTES
    // The payload is padded, not the packet: what fills an INIT up is authenticated like everything else in it.
    const payload = new Uint8Array(Math.max(2 + said.length, this.#rules.leastInitBytes - bareBytes))
    const packet = new Uint8Array(bareBytes + payload.length)
    const bodyAt = writeInitHeader(packet, id, token)
    payload[0] = said.length >>> 8
    payload[1] = said.length
    payload.set(said, 2)
    const end = this.#handshake.writeInit(packet.slice(0, bodyAt), payload, packet, bodyAt)
    writeMac1(this.#crypto, packet, end)
    return packet
  }
}

/** Ephemeral key 32, static key and its tag 48, tag of the payload 16, macs. */
const INIT_OVERHEAD_BYTES = 32 + 48 + 16 + MACS_BYTES

/** What the dialler said, from the padded payload of its INIT. */
export function helloOfInit(payload: Uint8Array): Hello | null {
  if (payload.length < 2) return null
  const length = payload[0]! * 256 + payload[1]!
  return length > payload.length - 2 ? null : decodeHello(payload.subarray(2, 2 + length))
}
