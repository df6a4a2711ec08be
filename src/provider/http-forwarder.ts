// A stream of an `http` service: frames of a request in, a request of Node's own writer out to the target, and its answer back as frames.
//
//   stream ─▶ RequestRelay ─▶ ClientRequest ─▶ target ─▶ AnswerSource ─▶ stream
//                                              └── 101 ─▶ Splice, opaque from there on
//
// The clock of request_ttl runs here, where it is known when the target has the whole request: no slow line and no waiting room counts.

import type { ClientRequest, IncomingMessage, InformationEvent } from 'node:http'
import type { Socket } from 'node:net'
import type { RequestHead } from '../http/heads.ts'
import { StreamCode } from '../protocol/index.ts'
import { Splice } from '../runtime/splice.ts'
import type { StreamOwner } from '../runtime/stream-owner.ts'
import type { Watch, Watched } from '../runtime/watchdog.ts'
import { AnswerSource } from './answer-source.ts'
import type { Forwarder, ForwarderOutcome, ForwarderParts } from './forwarder.ts'
import { wasGivenUp } from './given-up.ts'
import { type HttpTarget, mayReuse, type TargetRequest } from './http-target.ts'
import { RequestRelay } from './request-relay.ts'
import { streamCodeOf } from './target-failure.ts'
import { targetFields } from './target-fields.ts'

/** What the target is asked, and what it answers. */
interface Exchange {
  readonly head: RequestHead
  readonly wish: TargetRequest
  readonly answer: AnswerSource
}

export class HttpForwarder implements Forwarder, StreamOwner, Watched {
  watch: Watch | null = null

  readonly #parts: ForwarderParts
  readonly #target: HttpTarget
  readonly #relay: RequestRelay
  #exchange: Exchange | null = null
  /** The try that counts: an idle connection that was stale makes a second one. */
  #request: ClientRequest | null = null
  #splice: Splice | null = null
  #isConnected = false
  /** The kernel has taken the last byte of the request. */
  #isSent = false
  #timer: NodeJS.Timeout | null = null
  #isDone = false

