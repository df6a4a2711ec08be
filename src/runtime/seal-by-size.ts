// hot
// One sealer for small packets and another for large ones. Both make the same bytes under the same key, so each packet may go to either.

import type { Opener, PacketNumber, Sealer } from '../protocol/index.ts'

type Seal = Sealer & Opener

/** Below it fewer calls into C count for more than a faster cipher (docs/decisions.md). */
const SMALL_BYTES = 4_096

export class SealBySize implements Sealer, Opener {
  readonly #small: Seal
  readonly #large: Seal

  constructor(small: Seal, large: Seal) {
    this.#small = small
    this.#large = large
  }

  seal(counter: PacketNumber, buffer: Uint8Array, headerStart: number, headerEnd: number, plainEnd: number): void {
    const seal = plainEnd - headerStart < SMALL_BYTES ? this.#small : this.#large
    seal.seal(counter, buffer, headerStart, headerEnd, plainEnd)
  }

  open(counter: PacketNumber, buffer: Uint8Array, headerStart: number, headerEnd: number, sealedEnd: number): boolean {
    const seal = sealedEnd - headerStart < SMALL_BYTES ? this.#small : this.#large
    return seal.open(counter, buffer, headerStart, headerEnd, sealedEnd)
  }
}
