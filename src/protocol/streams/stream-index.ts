// hot
// The open streams of a session by their ids. A Map of streams would keep closed ones alive until a full collection, since V8 leads from
// each table that a Map has outgrown to the next one (docs/decisions.md); here nothing but numbers is in the Map.

import type { StreamId } from '../units.ts'
import type { Stream } from './stream.ts'

export class StreamIndex {
  readonly #slotById = new Map<StreamId, number>()
  readonly #slots: (Stream | null)[] = []
  readonly #freeSlots: number[] = []

  get(id: StreamId): Stream | null {
    const slot = this.#slotById.get(id)
    return slot === undefined ? null : this.#slots[slot]!
  }

  add(stream: Stream): void {
    const slot = this.#freeSlots.pop() ?? this.#slots.length
    this.#slots[slot] = stream
    this.#slotById.set(stream.id, slot)
  }

  delete(id: StreamId): void {
    const slot = this.#slotById.get(id)
    if (slot === undefined) return
    this.#slotById.delete(id)
    this.#slots[slot] = null
    this.#freeSlots.push(slot)
  }

  /** Those that are open now, in no order. */
  values(): Stream[] {
    return this.#slots.filter((stream) => stream !== null)
  }

  clear(): void {
    this.#slotById.clear()
    this.#slots.length = 0
    this.#freeSlots.length = 0
  }
}
