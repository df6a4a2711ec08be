// The application of every simulated node: opens the streams of its plans as the peer's limit allows, and keeps its
// part of every stream that the peer opens.

import type { ClosedBy, SessionEvent, SessionHandle, StreamHandle } from '../../src/protocol/api.ts'
import type { Micros } from '../../src/protocol/units.ts'
import { Acceptor } from './acceptor.ts'
import type { Conversation } from './conversation.ts'
import type { Flows } from './flows.ts'
import type { Application } from './node.ts'
import { Opener } from './opener.ts'
import type { StreamPlan } from './plans.ts'
import type { Prng } from './prng.ts'

export interface TalkerOptions {
  readonly flows: Flows
  readonly random: Prng
  /** Streams to open, whatever their order. */
  readonly plans: readonly StreamPlan[]
  /** What the plans' times count from. */
  readonly startedAt: Micros
  /** Called when a session was lost that we did not close ourselves. */
  readonly onLost: (now: Micros) => void
}

export class Talker implements Application {
  /** Live ones, the newest last. */
  readonly sessions: SessionHandle[] = []
  /** Every stream that was opened or accepted here. */
  readonly streams: StreamHandle[] = []
  readonly closings: ClosedBy[] = []
  openedSessions = 0
  suspicions = 0
  openedAt: Micros = Infinity
  readonly #options: TalkerOptions
  readonly #plans: StreamPlan[]
  readonly #conversations = new Set<Conversation>()
  /** The peer's limit was met; an event or a stream's end may change that. */
  #isLimited = false

  constructor(options: TalkerOptions) {
    this.#options = options
    this.#plans = [...options.plans].sort((one, other) => one.opensAfter - other.opensAfter)
  }

  /** Nothing left to open and no stream on which something is still to come. */
  get isDone(): boolean {
    return this.#plans.length === 0 && this.#conversations.size === 0
  }

  onEvent(event: SessionEvent, now: Micros): void {
    switch (event.kind) {
      case 'opened':
        this.sessions.push(event.session)
        this.openedSessions += 1
        if (this.openedAt === Infinity) this.openedAt = now
        break
      case 'accepted':
        this.#begin(new Acceptor(event.stream, this.#options.flows, this.#options.random))
        break
      case 'suspect':
        this.suspicions += 1
        break
      case 'closed':
        this.#lose(event.session, event.by, now)
        break
      case 'recovered':
      case 'moved':
      case 'streamsAvailable':
        break
    }
    this.#isLimited = false
    this.#open(now)
  }

  onReady(stream: StreamHandle, now: Micros): void {
    const conversation = stream.owner
    if (!isConversation(conversation)) return // the control stream
    this.#goOn(conversation, now)
    if (stream.isClosed) this.#isLimited = false
    this.#open(now)
  }

  nextAction(): Micros {
    let next = this.#canOpen ? this.#opensAt : Infinity
    for (const conversation of this.#conversations) next = Math.min(next, conversation.nextAction)
    return next
  }

  onAction(now: Micros): void {
    this.#open(now)
    for (const conversation of this.#conversations) if (conversation.nextAction <= now) this.#goOn(conversation, now)
  }

  /** The process is killed: nobody keeps its part of the conversations any more. */
  die(): void {
    for (const conversation of this.#conversations) conversation.abandon()
    this.#conversations.clear()
  }

  get #canOpen(): boolean {
    return !this.#isLimited && this.sessions.length > 0
  }

  get #opensAt(): Micros {
    return this.#plans.length === 0 ? Infinity : this.#options.startedAt + this.#plans[0]!.opensAfter
  }

  #open(now: Micros): void {
    while (this.#canOpen && this.#opensAt <= now) {
      const stream = this.sessions.at(-1)!.openStream()
      this.#isLimited = stream === null
      if (stream === null) return
      const dialogue = this.#options.flows.open(this.#plans.shift()!, stream.id, now)
      this.#goOn(this.#begin(new Opener(stream, dialogue, { random: this.#options.random, now })), now)
    }
  }

  #begin(conversation: Conversation): Conversation {
    conversation.stream.owner = conversation
    this.streams.push(conversation.stream)
    this.#conversations.add(conversation)
    return conversation
  }

  #goOn(conversation: Conversation, now: Micros): void {
    if (!conversation.isDone) conversation.goOn(now)
    if (conversation.isDone) this.#conversations.delete(conversation)
  }

  #lose(session: SessionHandle, by: ClosedBy, now: Micros): void {
    this.closings.push(by)
    const at = this.sessions.indexOf(session)
    if (at >= 0) this.sessions.splice(at, 1)
    for (const conversation of this.#conversations) {
      if (conversation.stream.session !== session) continue
      if (!conversation.stream.isClosed) throw new Error(`stream ${conversation.stream.id} outlives its session`)
      conversation.abandon()
      this.#conversations.delete(conversation)
    }
    if (by !== 'local') this.#options.onLost(now)
  }
}

function isConversation(owner: unknown): owner is Conversation {
  return owner instanceof Opener || owner instanceof Acceptor
}
