// A stream of an `http` service: frames of a request in, a request of node's own writer out to the target, and its answer back as frames.
//
//   stream ─▶ FrameReader ─▶ ClientRequest ─▶ target ─▶ IncomingMessage ─▶ frames ─▶ stream
//                                             └── 101 ─▶ Splice, opaque from there on
//
// The clock of request_ttl runs here, where it is known when the target has the whole request: no slow line and no waiting room counts.

import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { answerFraming } from '../http/body-framing.ts'
import { type BodyFraming, type FieldList, fieldsThat } from '../http/fields.ts'
import { trailerFields } from '../http/forwarding.ts'
import { FrameEvent, FrameReader } from '../http/frame-reader.ts'
import { encodeFrame, FrameKind, frameHeader } from '../http/frames.ts'
import { MOST_FIELDS } from '../http/head-reader.ts'
import { decodeFields, decodeRequestHead, encodeAnswerHead, encodeFields, type RequestHead } from '../http/heads.ts'
import { ACCEPTED, StreamCode } from '../protocol/index.ts'
import { FlushedCredit } from '../runtime/flushed-credit.ts'
import { Splice } from '../runtime/splice.ts'
import type { StreamOwner } from '../runtime/stream-owner.ts'
import type { Watched } from '../runtime/watchdog.ts'
import type { Forwarder, ForwarderOutcome, ForwarderParts } from './forwarder.ts'
import { type HttpTarget, mayReuse } from './http-target.ts'
import { hostOf } from './target.ts'
import { failureOf, type TargetFailure } from './target-failure.ts'

export class HttpForwarder implements Forwarder, StreamOwner, Watched {
  readonly #parts: ForwarderParts
  readonly #target: HttpTarget
  readonly #reader = new FrameReader('request')
  readonly #credit: FlushedCredit
  #head: RequestHead | null = null
  #request: ClientRequest | null = null
  #answer: IncomingMessage | null = null
  #splice: Splice | null = null
  /** Opaque bytes behind a request for an upgrade; not released yet. */
  #early: Uint8Array = NOTHING
  #isConnected = false
  #isWhole = false
  #hasAnswered = false
  #requestBytes = 0
  #answerBytes = 0
  #timer: NodeJS.Timeout | null = null
  #isDone = false

  constructor(parts: ForwarderParts) {
    const { stream, rest, target, watchdog } = parts
    this.#parts = parts
    this.#target = target.http!
    this.#credit = new FlushedCredit(stream)
    stream.owner = this
    stream.borrow()
    watchdog.watch(this, 0)
    this.#credit.takeOver(rest.length)
    if (rest.length > 0) this.#take(rest)
    this.#pump()
  }

