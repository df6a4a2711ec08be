// hot
// Which session must be looked at next: a heap, so that ten thousand idle sessions cost one timer and a few comparisons. Four stand below each
// (a heap that is half as high moves half as many), and the times stand beside each other: sessions lie all over the memory, and each that is
// only compared would be fetched from there.

import type { Micros } from './units.ts'

/** What stands in the heap; it remembers its own place, so that its deadline can move without a search. */
export interface Timed {
  /** When it wants to be looked at; `Infinity`: not in the heap. Written by `Deadlines.set` only. */
  dueAt: Micros
  heapIndex: number
}

/** A power of two. */
const BELOW_EACH = 4
const BELOW_BITS = 2

export class Deadlines<T extends Timed> {
  readonly #heap: T[] = []
  /** When each of them is due, in the same places. */
  readonly #times: Micros[] = []

  /** `Infinity`: nothing to wait for. */
  get earliest(): Micros {
    return this.#times.length === 0 ? Number.POSITIVE_INFINITY : this.#times[0]!
  }

  /** What is due first, if it is due by `now`. */
  due(now: Micros): T | null {
    return this.earliest <= now ? this.#heap[0]! : null
  }

  /** Moves, adds or (with `Infinity`) takes out. */
  set(entry: T, dueAt: Micros): void {
    const wasAt = entry.dueAt
    if (wasAt === dueAt) return
    entry.dueAt = dueAt
    if (wasAt === Number.POSITIVE_INFINITY) this.#add(entry)
    else if (dueAt === Number.POSITIVE_INFINITY) this.#remove(entry.heapIndex)
    else if (dueAt < wasAt) this.#up(entry, entry.heapIndex)
    else this.#down(entry, entry.heapIndex)
  }

  #add(entry: T): void {
    this.#heap.push(entry)
    this.#times.push(entry.dueAt)
    this.#up(entry, this.#heap.length - 1)
  }

  /** The last one fills the gap: it may belong above it or below. */
  #remove(gap: number): void {
    const last = this.#heap.pop()!
    const lastAt = this.#times.pop()!
    if (gap === this.#heap.length) return
    if (gap > 0 && lastAt < this.#times[above(gap)]!) this.#up(last, gap)
    else this.#down(last, gap)
  }

  /** From the gap at `at`: what is due later than `entry` moves down into it. */
  #up(entry: T, at: number): void {
    const dueAt = entry.dueAt
    let gap = at
    while (gap > 0 && this.#times[above(gap)]! > dueAt) gap = this.#fill(gap, above(gap))
    this.#put(entry, gap)
  }

  /** From the gap at `at`: what is due earlier than `entry` moves up into it. */
  #down(entry: T, at: number): void {
    const dueAt = entry.dueAt
    let gap = at
    for (;;) {
      const first = this.#firstBelow(gap)
      if (first < 0 || this.#times[first]! >= dueAt) break
      gap = this.#fill(gap, first)
    }
    this.#put(entry, gap)
  }

  /** Whose time comes first of those below; -1: there are none. */
  #firstBelow(place: number): number {
    const times = this.#times
    const from = (place << BELOW_BITS) + 1
    if (from >= times.length) return -1
    const end = Math.min(from + BELOW_EACH, times.length)
    let first = from
    for (let at = from + 1; at < end; at++) if (times[at]! < times[first]!) first = at
    return first
  }

  /** Where the gap is then. */
  #fill(gap: number, from: number): number {
    const entry = this.#heap[from]!
    this.#heap[gap] = entry
    this.#times[gap] = this.#times[from]!
    entry.heapIndex = gap
    return from
  }

  #put(entry: T, place: number): void {
    this.#heap[place] = entry
    this.#times[place] = entry.dueAt
    entry.heapIndex = place
  }
}

function above(place: number): number {
  return (place - 1) >> BELOW_BITS
}
