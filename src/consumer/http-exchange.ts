// One request of a client and its answer: finds a provider, opens a stream, says the request, relays the answer. Where a provider fails
// before anything was answered, the request goes elsewhere if retry.ts allows; otherwise the client is told what failed, and on whose side.
//
//   waiting ──stream opened──▶ sent ──head of the answer──▶ answering ──▶ done
//      ▲                        │ refused, lost, silent           └── 101 ──▶ spliced ──▶ done
//      └────────────────────────┘

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { AnswerFacts } from '../http/answer-page.ts'
import type { FitRequest } from '../http/gate.ts'
import { encodeRequestHead } from '../http/heads.ts'
import type { AnswerCode } from '../http/own-answers.ts'
import { StreamCode, type StreamHandle } from '../protocol/index.ts'
import { Splice } from '../runtime/splice.ts'
import type { StreamOwner } from '../runtime/stream-owner.ts'
import type { Watchdog, Watched } from '../runtime/watchdog.ts'
import { type AnswerOutcome, AnswerRelay } from './answer-relay.ts'
import { answerFor } from './failures.ts'
import { writeOwnAnswer } from './own-answer.ts'
import type { ProviderSession } from './provider-session.ts'
import { RequestSource } from './request-source.ts'
import { decideRetry, mayRepeat, type RetryBudget } from './retry.ts'

export interface HttpExchangeParts {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly fit: FitRequest
  /** The fields that go to the target. */
  readonly fields: readonly string[]
  /** Bytes that the client sent behind a request for an upgrade. */
  readonly early: Uint8Array
  readonly facts: AnswerFacts
  readonly requestBufferBytes: number
  readonly idleTimeoutMs: number
  readonly watchdog: Watchdog
  readonly budget: RetryBudget
  /** The first bytes of a stream for this request. */
  readonly streamHead: () => Uint8Array
  /** The best provider that was not tried yet; null: none. */
  readonly choose: (tried: ReadonlySet<ProviderSession>) => ProviderSession | null
  /** Nobody can take the request now: call `place` again when that may have changed, or `giveUp` when it took too long. */
  readonly onWaiting: (exchange: HttpExchange) => void
  /** The connection should close with this answer. */
  readonly mustClose: () => boolean
  readonly onDone: (exchange: HttpExchange, outcome: ExchangeOutcome) => void
}

/** `answered`: by the target. A code: by us. `broken`: the answer broke off, and the client saw a reset. */
export type ExchangeOutcome = 'answered' | 'upgraded' | 'broken' | 'clientGone' | AnswerCode

/** What RFC 9110 would let us keep for repeating is more than a proxy should hold for each of its clients. */
const MOST_REPEATED_BYTES = 65_536

export class HttpExchange implements StreamOwner, Watched {
  readonly #parts: HttpExchangeParts
  readonly #source: RequestSource
  readonly #refusedBy = new Set<ProviderSession>()
  readonly #startedAt = performance.now()
  #stream: StreamHandle | null = null
  #provider: ProviderSession | null = null
  #relay: AnswerRelay | null = null
  #splice: Splice | null = null
  #lastRefusal: number = StreamCode.overloaded
  #timesSent = 0
  #outcome: ExchangeOutcome | null = null
  #isDone = false