  constructor(parts: ForwarderParts) {
    const { stream, rest, target, watchdog } = parts
    this.#parts = parts
    this.#target = target.http!
    this.#relay = new RequestRelay({
      stream,
      onHead: (head) => this.#onHead(head),
      onBroken: () => this.#refuse(),
    })
    stream.owner = this
    watchdog.watch(this, 0)
    this.#relay.start(rest)
  }

  get bytesMoved(): number {
    if (this.#splice !== null) return this.#splice.bytesMoved
    const unsent = this.#request?.writableLength ?? 0
    return this.#relay.bodyBytes - unsent + (this.#exchange?.answer.bodyBytes ?? 0)
  }

  /** Bytes wait for the target to take them. Those that wait for the stream are watched where its other end is. */
  get isWaiting(): boolean {
    if (this.#splice !== null) return this.#splice.isWaiting
    return (this.#request?.writableLength ?? 0) > 0
  }

  get isHalfClosed(): boolean {
    return this.#splice?.isHalfClosed ?? false
  }

  onStreamReady(): void {
    if (wasGivenUp(this.#parts.stream)) {
      this.#fail('streamGone', StreamCode.cancelled)
      return
    }
    this.#exchange?.answer.resume()
    this.#relay.pump()
  }

  cut(code: StreamCode): void {
    if (this.#splice === null) this.#fail('targetFailed', code)
    else this.#splice.cut(code)
  }

  #onHead(head: RequestHead): void {
    const { stream, head: streamHead } = this.#parts
    const fields = targetFields(head, this.#target.host)
    if (fields === null) {
      this.#refuse()
      return
    }
    const wish = {
      method: head.method,
      path: head.target,
      fields,
      connectWithinMs: streamHead.connectWithinMs,
      isReusable: mayReuse(head),
      onConnected: () => this.#onConnected(),
    }
    const answer = new AnswerSource({
      stream,
      isHead: head.method === 'HEAD',
      onOutcome: (outcome) => (outcome === 'whole' ? this.#onAnswered() : this.#failBadly()),
    })
    this.#exchange = { head, wish, answer }
    this.#open(wish, answer)
  }

  #open(wish: TargetRequest, answer: AnswerSource): void {
    const request = this.#newRequest(wish)
    if (request === null) {
      this.#refuse()
      return
    }
    this.#request = request
    request.on('response', (response) => this.#onResponse(answer, response))
    // Node tells a 100 as `continue` too.
    request.on('information', (head) => this.#onInterim(answer, head))
    request.on('upgrade', this.#onUpgrade)
    request.on('error', (error) => this.#onError(request, error))
    request.on('finish', () => this.#onSent(request))
    this.#relay.sendTo(request)
  }

  /** Null: Node has refused the head by throwing, such as one with a Trailer and no chunks behind which it could come. */
  #newRequest(wish: TargetRequest): ClientRequest | null {
    try {
      return this.#target.open(wish)
    } catch {
      return null
    }
  }

  #onConnected(): void {
    this.#isConnected = true
    this.#parts.onTarget(null)
  }

  #onSent(request: ClientRequest): void {
    if (request !== this.#request) return
    this.#isSent = true
    this.#startClock()
  }

  /** Of request_ttl: from when the target has the whole request until the first byte of its answer. */
  #startClock(): void {
    if (!this.#isSent || this.#isDone || this.#splice !== null || this.#exchange?.answer.hasBegun) return
    this.#stopClock()
    const withinMs = this.#parts.head.connectWithinMs
    // After a pause of the machine an answer may lie in the socket that is older than the timer: it is read first.
    const timer = setTimeout(() => setImmediate(() => this.#onTimeOver(timer)), withinMs)
    this.#timer = timer
  }

  #onTimeOver(timer: NodeJS.Timeout): void {
    if (this.#timer === timer) this.#fail('targetFailed', StreamCode.targetSilent)
  }

  #stopClock(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  #onInterim(answer: AnswerSource, head: InformationEvent): void {
    if (this.#isDone) return
    answer.tellInterim(head)
    this.#startClock()
  }

  #onResponse(answer: AnswerSource, response: IncomingMessage): void {
    if (this.#isDone) return
    this.#stopClock()
    answer.begin(response)
  }

  #onAnswered(): void {
    if (this.#isDone) return
    const { stream } = this.#parts
    // What the target did not want of the request nobody needs, and what a write still uses must not be released.
    if (!this.#request?.writableFinished) this.#request?.destroy()
    stream.finish()
    // Nor does anybody need what may still come, such as what a client says behind an upgrade that was not to be.
    stream.stop(StreamCode.cancelled)
    this.#finish('answered')
  }

  readonly #onUpgrade = (answer: IncomingMessage, socket: Socket, first: Uint8Array): void => {
    const mayUpgrade = this.#relay.isWhole && this.#exchange?.head.upgrade != null
    if (this.#isDone || !mayUpgrade || !this.#exchange?.answer.tellSwitching(answer)) {
      socket.destroy()
      this.#failBadly()
      return
    }
    this.#stopClock()
    // HTTP has no use for half a connection, so this one was made without.
    socket.allowHalfOpen = true
    if (first.length > 0) socket.unshift(first)
    this.#splice = new Splice(socket, this.#parts.stream, (outcome) => this.#finish(outcome))
    this.#splice.start(this.#relay.handOver())
  }

  #onError(request: ClientRequest, error: NodeJS.ErrnoException): void {
    const exchange = this.#exchange
    if (this.#isDone || exchange === null || request !== this.#request) return
    if (exchange.answer.hasBegun) exchange.answer.onConnectionError()
    else if (this.#target.wasStale(request, error)) this.#openAgain(exchange)
    else if (this.#isConnected) this.#failBadly()
    else {
      this.#parts.onTarget(error)
      this.#fail('targetFailed', streamCodeOf(error))
    }
  }

  /** Only a request without a body comes here, and only once. */
  #openAgain({ wish, answer }: Exchange): void {
    this.#stopClock()
    this.#isConnected = false
    this.#isSent = false
    this.#open({ ...wish, isReusable: false }, answer)
  }

  /** What the consumer says is no request. */
  #refuse(): void {
    this.#fail('refused', StreamCode.badFrames)
  }

  #failBadly(): void {
    this.#fail('targetFailed', StreamCode.badAnswer)
  }

  #fail(outcome: ForwarderOutcome, code: StreamCode): void {
    if (this.#isDone || this.#splice !== null) return
    const { stream } = this.#parts
    stream.stop(code)
    stream.reset(code)
    this.#request?.destroy()
    this.#finish(outcome)
  }

  #finish(outcome: ForwarderOutcome): void {
    if (this.#isDone) return
    this.#isDone = true
    this.#stopClock()
    this.#parts.watchdog.forget(this)
    this.#relay.leave()
    this.#parts.stream.owner = null
    this.#parts.onDone(outcome)
  }
}
