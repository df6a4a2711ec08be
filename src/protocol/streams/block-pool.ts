// hot
// Blocks of memory that bytes of streams lie in, used again and again: a large array that is made, filled once and left to the garbage
// collector costs more than all the rest that is done for its bytes (docs/decisions.md).

/** Large enough that a block is rare, small enough that a stream which waits with one does not hold much. */
export const BLOCK_BYTES = 65_536
/** Blocks kept for the next stream: what one busy stream has under way. The rest goes to the garbage collector. */
const MOST_KEPT = 64

/** One for each endpoint. Whoever takes a block owns it until it is given back, and gives it back at most once. */
export class BlockPool {
  readonly #kept: Uint8Array[] = []

  /** Blocks that wait to be used again. */
  get kept(): number {
    return this.#kept.length
  }

  /** A block of `BLOCK_BYTES`; what is in it is old. */
  take(): Uint8Array {
    return this.#kept.pop() ?? newBlock()
  }

  /** Nobody may look at the block from now on. */
  give(block: Uint8Array): void {
    if (this.#kept.length < MOST_KEPT) this.#kept.push(block)
  }
}

function newBlock(): Uint8Array {
  return new Uint8Array(BLOCK_BYTES)
}
