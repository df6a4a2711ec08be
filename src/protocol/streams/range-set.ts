// hot
// Disjoint half-open ranges of byte offsets in ascending order: what is missing, what must be sent again, what has arrived.
// Almost always empty or one range long, so plain arrays and a scan from the end beat any tree.

/** Shared by all sets that never held anything. */
const NO_BOUNDS: number[] = []

export class RangeSet {
  /** Only the first `#count` entries mean anything: an array that shrinks is a new array to the engine. */
  #starts = NO_BOUNDS
  #ends = NO_BOUNDS
  #count = 0

  get count(): number {
    return this.#count
  }

  get isEmpty(): boolean {
    return this.#count === 0
  }

  start(index: number): number {
    return this.#starts[index]!
  }

  end(index: number): number {
    return this.#ends[index]!
  }

  /** Adds `start…end`, joining what it touches. */
  add(start: number, end: number): void {
    if (start >= end) return
    // `after`: the first range that begins beyond the new one; `from`: the first that touches it.
    let after = this.#count
    while (after > 0 && this.#starts[after - 1]! > end) after--
    let from = after
    while (from > 0 && this.#ends[from - 1]! >= start) from--
    if (from === after) {
      this.#insert(from, start, end)
      return
    }
    this.#starts[from] = Math.min(this.#starts[from]!, start)
    this.#ends[from] = Math.max(this.#ends[after - 1]!, end)
    this.#delete(from + 1, after - from - 1)
  }

  /** Takes `start…end` out, splitting a range that reaches beyond both. */
  remove(start: number, end: number): void {
    if (start >= end) return
    for (let i = this.#count - 1; i >= 0 && this.#ends[i]! > start; i--) {
      const rangeStart = this.#starts[i]!
      const rangeEnd = this.#ends[i]!
      if (rangeStart >= end) continue
      if (rangeStart < start && rangeEnd > end) {
        this.#ends[i] = start
        this.#insert(i + 1, end, rangeEnd)
        return
      }
      if (rangeStart < start) this.#ends[i] = start
      else if (rangeEnd > end) this.#starts[i] = end
      else this.#delete(i, 1)
    }
  }

  /** Where the range that begins at or below `offset` ends; `offset` itself if none covers it. */
  coveredThrough(offset: number): number {
    for (let i = 0; i < this.#count && this.#starts[i]! <= offset; i++) {
      if (this.#ends[i]! > offset) return this.#ends[i]!
    }
    return offset
  }

  /** The first covered byte at or above `offset`; `Infinity`: none. */
  nextCovered(offset: number): number {
    for (let i = 0; i < this.#count; i++) {
      if (this.#ends[i]! > offset) return Math.max(this.#starts[i]!, offset)
    }
    return Number.POSITIVE_INFINITY
  }

  /** Forgets everything below `offset`. */
  removeBelow(offset: number): void {
    let gone = 0
    while (gone < this.#count && this.#ends[gone]! <= offset) gone++
    if (gone > 0) this.#delete(0, gone)
    if (this.#count > 0 && this.#starts[0]! < offset) this.#starts[0] = offset
  }

  /** Empties the set and gives its memory back. */
  clear(): void {
    this.#starts = NO_BOUNDS
    this.#ends = NO_BOUNDS
    this.#count = 0
  }

  // Shifting by hand: splice() would build an array of what it removed.
  #insert(at: number, start: number, end: number): void {
    if (this.#starts === NO_BOUNDS) {
      this.#starts = []
      this.#ends = []
    }
    const starts = this.#starts
    const ends = this.#ends
    for (let i = this.#count; i > at; i--) {
      starts[i] = starts[i - 1]!
      ends[i] = ends[i - 1]!
    }
    starts[at] = start
    ends[at] = end
    this.#count++
  }

  #delete(at: number, howMany: number): void {
    const starts = this.#starts
    const ends = this.#ends
    const left = this.#count - howMany
    for (let i = at; i < left; i++) {
      starts[i] = starts[i + howMany]!
      ends[i] = ends[i + howMany]!
    }
    this.#count = left
  }
}

/** Stands for sets that hold nothing yet, of which ten thousand streams would have thirty thousand. Nobody adds to it. */
export const NO_RANGES = new RangeSet()
