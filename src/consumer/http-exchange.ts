// One request of a client and its answer: finds a provider, opens a stream, says the request, relays the answer. Where a provider fails
// before anything was answered, the request goes elsewhere if placement.ts allows; otherwise the client is told what failed, and on whose
// side.
//
//   waiting ──stream opened──▶ sent ──head of the answer──▶ answering ──▶ done
//      ▲                        │ refused, lost, silent           └── 101 ──▶ spliced ──▶ done
//      └────────────────────────┘

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AnswerFacts } from '../http/answer-page.ts'
import type { FitRequest } from '../http/gate.ts'
import { encodeRequestHead } from '../http/heads.ts'
import type { AnswerCode } from '../http/own-answers.ts'
import { StreamCode } from '../protocol/index.ts'
import type { RosterMember } from '../runtime/roster.ts'
import { Splice } from '../runtime/splice.ts'
import type { StreamOwner } from '../runtime/stream-owner.ts'
import type { Watch, Watchdog, Watched } from '../runtime/watchdog.ts'
import { hearOut } from '../sockets/peer-reset.ts'
import { resetConnection } from '../sockets/reset-connection.ts'
import { type AnswerOutcome, AnswerRelay } from './answer-relay.ts'
import { answerFor } from './failures.ts'
import { writeOwnAnswer } from './own-answer.ts'
import { type Place, Placement } from './placement.ts'
import type { ProviderSession } from './provider-session.ts'
import { RequestSource } from './request-source.ts'
import type { RetryBudget } from './retry.ts'

export interface HttpExchangeParts {
  readonly request: IncomingMessage
  /** Attached to its socket: the answers before it are written. */
  readonly response: ServerResponse
  readonly fit: FitRequest
  /** The fields that go to the target. */
  readonly fields: readonly string[]
  /** Bytes that the client sent behind a request for an upgrade. */
  readonly early: Uint8Array
  readonly facts: AnswerFacts
  /** The UUID. */
  readonly service: string
  readonly requestBufferBytes: number
  readonly holdMs: number
  readonly idleTimeoutMs: number
  readonly requestTtlMs: number
  readonly watchdog: Watchdog
  readonly budget: RetryBudget
  /** The first bytes of a stream for this request. */
  readonly streamHead: () => Uint8Array
  /** The best provider that was not tried yet; null: none. */
  readonly choose: (tried: ReadonlySet<ProviderSession>) => ProviderSession | null
  /** Nobody can take the request now: call `place` again when that may have changed, or `giveUp` at that time of `performance.now`. */
  readonly onWaiting: (exchange: HttpExchange, untilMs: number) => void
  /** The connection should close with this answer. */
  readonly mustClose: () => boolean
  readonly onDone: (exchange: HttpExchange, outcome: ExchangeOutcome) => void
}

/** `answered`: by the target. A code: by us. `broken`: the answer broke off, and the client saw a reset. */
export type ExchangeOutcome = 'answered' | 'upgraded' | 'broken' | 'clientGone' | AnswerCode

/** What RFC 9110 would let us keep for repeating is more than a proxy should hold for each of its clients. */
const MOST_REPEATED_BYTES = 65_536

export class HttpExchange implements StreamOwner, Watched, RosterMember {
  watch: Watch | null = null
  rosterAt = -1

  readonly #parts: HttpExchangeParts
  readonly #placement: Placement
  readonly #source: RequestSource
  /** Where the request is now; null: it waits. */
  #place: Place | null = null
  #relay: AnswerRelay | null = null
  #splice: Splice | null = null
  #silence: NodeJS.Timeout | undefined
  /** Decided, though the client's socket may not have taken all of it. */
  #outcome: ExchangeOutcome | null = null
  #isDone = false

