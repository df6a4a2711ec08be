// hot
// The open streams of a session by their ids. A Map of streams would keep closed ones alive until a full collection, since V8 leads from
// each table that a Map has outgrown to the next one (docs/decisions.md); here nothing but numbers is in the Map. The control stream
// stands apart: an idle session has no other, and needs no table for it.

import { CONTROL_STREAM } from '../limits.ts'
import type { StreamId } from '../units.ts'
import type { Stream } from './stream.ts'

export class StreamIndex {
  #control: Stream | null = null
  /** Null: no other was open since the start or since `clear`. */
  #slotById: Map<StreamId, number> | null = null
  #slots = NO_SLOTS
  #freeSlots = NO_NUMBERS

  get(id: StreamId): Stream | null {
    if (id === CONTROL_STREAM) return this.#control
    const slot = this.#slotById?.get(id)
    return slot === undefined ? null : this.#slots[slot]!
  }

  add(stream: Stream): void {
    if (stream.id === CONTROL_STREAM) {
      this.#control = stream
      return
    }
    this.#slotById ??= this.#makeTable()
    const slot = this.#freeSlots.pop() ?? this.#slots.length
    this.#slots[slot] = stream
    this.#slotById.set(stream.id, slot)
  }

  delete(id: StreamId): void {
    if (id === CONTROL_STREAM) this.#control = null
    const slot = this.#slotById?.get(id)
    if (slot === undefined) return
    this.#slotById?.delete(id)
    this.#slots[slot] = null
    this.#freeSlots.push(slot)
  }

  /** Those that are open now, the control stream with them, in no order. */
  values(): Stream[] {
    // An idle session is asked with each keep-alive: an array that grows has room for seventeen.
    if (this.#slotById === null) return this.#control === null ? [] : [this.#control]
    const open = this.#slots.filter((stream) => stream !== null)
    if (this.#control !== null) open.push(this.#control)
    return open
  }

  clear(): void {
    this.#control = null
    this.#slotById = null
    this.#slots = NO_SLOTS
    this.#freeSlots = NO_NUMBERS
  }

  #makeTable(): Map<StreamId, number> {
    this.#slots = []
    this.#freeSlots = []
    return new Map()
  }
}

/** Shared by all sessions without streams: nothing is ever added to them. */
const NO_SLOTS: (Stream | null)[] = []
const NO_NUMBERS: number[] = []