  constructor(parts: HttpExchangeParts) {
    const { request, fit, fields, requestBufferBytes } = parts
    const { method, target, body, expectsContinue, upgrade } = fit
    this.#parts = parts
    this.#source = new RequestSource({
      request,
      head: encodeRequestHead({ method, target, body, expectsContinue, upgrade, fields }),
      ending: upgrade === null ? 'closed' : 'open',
      mostKeptBytes: Math.max(MOST_REPEATED_BYTES, requestBufferBytes),
    })
    parts.response.on('close', this.#onResponseClosed)
    parts.watchdog.watch(this, parts.idleTimeoutMs)
  }

  /** The status that the client was told; 0: none. */
  get status(): number {
    return this.#relay?.status || this.#parts.response.statusCode
  }

  get facts(): AnswerFacts {
    return this.#parts.facts
  }

  get provider(): ProviderSession | null {
    return this.#provider
  }

  isOf(socket: Socket): boolean {
    return this.#parts.request.socket === socket
  }

  /** All of the client's request has come. */
  get isWholeHere(): boolean {
    return this.#source.isEnded
  }

  get bodyBytes(): number {
    return this.#source.bodyBytes
  }

  /** The client has not sent all of its body, and nothing but the client is waited for. */
  get isWaitingForBody(): boolean {
    return this.#stream !== null && this.#relay?.hasBegun === false && this.#source.isWaitingForClient
  }

  get bytesMoved(): number {
    if (this.#splice !== null) return this.#splice.bytesMoved
    const { response } = this.#parts
    return this.#source.bodyBytes + (this.#relay?.bodyBytes ?? 0) - response.writableLength
  }

  /** Bytes wait for the client, or its body for the provider. */
  get isWaiting(): boolean {
    if (this.#splice !== null) return this.#splice.isWaiting
    return this.#parts.response.writableLength > 0 || (this.#stream !== null && this.#parts.request.isPaused())
  }

  get isHalfClosed(): boolean {
    return this.#splice?.isHalfClosed ?? false
  }

  /** Sends the request to the best provider there is; without one it waits. */
  place(): void {
    if (this.#outcome !== null || this.#stream !== null) return
    const full = new Set(this.#refusedBy)
    for (let provider = this.#parts.choose(full); provider !== null; provider = this.#parts.choose(full)) {
      const stream = provider.session.openStream()
      if (stream !== null) {
        this.#send(provider, stream)
        return
      }
      full.add(provider)
    }
    // Everybody who serves it has refused: waiting would not change that.
    if (this.#refusedBy.size > 0 && full.size === this.#refusedBy.size) this.#answer(answerFor(this.#lastRefusal))
    else this.#parts.onWaiting(this)
  }

  /** Nobody took the request in time. */
  giveUp(): void {
    if (this.#stream !== null) return
    this.#answer(this.#refusedBy.size > 0 ? answerFor(this.#lastRefusal) : 'EDGERQ-NO-PROVIDER')
  }

  /** Tells the client why it is not served, if it was not told anything yet; otherwise its connection is reset. */
  refuse(code: AnswerCode, detail?: string): void {
    if (this.#isDone) return
    if (this.#relay?.hasBegun) this.#break(StreamCode.cancelled)
    else this.#answer(code, detail)
  }

  /** The watchdog's, and the end of the process. */
  cut(code: StreamCode): void {
    if (this.#splice !== null) this.#splice.cut(code)
    else if (code === StreamCode.cancelled) this.#break(code)
    else this.refuse(answerFor(code))
  }

  /** Its provider has fallen silent: what can be asked elsewhere is, while the silence may yet turn out to be the end. */
  onProviderSuspect(provider: ProviderSession): void {
    if (this.#provider !== provider || this.#stream === null || this.#relay?.hasBegun || this.#splice !== null) return
    const other = this.#parts.choose(new Set([...this.#refusedBy, provider]))
    if (other === null || other.isSuspect || !this.#mayRepeat()) return
    this.#refusedBy.add(provider)
    this.#leaveStream()
    this.place()
  }

  onStreamReady(): void {
    this.#source.onStreamReady()
    this.#relay?.pump()
  }

  #send(provider: ProviderSession, stream: StreamHandle): void {
    const { response, fit, streamHead, mustClose } = this.#parts
    this.#provider = provider
    this.#stream = stream
    this.#timesSent++
    stream.owner = this
    this.#relay = new AnswerRelay({
      stream,
      response,
      isHead: fit.method === 'HEAD',
      mayUpgrade: fit.upgrade !== null,
      takesInterim: fit.version === '1.1',
      // What of the body was not read would be taken for the next request.
      mustClose: () => mustClose() || !this.#source.isEnded,
      onOutcome: (outcome) => this.#onAnswer(outcome),
    })
    stream.write(streamHead())
    this.#source.sendTo(stream)
  }

  #onAnswer(outcome: AnswerOutcome): void {
    if (outcome.kind === 'failed') {
      this.#onFailed(outcome.code)
      return
    }
    if (outcome.kind === 'upgraded') {
      this.#join(outcome.rest)
      return
    }
    // `close` of the response follows, when the client's socket has taken everything.
    this.#outcome = 'answered'
    // An upgrade that was not to be: nothing follows the request.
    this.#stream?.finish()
    if (this.#source.isEnded) return
    this.#stream?.stop(StreamCode.cancelled)
    this.#stream?.reset(StreamCode.cancelled)
  }

  #join(rest: Uint8Array): void {
    const { request, early, watchdog, idleTimeoutMs } = this.#parts
    const { socket } = request
    const stream = this.#stream!
    const splice = new Splice(socket, stream, () => {
      watchdog.forget(this)
      this.#finish('upgraded')
    })
    this.#splice = splice
    watchdog.watch(this, idleTimeoutMs)
    if (early.length > 0) socket.unshift(early)
    splice.start(rest)
  }

  #onFailed(code: number): void {
    const stream = this.#stream!
    const relay = this.#relay!
    if (relay.hasBegun) {
      this.#break(code)
      return
    }
    const isSessionLost = code === StreamCode.sessionLost
    const decision = relay.isAccepted
      ? 'fail'
      : decideRetry({ wasEverSent: stream.wasEverSent, isSessionLost, resetCode: code })
    if (decision === 'nextProvider') this.#strikeOut(this.#provider!, code)
    // The provider went, or was told to end at once: what had begun there may have been carried out.
    const wasLost = isSessionLost || code === StreamCode.cancelled
    const goesOn = decision === 'fail' ? wasLost && this.#mayRepeat() : this.#source.isWholeHere
    if (!goesOn) {
      this.#answer(answerFor(code))
      return
    }
    this.#leaveStream()
    this.place()
  }

  /** A provider that drains is out for everybody, and another may yet come: that is worth waiting for. */
  #strikeOut(provider: ProviderSession, code: number): void {
    this.#lastRefusal = code
    if (code === StreamCode.draining) provider.isDraining = true
    else this.#refusedBy.add(provider)
  }

  #mayRepeat(): boolean {
    const isAllowed = mayRepeat({
      method: this.#parts.fit.method,
      isWholeHere: this.#source.isWholeHere,
      timesSent: this.#timesSent,
      ageMs: performance.now() - this.#startedAt,
    })
    return isAllowed && this.#parts.budget.spend()
  }

  #answer(code: AnswerCode, detail?: string): void {
    if (this.#outcome !== null) return
    const { response, facts } = this.#parts
    this.#outcome = code
    this.#leaveStream()
    if (response.headersSent || response.destroyed) this.#break(StreamCode.cancelled)
    else writeOwnAnswer(response, code, detail === undefined ? facts : { ...facts, detail })
  }

  /** The client must not take what it has for the whole. */
  #break(code: number): void {
    this.#outcome ??= 'broken'
    if (this.#outcome === 'answered') this.#outcome = 'broken'
    this.#leaveStream(code)
    this.#parts.request.socket.resetAndDestroy()
  }

  readonly #onResponseClosed = (): void => {
    if (this.#splice !== null) return
    const { response } = this.#parts
    const isWhole = response.writableFinished
    if (!isWhole) this.#leaveStream()
    this.#finish(isWhole ? (this.#outcome ?? 'answered') : this.#outcome === 'broken' ? 'broken' : 'clientGone')
  }

  #leaveStream(code: number = StreamCode.cancelled): void {
    const stream = this.#stream
    this.#source.leaveStream()
    this.#relay?.leave()
    this.#stream = null
    if (stream === null) return
    stream.owner = null
    stream.reset(code)
    stream.stop(code)
    this.#relay?.releaseAll()
  }

  #finish(outcome: ExchangeOutcome): void {
    if (this.#isDone) return
    this.#isDone = true
    this.#parts.watchdog.forget(this)
    this.#relay?.leave()
    this.#relay?.releaseAll()
    if (this.#stream !== null && this.#splice === null) this.#stream.owner = null
    this.#parts.onDone(this, outcome)
  }
}
