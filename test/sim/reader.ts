// The reading half of an application: takes bytes at its pace, checks every one of them, and returns the credit when it
// lets go of them, as a socket does once its far side has taken them.

import type { StreamHandle } from '../../src/protocol/api.ts'
import { type Micros, SECOND } from '../../src/protocol/units.ts'
import type { Flow } from './flow.ts'
import { STOP_CODE } from './plans.ts'

/** Where read bytes go on to; `hasRoom` false: wait with reading. */
export interface Outlet {
  hasRoom(): boolean
  take(bytes: Uint8Array, now: Micros): void
}

/** A far side that takes everything. */
const sink: Outlet = { hasRoom: () => true, take() {} }

export class Reader {
  isDone = false
  readonly #stream: StreamHandle
  readonly #flow: Flow
  readonly #outlet: Outlet
  readonly #startsAt: Micros
  /** Bytes that were read and not let go of, and where they stand in the flow. */
  #held: Uint8Array | null = null
  #heldFrom = 0
  #freeAt: Micros = 0

  constructor(stream: StreamHandle, flow: Flow, options: { readonly now: Micros; readonly outlet?: Outlet }) {
    this.#stream = stream
    this.#flow = flow
    this.#outlet = options.outlet ?? sink
    this.#startsAt = options.now + flow.plan.readAfter
    flow.isWanted = flow.plan.readAfter === 0
  }

  /** When it wants to go on by itself; `Infinity`: when there is something to read. */
  get nextAction(): Micros {
    if (this.isDone) return Infinity
    if (this.#held !== null) return this.#freeAt
    return this.#flow.isWanted ? Infinity : this.#startsAt
  }

  pull(now: Micros): void {
    if (this.isDone || now < this.#startsAt) return
    this.#want(now)
    while (this.#letGo(now) && this.#outlet.hasRoom()) {
      const bytes = this.#stream.read()
      if (bytes === null) break
      this.take(bytes, now)
      if (this.isDone) return
    }
    if (this.#held === null) this.#settle()
  }

  /** Bytes that were read from the stream, here or by whoever read before us. */
  take(bytes: Uint8Array, now: Micros): void {
    this.#heldFrom = this.#flow.received
    this.#flow.accept(bytes, now)
    this.#outlet.take(bytes, now)
    if (this.#flow.received >= this.#flow.plan.stopAfter) {
      this.#stop(bytes.length)
      return
    }
    this.#held = bytes
    this.#freeAt = Math.max(this.#startsAt, now + Math.ceil((bytes.length * SECOND) / this.#flow.plan.readPace))
    this.#flow.isWanted = this.#freeAt === now
  }

  /** The session is gone; that must not look like an end, unless the end had come before. */
  abandon(): void {
    if (!this.isDone && this.#stream.readState === 'ended') this.#flow.end()
    this.isDone = true
    this.#flow.isOver = true
  }

  #want(now: Micros): void {
    if (this.#flow.isWanted || this.#held !== null) return
    this.#flow.isWanted = true
    this.#flow.movedAt = now
  }

  /** False: it still holds what it read before. */
  #letGo(now: Micros): boolean {
    if (this.#held === null) return true
    if (now < this.#freeAt) return false
    // Promised to stay unchanged for as long as we look at it.
    this.#flow.check(this.#held, this.#heldFrom)
    this.#stream.release(this.#held.length)
    this.#held = null
    this.#want(now)
    return true
  }

  #stop(unreleasedBytes: number): void {
    this.isDone = true
    this.#stream.release(unreleasedBytes)
    this.#flow.stopCode = STOP_CODE
    this.#flow.isOver = true
    this.#stream.stop(STOP_CODE)
  }

  #settle(): void {
    const { readState, resetCode } = this.#stream
    if (readState === 'open') return
    if (readState === 'ended') this.#flow.end()
    else this.#flow.abort(resetCode)
    this.isDone = true
  }
}
