// Cookies: how a listener that has much to do learns that an INIT comes from where it says, without keeping anything of it.
//
//   cookie   16 bytes over address, port and the dialler's id, under a secret of the moment
//   COOKIE   3 | version | 0 0 | dialler's id 8 | nonce 12 | cookie 16 + 16       sealed with the header and the INIT's mac1
//
// Only who sees what is sent to that address can answer with a mac2 that fits. An answer is a twentieth of its question.

import { CONNECTION_ID_BYTES, DIAL_FOR, PROTOCOL_VERSION } from '../limits.ts'
import { type Crypto, NONCE_BYTES, type Random } from '../ports.ts'
import { type Micros, SECOND } from '../units.ts'
import {
  COOKIE_BYTES,
  COOKIE_PACKET_BYTES,
  DIALLER_ID_AT,
  INIT_HEADER_BYTES,
  MAC_BYTES,
  PacketType,
} from '../wire/packet.ts'
import { ADDRESS_BYTES } from './address.ts'
import { isMac2Right, mac1Of } from './macs.ts'

/** Too short for cookies to be collected. */
const SECRET_FOR: Micros = 120 * SECOND
/** The secret before counts for so long yet: a dial that was asked just before the change must come to its end. */
const SECRET_BEFORE_FOR: Micros = DIAL_FOR + 10 * SECOND
const SECRET_BYTES = 32
const SEALED_AT = INIT_HEADER_BYTES + NONCE_BYTES

/** What the listener knows. */
export class Cookies {
  readonly #crypto: Crypto
  readonly #random: Random
  #secret: Uint8Array
  #secretBefore: Uint8Array
  #renewedAt: Micros
  readonly #named = new Uint8Array(ADDRESS_BYTES + CONNECTION_ID_BYTES)
  readonly #cookie = new Uint8Array(COOKIE_BYTES)

  constructor(crypto: Crypto, random: Random, now: Micros) {
    this.#crypto = crypto
    this.#random = random
    this.#secret = this.#newSecret()
    this.#secretBefore = this.#newSecret()
    this.#renewedAt = now
  }

  /** True: its mac2 was made with a cookie that we sent to `address` lately. */
  isProven(init: Uint8Array, address: Uint8Array, now: Micros): boolean {
    this.#renew(now)
    if (isMac2Right(this.#crypto, init, this.#cookieFor(init, address, this.#secret))) return true
    if (now >= this.#renewedAt + SECRET_BEFORE_FOR) return false
    return isMac2Right(this.#crypto, init, this.#cookieFor(init, address, this.#secretBefore))
  }

  /** The COOKIE that answers this INIT. */
  answerTo(init: Uint8Array, address: Uint8Array, now: Micros): Uint8Array {
    this.#renew(now)
    const packet = new Uint8Array(COOKIE_PACKET_BYTES)
    packet[0] = PacketType.cookie
    packet[1] = PROTOCOL_VERSION
    packet.set(init.subarray(DIALLER_ID_AT, INIT_HEADER_BYTES), DIALLER_ID_AT)
    const nonce = packet.subarray(INIT_HEADER_BYTES, SEALED_AT)
    this.#random.fill(nonce)
    const cookie = this.#cookieFor(init, address, this.#secret)
    packet.set(this.#crypto.seal(this.#crypto.cookieKey, nonce, vouchedFor(packet, mac1Of(init)), cookie), SEALED_AT)
    return packet
  }

  /** Overwritten by the next call. */
  #cookieFor(init: Uint8Array, address: Uint8Array, secret: Uint8Array): Uint8Array {
    this.#named.set(address)
    this.#named.set(init.subarray(DIALLER_ID_AT, INIT_HEADER_BYTES), ADDRESS_BYTES)
    this.#crypto.macWith(secret, this.#named, this.#named.length, this.#cookie, 0)
    return this.#cookie
  }

  #renew(now: Micros): void {
    const age = now - this.#renewedAt
    if (age < SECRET_FOR) return
    // After a long silence the one before would be as old as the silence.
    this.#secretBefore = age < 2 * SECRET_FOR ? this.#secret : this.#newSecret()
    this.#secret = this.#newSecret()
    this.#renewedAt = now
  }

  #newSecret(): Uint8Array {
    const secret = new Uint8Array(SECRET_BYTES)
    this.#random.fill(secret)
    return secret
  }
}

/** What the dialler reads: the cookie, or null if this is no answer to the INIT with that mac1. */
export function readCookie(crypto: Crypto, packet: Uint8Array, mac1: Uint8Array): Uint8Array | null {
  if (packet.length !== COOKIE_PACKET_BYTES) return null
  const nonce = packet.subarray(INIT_HEADER_BYTES, SEALED_AT)
  return crypto.open(crypto.cookieKey, nonce, vouchedFor(packet, mac1), packet.subarray(SEALED_AT))
}

/** What the seal of a COOKIE also covers. */
function vouchedFor(packet: Uint8Array, mac1: Uint8Array): Uint8Array {
  const both = new Uint8Array(INIT_HEADER_BYTES + MAC_BYTES)
  both.set(packet.subarray(0, INIT_HEADER_BYTES))
  both.set(mac1, INIT_HEADER_BYTES)
  return both
}
