// What is on its way: a binary heap of datagrams by arrival time. Equal times leave in the order they came, which is
// what keeps a link without jitter in order.

import type { Micros } from '../../src/protocol/units.ts'

interface Arrival {
  readonly at: Micros
  readonly order: number
  readonly bytes: Uint8Array
}

export class Arrivals {
  readonly #heap: Arrival[] = []
  #added = 0

  get size(): number {
    return this.#heap.length
  }

  /** When the next one is due; `Infinity`: nothing is on its way. */
  get nextAt(): Micros {
    return this.#heap.length === 0 ? Infinity : this.#heap[0]!.at
  }

  add(bytes: Uint8Array, at: Micros): void {
    this.#heap.push({ at, order: this.#added, bytes })
    this.#added += 1
    this.#rise(this.#heap.length - 1)
  }

  /** The next datagram that is due at `now`, or null. */
  take(now: Micros): Uint8Array | null {
    if (this.nextAt > now) return null
    const first = this.#heap[0]!
    const last = this.#heap.pop()!
    if (this.#heap.length > 0) {
      this.#heap[0] = last
      this.#sink()
    }
    return first.bytes
  }

  #rise(from: number): void {
    const heap = this.#heap
    const arrival = heap[from]!
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (isBefore(heap[parent]!, arrival)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = arrival
  }

  #sink(): void {
    const heap = this.#heap
    const arrival = heap[0]!
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1
      if (isBefore(arrival, heap[child]!)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = arrival
  }
}

function isBefore(a: Arrival, b: Arrival): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
