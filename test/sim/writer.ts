// The writing half of an application: fills its stream as far as it may, then ends it as its plan says.

import type { StreamHandle } from '../../src/protocol/api.ts'
import type { Micros } from '../../src/protocol/units.ts'
import type { Flow } from './flow.ts'
import { RESET_CODE, STOP_CODE } from './plans.ts'
import type { Prng } from './prng.ts'

/** What a reader of a socket is given at most in one piece. */
const MAX_CHUNK_BYTES = 32 * 1024

export class Writer {
  isDone = false
  readonly #stream: StreamHandle
  readonly #flow: Flow
  readonly #random: Prng

  constructor(stream: StreamHandle, flow: Flow, random: Prng) {
    this.#stream = stream
    this.#flow = flow
    this.#random = random
  }

  push(now: Micros): void {
    if (this.isDone) return
    while (this.#stream.isWritable && this.#flow.written < this.#flow.total) {
      this.#stream.write(this.#flow.next(this.#random.int(1, MAX_CHUNK_BYTES), now))
    }
    if (this.#stream.stopCode !== -1) this.#stopped()
    else if (this.#flow.written === this.#flow.total) this.#end()
  }

  /** The session is gone and the rest of the flow with it. */
  abandon(): void {
    this.isDone = true
    this.#flow.isOver = true
  }

  #stopped(): void {
    const { stopCode } = this.#stream
    if (this.#flow.stopCode !== STOP_CODE || stopCode !== STOP_CODE) {
      throw new Error(`${this.#flow} was stopped with ${stopCode}, asked for was ${this.#flow.stopCode}`)
    }
    if (this.#stream.isWritable) throw new Error(`${this.#flow} was stopped and is writable`)
    this.isDone = true
  }

  #end(): void {
    this.isDone = true
    if (this.#flow.total < this.#flow.plan.bytes) {
      this.#flow.resetCode = RESET_CODE
      this.#stream.reset(RESET_CODE)
      return
    }
    this.#flow.isFinished = true
    this.#stream.finish()
  }
}
