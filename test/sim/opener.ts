// The side that opened the stream: it sends the request and reads the answer, both as soon as they go.

import type { StreamHandle } from '../../src/protocol/api.ts'
import type { Micros } from '../../src/protocol/units.ts'
import type { Conversation } from './conversation.ts'
import type { Dialogue } from './flows.ts'
import type { Prng } from './prng.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

export class Opener implements Conversation {
  readonly stream: StreamHandle
  readonly #writer: Writer
  readonly #reader: Reader

  constructor(stream: StreamHandle, dialogue: Dialogue, options: { readonly random: Prng; readonly now: Micros }) {
    this.stream = stream
    this.#writer = new Writer(stream, dialogue.request, options.random)
    this.#reader = new Reader(stream, dialogue.answer, { now: options.now })
  }

  get isDone(): boolean {
    return this.#writer.isDone && this.#reader.isDone
  }

  get nextAction(): Micros {
    return this.#reader.nextAction
  }

  goOn(now: Micros): void {
    this.#writer.push(now)
    this.#reader.pull(now)
  }

  abandon(): void {
    this.#writer.abandon()
    this.#reader.abandon()
  }
}
