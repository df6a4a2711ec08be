// hot
// One cipher for small packets and another for large ones. Both make the same bytes under the same key, so each packet may go to either.

import type { PacketNumber } from '../protocol/index.ts'
import type { Cipher } from './keyed-seal.ts'

/** Below it fewer calls into C count for more than a faster cipher (docs/decisions.md). */
const SMALL_BYTES = 4_096

export class CipherBySize implements Cipher {
  readonly #small: Cipher
  readonly #large: Cipher

  constructor(small: Cipher, large: Cipher) {
    this.#small = small
    this.#large = large
  }

  seal(
    key: Uint8Array,
    counter: PacketNumber,
    buffer: Uint8Array,
    headerStart: number,
    headerEnd: number,
    plainEnd: number,
  ): void {
    const cipher = plainEnd - headerStart < SMALL_BYTES ? this.#small : this.#large
    cipher.seal(key, counter, buffer, headerStart, headerEnd, plainEnd)
  }

  open(
    key: Uint8Array,
    counter: PacketNumber,
    buffer: Uint8Array,
    headerStart: number,
    headerEnd: number,
    sealedEnd: number,
  ): boolean {
    const cipher = sealedEnd - headerStart < SMALL_BYTES ? this.#small : this.#large
    return cipher.open(key, counter, buffer, headerStart, headerEnd, sealedEnd)
  }
}
