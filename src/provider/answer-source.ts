// The answer of a target on its way to the consumer: what node's parser has found goes out as frames, at the pace of the stream. What the
// target did not bring to an end as HTTP knows it does not end here either.

import type { IncomingMessage, InformationEvent } from 'node:http'
import { answerFraming } from '../http/body-framing.ts'
import { type BodyFraming, type FieldList, valuesOf } from '../http/fields.ts'
import { trailerFields } from '../http/forwarding.ts'
import { END_FRAME, encodeFrame, FrameKind, frameHeader } from '../http/frames.ts'
import { MOST_FIELDS } from '../http/head-reader.ts'
import { type AnswerHead, encodeAnswerHead, encodeFields } from '../http/heads.ts'
import { ACCEPTED, type StreamHandle } from '../protocol/index.ts'
import { wasResetByPeer } from '../sockets/peer-reset.ts'

export interface AnswerSourceParts {
  readonly stream: StreamHandle
  /** The answer has no body, whatever its head says. */
  readonly isHead: boolean
  readonly onOutcome: (outcome: AnswerSourceOutcome) => void
}

/** `whole`: its last frame is written, the stream is not ended. `broken`: it is no answer, or stops within. Told once or more. */
export type AnswerSourceOutcome = 'whole' | 'broken'

export class AnswerSource {
  bodyBytes = 0

  readonly #parts: AnswerSourceParts
  #answer: IncomingMessage | null = null
  #isAccepted = false

  constructor(parts: AnswerSourceParts) {
    this.#parts = parts
  }

  /** The head of the final answer has come. */
  get hasBegun(): boolean {
    return this.#answer !== null
  }

  /** Tells a head before the answer (RFC 9110 §15.2). */
  tellInterim({ statusCode, statusMessage, rawHeaders }: InformationEvent): void {
    const head = { status: statusCode, reason: statusMessage, body: NONE, fields: rawHeaders }
    // No answer is preceded by so many that the stream fills: nothing but memory would bound them.
    if (!this.#tell(FrameKind.interim, head) || !this.#parts.stream.isWritable) this.#parts.onOutcome('broken')
  }

  /** Tells a 101. False: it cannot be passed on. */
  tellSwitching({ statusMessage: reason = '', rawHeaders: fields }: IncomingMessage): boolean {
    return this.#tell(FrameKind.head, { status: SWITCHING_PROTOCOLS, reason, body: NONE, fields })
  }

  /** Tells the head of the final answer, and from now on all that follows. */
  begin(answer: IncomingMessage): void {
    const { isHead, onOutcome } = this.#parts
    const { statusCode: status = 0, statusMessage: reason = '', rawHeaders: fields } = answer
    const framing = framingOf(fields)
    const isBodiless = isHead || BODILESS.has(status)
    // A 101 that comes here has no Upgrade, or no Connection that says so.
    const isAnswer = status >= FIRST_FINAL && framing !== null
    if (!isAnswer || !this.#tell(FrameKind.head, { status, reason, body: isBodiless ? NONE : framing, fields })) {
      onOutcome('broken')
      return
    }
    this.#answer = answer
    if (!isBodiless && isEndedByClose(fields)) this.#watchEnd(answer)
    answer.on('data', this.#onBytes)
    answer.on('end', () => this.#onEnd(answer))
    answer.on('error', () => onOutcome('broken'))
    answer.on('close', () => onOutcome('broken'))
  }

  /**
   * The connection has failed behind the head. Node takes that for the end of an answer that only its close ends; of one that says its
   * length, what is still to be read of it may be all there.
   */
  onConnectionError(): void {
    if (this.#answer !== null && !this.#answer.complete) this.#parts.onOutcome('broken')
  }

  /** The stream may take more. */
  resume(): void {
    if (this.#answer?.isPaused() && this.#parts.stream.isWritable) this.#answer.resume()
  }

  /** Before Node hears of the end, for then it closes the socket. */
  #watchEnd({ socket }: IncomingMessage): void {
    socket.prependOnceListener('end', () => {
      if (wasResetByPeer(socket)) this.#parts.onOutcome('broken')
    })
  }

  readonly #onBytes = (chunk: Uint8Array): void => {
    const { stream } = this.#parts
    this.bodyBytes += chunk.length
    stream.write(frameHeader(FrameKind.data, chunk.length))
    if (!stream.write(chunk)) this.#answer?.pause()
  }

  #onEnd(answer: IncomingMessage): void {
    const { stream, onOutcome } = this.#parts
    const trailers = trailerFields(answer.rawTrailers)
    if (!answer.complete || trailers.length > 2 * MOST_FIELDS) {
      onOutcome('broken')
      return
    }
    if (trailers.length === 0) stream.write(END_FRAME)
    else stream.write(encodeFrame(FrameKind.trailers, encodeFields(trailers)))
    onOutcome('whole')
  }

  /**
   * False: a consumer would not take it. ACCEPTED travels with the first frame: on its own it would cost a datagram for each request and
   * tell nobody anything.
   */
  #tell(kind: FrameKind, head: Omit<AnswerHead, 'isUpgrade'>): boolean {
    if (head.fields.length > 2 * MOST_FIELDS) return false
    const { stream } = this.#parts
    const { status, body, fields } = head
    const reason = NO_REASON.test(head.reason) ? '' : head.reason
    // Written out: V8 is slow at copies by `...` with another value for a member (docs/decisions.md).
    const payload = encodeAnswerHead({ status, reason, body, isUpgrade: status === SWITCHING_PROTOCOLS, fields })
    if (!this.#isAccepted) stream.write(ACCEPTED_BYTE)
    this.#isAccepted = true
    stream.write(encodeFrame(kind, payload))
    return true
  }
}

const NONE: BodyFraming = { kind: 'none' }
const ACCEPTED_BYTE = new Uint8Array([ACCEPTED])

const SWITCHING_PROTOCOLS = 101
const FIRST_FINAL = 200
/** RFC 9112 §6.3: they end with their head. */
const BODILESS: ReadonlySet<number> = new Set([204, 304])

/** Node's parser lets any character but CR and LF through here, and nobody needs a reason to be right (RFC 9112 §4). */
const NO_REASON = /[^\t\x20-\x7e\x80-\xff]/

/**
 * Null: nobody can tell how long the body is, or it is coded in a way that Node does not undo. Transfer-Encoding is not passed on, so the
 * client would take the coded body for the content.
 */
function framingOf(fields: FieldList): BodyFraming | null {
  const codings = valuesOf(fields, 'transfer-encoding')
  const isPlain = codings.length === 0 || (codings.length === 1 && codings[0]!.toLowerCase() === 'chunked')
  return isPlain ? answerFraming(fields) : null
}

/** RFC 9112 §6.3, the last of its cases. */
function isEndedByClose(fields: FieldList): boolean {
  return valuesOf(fields, 'transfer-encoding').length === 0 && valuesOf(fields, 'content-length').length === 0
}
