// hot
// Seals packets with ChaCha20-Poly1305 (RFC 8439) of node:crypto: hidden, authenticated, and bound to their header and number.

import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto'
import { type Opener, type PacketNumber, type Sealer, TAG_BYTES } from '../protocol/index.ts'
import { PacketNonce } from './packet-nonce.ts'

const CIPHER = 'chacha20-poly1305'
const OPTIONS = { authTagLength: TAG_BYTES } as const

/** One for all keys: it is used up before the call returns. */
const nonce = new PacketNonce()

/**
 * One direction of one session, either end of it. node:crypto wants a new cipher for each message and never writes in place, so a packet
 * costs three objects and a copy: 5 µs up to 1,200 bytes, most of it for the calls (bench/micro.ts). sodium-cipher.ts needs none of that.
 */
export class PacketSeal implements Sealer, Opener {
  /** Bytes would be made into one of these for each packet: on Node 24 that costs twice as much as all the rest. */
  readonly #key: KeyObject
  /** Only CCM needs to know; the types ask it of this cipher too. */
  readonly #lengths = { plaintextLength: 0 }

  /** 32 bytes that seal nothing else: a number used twice under one key gives both packets away. */
  constructor(key: Uint8Array) {
    this.#key = createSecretKey(key)
  }

  seal(counter: PacketNumber, buffer: Uint8Array, headerStart: number, headerEnd: number, plainEnd: number): void {
    const cipher = createCipheriv(CIPHER, this.#key, nonce.of(counter), OPTIONS)
    this.#lengths.plaintextLength = plainEnd - headerEnd
    cipher.setAAD(buffer.subarray(headerStart, headerEnd), this.#lengths)
    buffer.set(cipher.update(buffer.subarray(headerEnd, plainEnd)), headerEnd)
    cipher.final()
    buffer.set(cipher.getAuthTag(), plainEnd)
  }

  /** What is refused stays as it came. */
  open(counter: PacketNumber, buffer: Uint8Array, headerStart: number, headerEnd: number, sealedEnd: number): boolean {
    const plainEnd = sealedEnd - TAG_BYTES
    if (plainEnd < headerEnd) return false
    const decipher = createDecipheriv(CIPHER, this.#key, nonce.of(counter), OPTIONS)
    this.#lengths.plaintextLength = plainEnd - headerEnd
    decipher.setAAD(buffer.subarray(headerStart, headerEnd), this.#lengths)
    decipher.setAuthTag(buffer.subarray(plainEnd, sealedEnd))
    const plain = decipher.update(buffer.subarray(headerEnd, plainEnd))
    try {
      decipher.final() // throws: the only way in which it tells
    } catch {
      return false
    }
    buffer.set(plain, headerEnd)
    return true
  }
}
