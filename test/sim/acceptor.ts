// The side that accepted the stream: it learns from the request's first bytes what it was meant to carry, reads it, and
// answers as the plan says.

import type { StreamHandle } from '../../src/protocol/api.ts'
import type { Micros } from '../../src/protocol/units.ts'
import type { Conversation } from './conversation.ts'
import { type Flow, NAME_BYTES } from './flow.ts'
import type { Dialogue, Flows } from './flows.ts'
import { RESET_CODE } from './plans.ts'
import type { Prng } from './prng.ts'
import { type Outlet, Reader } from './reader.ts'
import { Writer } from './writer.ts'

export class Acceptor implements Conversation {
  readonly stream: StreamHandle
  readonly #flows: Flows
  readonly #random: Prng
  /** What came before the name was whole. */
  #head = new Uint8Array(0)
  #part: Answering | null = null
  #isGone = false

  constructor(stream: StreamHandle, flows: Flows, random: Prng) {
    this.stream = stream
    this.#flows = flows
    this.#random = random
  }

  get isDone(): boolean {
    return this.#isGone || (this.#part?.isDone ?? false)
  }

  get nextAction(): Micros {
    return this.#part?.nextAction ?? Infinity
  }

  goOn(now: Micros): void {
    if (this.#part === null) this.#identify(now)
    this.#part?.goOn(now)
  }

  abandon(): void {
    if (this.#part === null) this.#flows.abandonNameless(this.stream.id)
    this.#part?.abandon()
    this.#isGone = true
  }

  #identify(now: Micros): void {
    while (this.#head.length < NAME_BYTES) {
      const bytes = this.stream.read()
      if (bytes === null) {
        this.#settleNameless()
        return
      }
      this.#head = joined(this.#head, bytes)
    }
    const name = new DataView(this.#head.buffer).getUint32(0)
    const dialogue = this.#flows.named(name, this.stream.id)
    this.#part = new Answering(this.stream, dialogue, { random: this.#random, now })
    this.#part.begin(this.#head, now)
  }

  /** A reset may overtake the name; then it must at least be one that somebody meant. */
  #settleNameless(): void {
    if (this.stream.readState === 'open') return
    if (this.stream.readState === 'ended') throw new Error(`stream ${this.stream.id} ended before its name was whole`)
    const { request, answer } = this.#flows.abandonedOn(this.stream.id)
    request.abort(this.stream.resetCode)
    giveUp(this.stream, answer)
    this.#isGone = true
  }
}

/** What the acceptor does once it knows what the stream is about. */
class Answering {
  readonly #stream: StreamHandle
  readonly #dialogue: Dialogue
  readonly #reader: Reader
  readonly #writer: Writer
  #isAnswered = false

  constructor(stream: StreamHandle, dialogue: Dialogue, options: { readonly random: Prng; readonly now: Micros }) {
    this.#stream = stream
    this.#dialogue = dialogue
    this.#writer = new Writer(stream, dialogue.answer, options.random)
    const outlet = dialogue.plan.answers === 'echo' ? { outlet: new EchoOutlet(stream, dialogue.answer) } : {}
    this.#reader = new Reader(stream, dialogue.request, { now: options.now, ...outlet })
  }

  get isDone(): boolean {
    return this.#reader.isDone && (this.#isAnswered || this.#writer.isDone)
  }

  get nextAction(): Micros {
    return this.#reader.nextAction
  }

  begin(head: Uint8Array, now: Micros): void {
    this.#reader.take(head, now)
  }

  goOn(now: Micros): void {
    this.#reader.pull(now)
    if (!this.#isAnswered && this.#mayAnswer) this.#answer(now)
  }

  abandon(): void {
    this.#reader.abandon()
    this.#writer.abandon()
    this.#isAnswered = true
  }

  get #mayAnswer(): boolean {
    return this.#dialogue.plan.answers === 'atOnce' || this.#reader.isDone
  }

  #answer(now: Micros): void {
    const { plan, request, answer } = this.#dialogue
    if (plan.answers === 'atOnce') this.#writer.push(now)
    else if (request.resetCode !== -1) this.#end(() => giveUp(this.#stream, answer))
    else if (plan.answers === 'afterRequest') this.#writer.push(now)
    else this.#end(() => finish(this.#stream, answer))
  }

  #end(act: () => void): void {
    this.#isAnswered = true
    act()
  }
}

/** Sends back the very views that were read, which must therefore stay as they are until they have been acknowledged. */
class EchoOutlet implements Outlet {
  readonly #stream: StreamHandle
  readonly #answer: Flow

  constructor(stream: StreamHandle, answer: Flow) {
    this.#stream = stream
    this.#answer = answer
  }

  hasRoom(): boolean {
    return this.#stream.isWritable
  }

  take(bytes: Uint8Array, now: Micros): void {
    this.#answer.wrote(bytes.length, now)
    this.#stream.write(bytes)
  }
}

function finish(stream: StreamHandle, answer: Flow): void {
  answer.isFinished = true
  stream.finish()
}

function giveUp(stream: StreamHandle, answer: Flow): void {
  answer.resetCode = RESET_CODE
  stream.reset(RESET_CODE)
}

function joined(head: Uint8Array, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(head.length + bytes.length)
  whole.set(head)
  whole.set(bytes, head.length)
  return whole
}