  get bytesMoved(): number {
    if (this.#splice !== null) return this.#splice.bytesMoved
    return this.#requestBytes + this.#answerBytes - (this.#request?.writableLength ?? 0)
  }

  /** Bytes wait for the target to take them, or its answer for the stream. */
  get isWaiting(): boolean {
    if (this.#splice !== null) return this.#splice.isWaiting
    return (this.#request?.writableLength ?? 0) > 0 || (this.#answer?.isPaused() ?? false)
  }

  get isHalfClosed(): boolean {
    return this.#splice?.isHalfClosed ?? false
  }

  onStreamReady(): void {
    const { stream } = this.#parts
    if (this.#answer?.isPaused() && stream.isWritable) this.#answer.resume()
    if (stream.stopCode >= 0) this.#fail('streamGone', StreamCode.cancelled)
    else this.#pump()
  }

  cut(code: StreamCode): void {
    if (this.#splice === null) this.#fail('targetFailed', code)
    else this.#splice.cut(code)
  }

  readonly #pump = (): void => {
    const { stream } = this.#parts
    while (!this.#isDone && !this.#isWhole && !this.#request?.writableNeedDrain) {
      const bytes = this.#credit.read()
      if (bytes === null) break
      this.#take(bytes)
    }
    if (this.#isDone) return
    if (stream.readState === 'reset') this.#fail('streamGone', StreamCode.cancelled)
    else if (stream.readState === 'ended' && !this.#isWhole) this.#fail('refused', StreamCode.badFrames)
  }

  #take(bytes: Uint8Array): void {
    this.#reader.push(bytes)
    let written = 0
    let last: Uint8Array | null = null
    for (let event = this.#reader.next(); event !== FrameEvent.needMore; event = this.#reader.next()) {
      if (event === FrameEvent.data) {
        if (last !== null) written += this.#write(last)
        last = this.#reader.bytes
        this.#requestBytes += last.length
      } else if (event === FrameEvent.head) {
        this.#onHead(decodeRequestHead(this.#reader.bytes))
      } else if (event === FrameEvent.end || event === FrameEvent.trailers) {
        this.#onEnd(
          event === FrameEvent.trailers ? decodeFields(this.#reader.bytes) : NO_FIELDS,
          last,
          bytes.length - written,
        )
        return
      } else {
        this.#fail('refused', StreamCode.badFrames)
      }
      if (this.#isDone) return
    }
    if (last !== null) written += this.#write(last)
    this.#credit.onUsed(bytes.length - written)
    // A head must not wait for its body.
    this.#request?.flushHeaders()
  }

  #write(bytes: Uint8Array): number {
    this.#request?.write(bytes, this.#credit.forWrite(bytes.length))
    return bytes.length
  }

  #onHead(head: RequestHead | null): void {
    if (head === null) {
      this.#fail('refused', StreamCode.badFrames)
      return
    }
    this.#head = head
    this.#open(head, mayReuse(head.method, head.body) && head.upgrade === null)
  }

  /** `heldBytes`: of those that were pushed, what no write has taken. */
  #onEnd(trailers: FieldList | null, last: Uint8Array | null, heldBytes: number): void {
    if (trailers === null) {
      this.#fail('refused', StreamCode.badFrames)
      return
    }
    this.#isWhole = true
    this.#early = this.#head?.upgrade ? this.#reader.rest() : NOTHING
    this.#credit.onUsed(heldBytes - (last?.length ?? 0) - this.#early.length)
    const request = this.#request
    if (request !== null && trailers.length > 0 && this.#head?.body.kind === 'chunked') {
      request.addTrailers(inPairs(trailerFields(trailers)))
    }
    if (last === null) request?.end()
    else request?.end(last, this.#credit.forWrite(last.length))
    this.#startClock()
  }

  #open(head: RequestHead, isReusable: boolean): void {
    const { head: streamHead, target } = this.#parts
    const request = this.#target.open({
      method: head.method,
      path: head.target,
      fields: fieldsFor(head, hostOf(target.service)),
      connectWithinMs: streamHead.connectWithinMs,
      isReusable,
      onConnected: () => this.#onConnected(),
    })
    this.#request = request
    request.on('response', this.#onResponse)
    request.on('continue', () => this.#onInterim({ statusCode: 100, statusMessage: 'Continue', rawHeaders: [] }))
    request.on('information', this.#onInterim)
    request.on('upgrade', this.#onUpgrade)
    request.on('error', (error) => this.#onError(request, error))
    request.on('drain', this.#pump)
  }

  #onConnected(): void {
    this.#isConnected = true
    this.#parts.onTarget(null)
    this.#startClock()
  }

  /** Of request_ttl: from when the target has the whole request until the first byte of its answer. */
  #startClock(): void {
    if (!this.#isConnected || !this.#isWhole || this.#hasAnswered || this.#isDone) return
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = setTimeout(
      () => this.#fail('targetFailed', StreamCode.targetSilent),
      this.#parts.head.connectWithinMs,
    )
  }

  readonly #onInterim = (head: Pick<InformationHead, 'statusCode' | 'statusMessage' | 'rawHeaders'>): void => {
    if (this.#hasAnswered || this.#isDone) return
    const { statusCode: status, statusMessage: reason, rawHeaders: fields } = head
    this.#say(FrameKind.interim, encodeAnswerHead({ status, reason, body: NO_BODY, isUpgrade: false, fields }))
    this.#startClock()
  }

  readonly #onResponse = (answer: IncomingMessage): void => {
    const { statusCode: status = 0, statusMessage: reason = '', rawHeaders: fields } = answer
    const framing = answerFraming(fields)
    if (framing === null || status === SWITCHING_PROTOCOLS || fields.length > 2 * MOST_FIELDS) {
      this.#fail('targetFailed', StreamCode.badAnswer)
      return
    }
    const body = isBodiless(this.#head?.method, status) ? NO_BODY : framing
    this.#answer = answer
    this.#begin()
    this.#say(FrameKind.head, encodeAnswerHead({ status, reason, body, isUpgrade: false, fields }))
    answer.on('data', this.#onAnswerBytes)
    answer.on('end', () => this.#onAnswerEnd(answer))
    answer.on('error', () => this.#fail('targetFailed', StreamCode.badAnswer))
    answer.on('close', () => this.#fail('targetFailed', StreamCode.badAnswer))
  }

  readonly #onAnswerBytes = (chunk: Uint8Array): void => {
    const { stream } = this.#parts
    this.#answerBytes += chunk.length
    stream.write(frameHeader(FrameKind.data, chunk.length))
    if (!stream.write(chunk)) this.#answer?.pause()
  }

  #onAnswerEnd(answer: IncomingMessage): void {
    if (this.#isDone) return
    if (!answer.complete) {
      this.#fail('targetFailed', StreamCode.badAnswer)
      return
    }
    const trailers = trailerFields(answer.rawTrailers)
    if (trailers.length === 0) this.#say(FrameKind.end, NOTHING)
    else this.#say(FrameKind.trailers, encodeFields(trailers))
    this.#parts.stream.finish()
    // What the target did not want of the request nobody needs; nor what a client said behind an upgrade that was not to be.
    if (!this.#isWhole) this.#request?.destroy()
    if (!this.#isWhole || this.#head?.upgrade) this.#parts.stream.stop(StreamCode.cancelled)
    this.#finish('answered')
  }

  readonly #onUpgrade = (answer: IncomingMessage, socket: Socket, first: Uint8Array): void => {
    const { statusCode: status = 0, statusMessage: reason = '', rawHeaders: fields } = answer
    if (this.#isDone || status !== SWITCHING_PROTOCOLS || !this.#head?.upgrade) {
      socket.destroy()
      this.#fail('targetFailed', StreamCode.badAnswer)
      return
    }
    const { stream, watchdog } = this.#parts
    this.#begin()
    this.#say(FrameKind.head, encodeAnswerHead({ status, reason, body: NO_BODY, isUpgrade: true, fields }))
    this.#credit.handOver(this.#early.length)
    this.#splice = new Splice(socket, stream, (outcome) => {
      watchdog.forget(this)
      this.#finish(outcome)
    })
    if (first.length > 0) socket.unshift(first)
    this.#splice.start(this.#early)
  }

  #onError(request: ClientRequest, error: NodeJS.ErrnoException): void {
    // What comes behind the head of the answer is the answer's to tell.
    if (this.#isDone || this.#hasAnswered || request !== this.#request) return
    if (this.#isWhole && this.#head !== null && this.#target.wasStale(request, error)) {
      this.#open(this.#head, false)
      this.#request?.end()
      return
    }
    if (!this.#isConnected) this.#parts.onTarget(error)
    this.#fail('targetFailed', this.#isConnected ? StreamCode.badAnswer : CODES[failureOf(error)])
  }

  /** ACCEPTED travels with the first frame: on its own it would cost a datagram for each request and tell nobody anything. */
  #say(kind: FrameKind, payload: Uint8Array): void {
    const { stream } = this.#parts
    if (!this.#hasSaid) stream.write(ACCEPTED_BYTE)
    this.#hasSaid = true
    stream.write(encodeFrame(kind, payload))
  }
  #hasSaid = false

  #begin(): void {
    this.#hasAnswered = true
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  #fail(outcome: ForwarderOutcome, code: StreamCode): void {
    if (this.#isDone || this.#splice !== null) return
    const { stream } = this.#parts
    stream.stop(code)
    stream.reset(code)
    this.#isDone = true
    this.#request?.destroy()
    this.#isDone = false
    this.#finish(outcome)
  }

  #finish(outcome: ForwarderOutcome): void {
    if (this.#isDone) return
    this.#isDone = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#parts.watchdog.forget(this)
    this.#credit.releaseAll()
    if (this.#splice === null) this.#parts.stream.owner = null
    this.#parts.onDone(outcome)
  }
}

interface InformationHead {
  readonly statusCode: number
  readonly statusMessage: string
  readonly rawHeaders: FieldList
}

const NOTHING = new Uint8Array(0)
const NO_FIELDS: FieldList = []
const NO_BODY: BodyFraming = { kind: 'none' }
const ACCEPTED_BYTE = new Uint8Array([ACCEPTED])
const SWITCHING_PROTOCOLS = 101

/** Until the target has the first byte of the request. Afterwards every failure is a bad answer: it may have been carried out. */
const CODES: Readonly<Record<TargetFailure, StreamCode>> = {
  refused: StreamCode.targetRefused,
  timedOut: StreamCode.targetTimedOut,
  certificate: StreamCode.targetCertificate,
  unreachable: StreamCode.targetUnreachable,
  badAnswer: StreamCode.targetUnreachable,
  reset: StreamCode.targetUnreachable,
}

/** RFC 9112 §6.3: these answers end with their head, whatever it says. */
function isBodiless(method: string | undefined, status: number): boolean {
  return method === 'HEAD' || status === 204 || status === 304
}

/** They are written anew from what the head says apart; the consumer is not believed to have left them out. */
const TOLD_APART: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'transfer-encoding',
  'upgrade',
])

/** `host`: for clients of HTTP/1.0 that name none. */
function fieldsFor(head: RequestHead, host: string): string[] {
  const fields = fieldsThat((name) => !TOLD_APART.has(name), head.fields)
  if (!hasHost(fields)) fields.unshift('Host', host)
  if (head.body.kind === 'length') fields.push('Content-Length', String(head.body.bytes))
  if (head.body.kind === 'chunked') fields.push('Transfer-Encoding', 'chunked')
  if (head.expectsContinue) fields.push('Expect', '100-continue')
  if (head.upgrade !== null) fields.push('Connection', 'upgrade', 'Upgrade', head.upgrade)
  return fields
}

function hasHost(fields: FieldList): boolean {
  return fields.length > 0 && fields[0]!.toLowerCase() === 'host'
}

function inPairs(fields: FieldList): [string, string][] {
  const pairs: [string, string][] = []
  for (let at = 0; at < fields.length; at += 2) pairs.push([fields[at]!, fields[at + 1]!])
  return pairs
}
