// How inputs reach the readers of streams.

import type { Prng } from '../sim/prng.ts'

/** As a stream hands bytes out: cut anywhere. */
export function inPieces(input: Uint8Array, random: Prng, take: (piece: Uint8Array) => void): void {
  for (let at = 0; at < input.length; ) {
    const end = Math.min(input.length, at + random.int(1, 64))
    take(input.subarray(at, end))
    at = end
  }
}
