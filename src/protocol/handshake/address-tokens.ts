// Address tokens: what a listener gives to a dialler that has shown where it is, and takes instead of a cookie at its next dial. A day
// long, over restarts too: it is then that every INIT needs a proof.
//
//   day 1 | nonce 12 | expires at, s since 1970, 4 + 16       sealed with the IP address and the first byte, under a key of that day

import { type Crypto, NONCE_BYTES, type Random, TAG_BYTES } from '../ports.ts'
import { putWord, wordAt } from '../wire/cursor.ts'
import { INIT_HEADER_BYTES, initBodyAt } from '../wire/packet.ts'
import { IP_BYTES, ipOf } from './address.ts'

const DAY_S = 86_400
const NONCE_AT = 1
const SEALED_AT = NONCE_AT + NONCE_BYTES
const EXPIRY_BYTES = 4
const TOKEN_BYTES = SEALED_AT + EXPIRY_BYTES + TAG_BYTES
const LABEL = 'edgerq/1 address token of day '

export class AddressTokens {
  readonly #crypto: Crypto
  readonly #random: Random
  /** Of today and of yesterday, by the day's number. */
  readonly #keys = new Map<number, Uint8Array>()

  constructor(crypto: Crypto, random: Random) {
    this.#crypto = crypto
    this.#random = random
  }

  /** For whoever is at `address` now. */
  issue(address: Uint8Array, nowMs: number): Uint8Array {
    const nowS = Math.floor(nowMs / 1_000)
    const day = Math.floor(nowS / DAY_S)
    const token = new Uint8Array(TOKEN_BYTES)
    token[0] = day
    const nonce = token.subarray(NONCE_AT, SEALED_AT)
    this.#random.fill(nonce)
    const expiry = new Uint8Array(EXPIRY_BYTES)
    putWord(expiry, 0, nowS + DAY_S)
    token.set(this.#crypto.seal(this.#keyOf(day), nonce, boundTo(address, token[0]!), expiry), SEALED_AT)
    return token
  }

  /** True: the INIT holds a token of ours that was given to this address and is not too old. */
  isProven(init: Uint8Array, address: Uint8Array, nowMs: number): boolean {
    const token = init.subarray(INIT_HEADER_BYTES, initBodyAt(init))
    if (token.length !== TOKEN_BYTES) return false
    const nowS = Math.floor(nowMs / 1_000)
    const today = Math.floor(nowS / DAY_S)
    const day = [today, today - 1].find((each) => (each & 0xff) === token[0])
    if (day === undefined) return false
    const sealed = token.subarray(SEALED_AT)
    const bound = boundTo(address, token[0]!)
    const expiry = this.#crypto.open(this.#keyOf(day), token.subarray(NONCE_AT, SEALED_AT), bound, sealed)
    return expiry !== null && wordAt(expiry, 0) > nowS
  }

  /** Made of the day and not drawn, so that nothing need be stored: the secret behind it is kept already, and no key serves for longer. */
  #keyOf(day: number): Uint8Array {
    const known = this.#keys.get(day)
    if (known !== undefined) return known
    for (const old of this.#keys.keys()) if (Math.abs(old - day) > 1) this.#keys.delete(old)
    const key = this.#crypto.secretFor(new TextEncoder().encode(LABEL + day))
    this.#keys.set(day, key)
    return key
  }
}

function boundTo(address: Uint8Array, day: number): Uint8Array {
  const bound = new Uint8Array(IP_BYTES + 1)
  bound.set(ipOf(address))
  bound[IP_BYTES] = day
  return bound
}
