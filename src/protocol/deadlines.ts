// hot
// Which session must be looked at next: a binary heap, so that ten thousand idle sessions cost one timer and a few comparisons.

import type { Micros } from './units.ts'

/** What stands in the heap; it remembers its own place, so that its deadline can move without a search. */
export interface Timed {
  /** When it wants to be looked at; `Infinity`: not in the heap. Written by `Deadlines.set` only. */
  dueAt: Micros
  heapIndex: number
}

export class Deadlines<T extends Timed> {
  readonly #heap: T[] = []

  /** `Infinity`: nothing to wait for. */
  get earliest(): Micros {
    return this.#heap.length === 0 ? Number.POSITIVE_INFINITY : this.#heap[0]!.dueAt
  }

  /** What is due first, if it is due by `now`. */
  due(now: Micros): T | null {
    return this.earliest <= now ? this.#heap[0]! : null
  }

  /** Moves, adds or (with `Infinity`) takes out. */
  set(entry: T, dueAt: Micros): void {
    if (entry.dueAt === dueAt) return
    const wasAt = entry.dueAt
    entry.dueAt = dueAt
    if (wasAt === Number.POSITIVE_INFINITY) this.#add(entry)
    else if (dueAt === Number.POSITIVE_INFINITY) this.#remove(entry)
    else if (dueAt < wasAt) this.#up(entry)
    else this.#down(entry)
  }

  #add(entry: T): void {
    entry.heapIndex = this.#heap.length
    this.#heap.push(entry)
    this.#up(entry)
  }

  #remove(entry: T): void {
    const last = this.#heap.pop()!
    if (last === entry) return
    last.heapIndex = entry.heapIndex
    this.#heap[last.heapIndex] = last
    this.#up(last)
    this.#down(last)
  }

  #up(entry: T): void {
    const heap = this.#heap
    while (entry.heapIndex > 0) {
      const parent = heap[(entry.heapIndex - 1) >> 1]!
      if (parent.dueAt <= entry.dueAt) return
      this.#swap(entry, parent)
    }
  }

  #down(entry: T): void {
    const heap = this.#heap
    for (;;) {
      const left = entry.heapIndex * 2 + 1
      if (left >= heap.length) return
      const right = left + 1
      const child = right < heap.length && heap[right]!.dueAt < heap[left]!.dueAt ? heap[right]! : heap[left]!
      if (child.dueAt >= entry.dueAt) return
      this.#swap(child, entry)
    }
  }

  #swap(a: T, b: T): void {
    const at = a.heapIndex
    a.heapIndex = b.heapIndex
    b.heapIndex = at
    this.#heap[a.heapIndex] = a
    this.#heap[b.heapIndex] = b
  }
}
