// hot
// The number of a packet as ChaCha20-Poly1305 wants it: 96 bits, four zero bytes and the number little-endian (Noise §12.3).

import type { PacketNumber } from '../protocol/index.ts'

const TWO_TO_32 = 4_294_967_296
const COUNTER_AT = 4

export class PacketNonce {
  readonly #bytes = Buffer.alloc(12)

  /**
   * Valid until the next call. A number that a double cannot count exactly would be another packet's too, so it is refused loudly;
   * packets that claim one are dropped where headers are read and never come here.
   */
  of(counter: PacketNumber): Buffer {
    if (!Number.isSafeInteger(counter) || counter < 0) throw new RangeError('no packet has such a number')
    const bytes = this.#bytes
    const high = Math.floor(counter / TWO_TO_32)
    bytes[COUNTER_AT] = counter
    bytes[COUNTER_AT + 1] = counter >>> 8
    bytes[COUNTER_AT + 2] = counter >>> 16
    bytes[COUNTER_AT + 3] = counter >>> 24
    bytes[COUNTER_AT + 4] = high
    bytes[COUNTER_AT + 5] = high >>> 8
    bytes[COUNTER_AT + 6] = high >>> 16
    return bytes
  }
}