  constructor(parts: HttpExchangeParts) {
    const { request, response, fit, fields, requestBufferBytes, service, holdMs, budget, choose } = parts
    const { method, target, body, expectsContinue, upgrade } = fit
    this.#parts = parts
    this.#placement = new Placement({ service, method, holdMs, budget, choose })
    this.#source = new RequestSource({
      request,
      isBodiless: upgrade === null && (body.kind === 'none' || (body.kind === 'length' && body.bytes === 0)),
      head: encodeRequestHead({ method, target, body, expectsContinue, upgrade, fields }),
      ending: upgrade === null ? 'closed' : 'open',
      mostKeptBytes: Math.max(MOST_REPEATED_BYTES, requestBufferBytes),
    })
    response.on('close', this.#onResponseClosed)
    parts.watchdog.watch(this, parts.idleTimeoutMs)
  }

  get facts(): AnswerFacts {
    return this.#parts.facts
  }

  /** The status that the client was told, or would be. */
  get status(): number {
    return this.#relay?.status || this.#parts.response.statusCode
  }

  /** Some of the client's request is still to come. */
  get isComing(): boolean {
    return !this.#parts.request.complete
  }

  get bodyBytes(): number {
    return this.#source.bodyBytes
  }

  /** The client has not sent all of its body, and nothing but the client is waited for. */
  get isWaitingForBody(): boolean {
    if (this.#place === null || this.#relay?.hasBegun || this.#isWaitingForContinue) return false
    return this.#source.isWaitingForClient
  }

  get bytesMoved(): number {
    if (this.#splice !== null) return this.#splice.bytesMoved
    return this.#source.bodyBytes + (this.#relay?.bodyBytes ?? 0) - this.#parts.response.writableLength
  }

  /** Bytes wait for the client, its body for the provider, or the client for the word to send it. */
  get isWaiting(): boolean {
    if (this.#splice !== null) return this.#splice.isWaiting
    if (this.#parts.response.writableLength > 0) return true
    return this.#place !== null && (this.#parts.request.isPaused() || this.#isWaitingForContinue)
  }

  get isHalfClosed(): boolean {
    return this.#splice?.isHalfClosed ?? false
  }

  /** Sends the request to the best provider there is; without one it waits. */
  place(): void {
    if (this.#outcome !== null || this.#place !== null) return
    const place = this.#placement.open()
    if (place === 'wait') this.#parts.onWaiting(this, this.#placement.waitUntil())
    else if (place === 'refused') this.giveUp()
    else this.#send(place)
  }

  /** Nobody took the request, or not in time. */
  giveUp(): void {
    if (this.#place === null) this.#answer(this.#placement.answer)
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

  /** The client ended its half: it waits for no answer that is not written yet. */
  onClientEnd(): void {
    const { request } = this.#parts
    // Of a body that breaks off node tells by itself; what is spliced tells both ends apart.
    if (!request.complete || this.#outcome !== null || this.#splice !== null) return
    this.#outcome = 'clientGone'
    this.#break(StreamCode.cancelled)
  }

  /** Its provider has fallen silent: what can be asked elsewhere is, while the silence may yet turn out to be the end. */
  onProviderSuspect(provider: ProviderSession): void {
    if (this.#place?.provider === provider && !this.#leave(provider)) this.#boundSilence()
  }

  /** Somebody may be heard of again, or for the first time: a request that waits at a silent provider need not wait for that one. */
  onProvidersChanged(): void {
    const provider = this.#place?.provider
    if (provider?.isSuspect) this.#leave(provider)
  }

  /** False: it stays where it is. */
  #leave(provider: ProviderSession): boolean {
    if (this.#outcome !== null || this.#relay?.hasBegun) return true
    if (!this.#placement.mayLeave(provider, this.#source.isWholeHere)) return false
    this.#leaveStream()
    this.place()
    return true
  }

  /**
   * The clock of request_ttl runs at the provider, and a silent one cannot tell that it has run out. So once more as long is waited here;
   * while the client still sends, its body may yet move.
   */
  #boundSilence(): void {
    const place = this.#place
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => {
      if (this.#place !== place || !place?.provider.isSuspect || this.#relay?.hasBegun) return
      if (this.#source.isEnded) this.#answer('EDGERQ-LINK-LOST', 'nothing is heard of the provider')
      else this.#boundSilence()
    }, this.#parts.requestTtlMs)
  }

  onStreamReady(): void {
    this.#source.onStreamReady()
    this.#relay?.pump()
    if (this.#relay?.hasBegun) this.#source.forget()
  }

  /** A client that was not told to go on need not send anything. */
  get #isWaitingForContinue(): boolean {
    const isTold = this.#relay === null || this.#relay.hasContinued || this.#relay.hasBegun
    return this.#parts.fit.expectsContinue && !isTold && this.#source.bodyBytes === 0
  }

  #send(place: Place): void {
    const { response, fit, streamHead, mustClose } = this.#parts
    const { stream } = place
    this.#place = place
    stream.owner = this
    this.#relay = new AnswerRelay({
      stream,
      response,
      isHead: fit.method === 'HEAD',
      version: fit.version,
      mayUpgrade: fit.upgrade !== null,
      // What of the body was not read would be taken for the next request.
      mustClose: () => mustClose() || !this.#source.isEnded,
      onOutcome: (outcome) => this.#onAnswer(outcome),
    })
    stream.write(streamHead())
    this.#source.sendTo(stream)
    if (place.provider.isSuspect) this.#boundSilence()
  }

  #onAnswer(outcome: AnswerOutcome): void {
    if (outcome.kind === 'failed') this.#onFailed(outcome.code)
    else if (outcome.kind === 'upgraded') this.#join(outcome.rest)
    else this.#onWhole()
  }

  /** `close` of the response follows, when the client's socket has taken everything. */
  #onWhole(): void {
    const { stream } = this.#place!
    this.#outcome = 'answered'
    // An upgrade that was not to be: nothing follows the request.
    stream.finish()
    if (this.#source.isEnded) return
    this.#source.drop()
    stream.reset(StreamCode.cancelled)
  }

  #join(rest: Uint8Array): void {
    const { request, early, watchdog, idleTimeoutMs } = this.#parts
    const { socket } = request
    hearOut(socket)
    const splice = new Splice(socket, this.#place!.stream, () => {
      watchdog.forget(this)
      this.#finish('upgraded')
    })
    this.#splice = splice
    watchdog.watch(this, idleTimeoutMs)
    if (early.length > 0) socket.unshift(early)
    splice.start(rest)
  }

  #onFailed(code: number): void {
    const place = this.#place!
    const { isAccepted, hasBegun } = this.#relay!
    if (hasBegun) {
      this.#break(code)
      return
    }
    const { isWholeHere } = this.#source
    if (!this.#placement.mayGoOn({ ...place, code, isAccepted, isWholeHere })) {
      this.#answer(answerFor(code))
      return
    }
    this.#leaveStream()
    this.place()
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
    if (this.#outcome === null || this.#outcome === 'answered') this.#outcome = 'broken'
    this.#leaveStream(code)
    resetConnection(this.#parts.request.socket)
  }

  readonly #onResponseClosed = (): void => {
    if (this.#splice !== null) return
    const isWhole = this.#parts.response.writableFinished
    if (!isWhole) this.#leaveStream()
    this.#finish(isWhole ? (this.#outcome ?? 'answered') : this.#outcome === 'broken' ? 'broken' : 'clientGone')
  }

  #leaveStream(code: number = StreamCode.cancelled): void {
    const place = this.#place
    clearTimeout(this.#silence)
    this.#source.leaveStream()
    this.#relay?.leave()
    this.#place = null
    if (place === null) return
    place.stream.owner = null
    place.stream.reset(code)
    place.stream.stop(code)
    this.#relay?.releaseAll()
  }

  #finish(outcome: ExchangeOutcome): void {
    if (this.#isDone) return
    this.#isDone = true
    clearTimeout(this.#silence)
    this.#parts.watchdog.forget(this)
    this.#relay?.leave()
    if (this.#place !== null && this.#splice === null) {
      this.#place.stream.owner = null
      // Nothing stands behind the end of an answer: a provider that goes on must not keep the stream open.
      this.#place.stream.stop(StreamCode.cancelled)
    }
    this.#relay?.releaseAll()
    this.#parts.onDone(this, outcome)
  }
}
