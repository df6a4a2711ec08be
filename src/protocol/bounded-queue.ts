// hot

/**
 * A first-in, first-out queue with a hard cap. Everything that a peer can make us remember in order goes through one of these: `push`
 * answers false when it is full, and the caller has to say what happens then. A ring that doubles up to the cap; no object per entry. One that
 * was never used costs no ring: most queues of an idle session never are.
 */
export class BoundedQueue<T> {
  readonly #most: number
  #ring: (T | undefined)[] = NO_RING
  #head = 0
  length = 0

  constructor(most: number) {
    this.#most = most
  }

  /** For who would rather not make an entry that has no room. */
  get isFull(): boolean {
    return this.length >= this.#most
  }

  push(entry: T): boolean {
    if (this.isFull) return false
    if (this.length === this.#ring.length) this.#grow()
    this.#ring[(this.#head + this.length) & (this.#ring.length - 1)] = entry
    this.length++
    return true
  }

  peek(): T | null {
    return this.length === 0 ? null : this.#ring[this.#head]!
  }

  shift(): T | null {
    if (this.length === 0) return null
    const entry = this.#ring[this.#head]!
    this.#ring[this.#head] = undefined
    this.#head = (this.#head + 1) & (this.#ring.length - 1)
    this.length--
    return entry
  }

  #grow(): void {
    const old = this.#ring
    const grown = new Array<T | undefined>(Math.max(FIRST_CAPACITY, old.length * 2)).fill(undefined)
    for (let i = 0; i < this.length; i++) grown[i] = old[(this.#head + i) & (old.length - 1)]
    this.#ring = grown
    this.#head = 0
  }
}

/** Shared by all queues that are new: nothing is ever put in it. */
const NO_RING: undefined[] = []
/** A power of two, so that positions wrap with a mask; most queues never hold more. */
const FIRST_CAPACITY = 4
