// hot
// Streams that hold bytes which nobody has taken yet, in the order in which they last moved: the first has stood still for the longest. Each
// link lies in the streams themselves, so that moving one to the end costs four assignments and no memory.
//
//   first ─▶ [ stalled an hour ] ─▶ [ a minute ] ─▶ [ has just been read ] ◀─ last

/** Stands in at most one list. */
export interface Stallable {
  isInStallList: boolean
  stallBefore: Stallable | null
  stallBehind: Stallable | null
  /** Memory is short, and nobody else has stood still for longer. */
  evict(): void
}

export class StallList {
  #first: Stallable | null = null
  #last: Stallable | null = null

  get first(): Stallable | null {
    return this.#first
  }

  /** It has moved, or holds its first bytes. */
  moveToEnd(stream: Stallable): void {
    if (this.#last === stream) return
    this.remove(stream)
    stream.isInStallList = true
    stream.stallBefore = this.#last
    if (this.#last === null) this.#first = stream
    else this.#last.stallBehind = stream
    this.#last = stream
  }

  /** It holds nothing any more, or is over. */
  remove(stream: Stallable): void {
    if (!stream.isInStallList) return
    const { stallBefore, stallBehind } = stream
    if (stallBefore === null) this.#first = stallBehind
    else stallBefore.stallBehind = stallBehind
    if (stallBehind === null) this.#last = stallBefore
    else stallBehind.stallBefore = stallBefore
    stream.isInStallList = false
    stream.stallBefore = null
    stream.stallBehind = null
  }
}
