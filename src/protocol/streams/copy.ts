// hot

/** Up to this many bytes a loop is as fast as making the view that `set` needs (bench/micro: about even at 48). */
const SHORT_COPY_BYTES = 48

/** Copies `length` bytes. The two named places where the core copies are `SendHalf.copy` and `ReceiveHalf.onBytes`. */
export function copyBytes(from: Uint8Array, start: number, length: number, into: Uint8Array, at: number): void {
  if (length <= SHORT_COPY_BYTES) {
    for (let i = 0; i < length; i++) into[at + i] = from[start + i]!
    return
  }
  into.set(from.subarray(start, start + length), at)
}
