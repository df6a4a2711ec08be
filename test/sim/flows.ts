// The book of all flows of a run. A request begins with its own name, so that whoever accepts its stream can look up
// what it was meant to carry, and what is to be answered, without a protocol of its own.

import type { Micros, StreamId } from '../../src/protocol/units.ts'
import { Flow, type Meter, NAME_BYTES } from './flow.ts'
import type { StreamPlan } from './plans.ts'

/** Both directions of one stream. */
export interface Dialogue {
  readonly plan: StreamPlan
  readonly request: Flow
  readonly answer: Flow
}

export type Role = 'listener' | 'dialler'
const DIALLER_OPENS = ['dialler', 'listener'] as const
const LISTENER_OPENS = ['listener', 'dialler'] as const

/** Answers are named too, in messages and for their content, above all requests. */
const ANSWERS_FROM = 1_000_000

export class Flows {
  readonly #dialogues: Dialogue[] = []

  /** What each side has read, whoever opened the stream. */
  readonly #meters: Readonly<Record<Role, Meter>> = {
    listener: { receivedBytes: 0 },
    dialler: { receivedBytes: 0 },
  }

  get dialogues(): readonly Dialogue[] {
    return this.#dialogues
  }

  get receivedBytes(): number {
    return this.receivedBy('listener') + this.receivedBy('dialler')
  }

  receivedBy(role: Role): number {
    return this.#meters[role].receivedBytes
  }

  /** Enters a stream that is being opened. */
  open(plan: StreamPlan, streamId: StreamId, now: Micros): Dialogue {
    if (plan.request.bytes < NAME_BYTES) throw new Error(`a request needs ${NAME_BYTES} bytes for its name`)
    const name = this.#dialogues.length
    // Bit 0 of a stream says who opened it.
    const [opener, acceptor] = streamId % 2 === 1 ? DIALLER_OPENS : LISTENER_OPENS
    const request = new Flow(name, plan.request, { hasName: true, now, meter: this.#meters[acceptor] })
    // An echo is the request's content over again, its name included; anything else is content of its own.
    const isEcho = plan.answers === 'echo'
    const options = { hasName: isEcho, now, meter: this.#meters[opener] }
    const answer = new Flow(isEcho ? name : name + ANSWERS_FROM, plan.answer, options)
    request.streamId = streamId
    answer.streamId = streamId
    const dialogue = { plan, request, answer }
    this.#dialogues.push(dialogue)
    return dialogue
  }

  /** The dialogue that a request's first bytes name; throws if there is none on that stream. */
  named(name: number, streamId: StreamId): Dialogue {
    const dialogue = this.#dialogues[name]
    if (dialogue === undefined) throw new Error(`stream ${streamId} begins with the name ${name}, which nobody gave it`)
    if (dialogue.request.streamId !== streamId) throw new Error(`${dialogue.request} arrived on stream ${streamId}`)
    return dialogue
  }

  /** The dialogue whose request was given up before its acceptor learned its name; throws if there is none. */
  abandonedOn(streamId: StreamId): Dialogue {
    const dialogue = this.#namelessOn(streamId).find(({ request }) => request.resetCode !== -1)
    if (dialogue === undefined) throw new Error(`stream ${streamId} was reset and nobody had given it up`)
    return dialogue
  }

  /** The acceptor of that stream is gone and never learned what it was about. */
  abandonNameless(streamId: StreamId): void {
    for (const { request, answer } of this.#namelessOn(streamId)) {
      request.isOver = true
      answer.isOver = true
    }
  }

  /** Throws if bytes that could move stand still; until `excused` none could. */
  checkProgress(now: Micros, excused: Micros): void {
    for (const { request, answer } of this.#dialogues) {
      request.checkProgress(now, excused)
      answer.checkProgress(now, excused)
    }
  }

  /** The flows that have not come to their end, for messages. */
  describeUnfinished(): string {
    const flows = this.#dialogues.flatMap(({ request, answer }) => [request, answer]).filter((flow) => !flow.isOver)
    const first = flows.slice(0, 5).map((flow) => `${flow} at ${flow.received} of ${flow.written} bytes`)
    return `${flows.length} flows, ${first.join('; ')}`
  }

  /** Stream ids start over with every session, so there may be several. */
  #namelessOn(streamId: StreamId): Dialogue[] {
    return this.#dialogues.filter(({ request }) => {
      return request.streamId === streamId && request.received === 0 && !request.isOver
    })
  }
}
