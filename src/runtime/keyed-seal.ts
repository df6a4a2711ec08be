// hot
// A cipher with the key of one direction of one session. Of ten thousand sessions each has two of these, so nothing else is in them.

import type { Opener, PacketNumber, Sealer } from '../protocol/index.ts'

/** ChaCha20-Poly1305 (RFC 8439) of packets as `Sealer` and `Opener` say it, with a key that each call brings along. */
export interface Cipher {
  seal(
    key: Uint8Array,
    counter: PacketNumber,
    buffer: Uint8Array,
    headerStart: number,
    headerEnd: number,
    plainEnd: number,
  ): void
  open(
    key: Uint8Array,
    counter: PacketNumber,
    buffer: Uint8Array,
    headerStart: number,
    headerEnd: number,
    sealedEnd: number,
  ): boolean
}

/** Either end of its direction. */
export class KeyedSeal implements Sealer, Opener {
  readonly #cipher: Cipher
  /** So short an array lies in V8's heap, for as long as no native code is given it: outside it would cost as much again. */
  readonly #key: Uint8Array

  /** 32 bytes that seal nothing else: a number used twice under one key gives both packets away. */
  constructor(cipher: Cipher, key: Uint8Array) {
    this.#cipher = cipher
    this.#key = new Uint8Array(key)
  }

  seal(counter: PacketNumber, buffer: Uint8Array, headerStart: number, headerEnd: number, plainEnd: number): void {
    this.#cipher.seal(this.#key, counter, buffer, headerStart, headerEnd, plainEnd)
  }

  open(counter: PacketNumber, buffer: Uint8Array, headerStart: number, headerEnd: number, sealedEnd: number): boolean {
    return this.#cipher.open(this.#key, counter, buffer, headerStart, headerEnd, sealedEnd)
  }
}
