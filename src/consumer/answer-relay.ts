// The answer of a provider on its way to the client: frames in, HTTP/1 out by node's own writer, at the pace of the client. What does not
// add up (a body of another length than was said, an answer that breaks off) never looks whole to the client.

import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type BodyFraming, type FieldList, inPairs } from '../http/fields.ts'
import { switchingFields, trailerFields } from '../http/forwarding.ts'
import { FrameEvent, FrameReader } from '../http/frame-reader.ts'
import type { HttpVersion } from '../http/gate.ts'
import { type AnswerHead, decodeAnswerHead, decodeFields, decodeInterimHead } from '../http/heads.ts'
import { smallText } from '../http/small-text.ts'
import { ACCEPTED, StreamCode, type StreamHandle } from '../protocol/index.ts'
import { FlushedCredit } from '../runtime/flushed-credit.ts'
import { answerHeadText, finalFields, interimFields, NO_BODY } from './answer-head.ts'

/** Heads of answers; a target's are held to 64 KiB by its provider. */
const MOST_ANSWER_HEAD_BYTES = 262_144

export interface AnswerRelayParts {
  readonly stream: StreamHandle
  /** Attached to its socket: the answers before it are written. */
  readonly response: ServerResponse
  readonly isHead: boolean
  readonly version: HttpVersion
  /** The client asked for another protocol. */
  readonly mayUpgrade: boolean
  /** Asked when the head of the answer goes out: true ends the connection with it. */
  readonly mustClose: () => boolean
  readonly onOutcome: (outcome: AnswerOutcome) => void
}

export type AnswerOutcome =
  /** The last byte was given to the client's socket. */
  | { readonly kind: 'whole' }
  /** 101 was written; `rest` are the first opaque bytes, not released yet. */
  | { readonly kind: 'upgraded'; readonly rest: Uint8Array }
  /** The stream was reset with this code, or the answer was no answer. */
  | { readonly kind: 'failed'; readonly code: number }

export class AnswerRelay {
  /** The head of the final answer was written: nothing else can be answered any more. */
  hasBegun = false
  /** The provider has begun to act. */
  isAccepted = false
  /** The client was told to go on with its body. */
  hasContinued = false
  status = 0
  bodyBytes = 0

  readonly #parts: AnswerRelayParts
  /**
   * How fast the client reads is asked of the socket. The response does not know of interim heads, and node tells it of room no more once an
   * upgrade was asked for behind it.
   */
  readonly #socket: Socket
  readonly #reader = new FrameReader('answer', MOST_ANSWER_HEAD_BYTES)
  readonly #credit: FlushedCredit
  #leftBytes = Number.POSITIVE_INFINITY
  #hasBody = true
  #hasSentHead = false
  #hasEnded = false

  constructor(parts: AnswerRelayParts) {
    this.#parts = parts
    this.#credit = new FlushedCredit(parts.stream)
    this.#socket = parts.response.req.socket
    parts.stream.borrow()
    this.#socket.on('drain', this.pump)
  }

  /** Nothing is written or read here from now on; what was written may still be on its way. */
  leave(): void {
    this.#hasEnded = true
    this.#socket.off('drain', this.pump)
  }

  /** The client's socket is closed. */
  releaseAll(): void {
    this.#credit.releaseAll()
  }

  readonly pump = (): void => {
    const { stream } = this.#parts
    while (!this.#hasEnded && !this.#socket.writableNeedDrain) {
      const bytes = this.#credit.read()
      if (bytes === null) break
      this.#take(bytes)
    }
    if (this.#hasEnded) return
    this.#sendHead()
    if (stream.readState === 'reset') this.#fail(stream.resetCode)
    else if (stream.readState === 'ended') this.#fail(StreamCode.badFrames)
  }

  #take(bytes: Uint8Array): void {
    const frames = this.isAccepted ? bytes : this.#takeAccepted(bytes)
    if (frames === null) return
    this.#reader.push(frames)
    let written = 0
    let last: Uint8Array | null = null
    for (let event = this.#reader.next(); event !== FrameEvent.needMore; event = this.#reader.next()) {
      if (event === FrameEvent.data) {
        if (last !== null) written += this.#write(last)
        last = this.#takeBody(this.#reader.bytes)
      } else if (event === FrameEvent.end || event === FrameEvent.trailers) {
        // The last piece goes out together with the end: one write for a small answer.
        this.#credit.onUsed(bytes.length - written - (last?.length ?? 0))
        this.#end(event === FrameEvent.trailers ? decodeFields(this.#reader.bytes) : NO_FIELDS, last)
      } else if (event === FrameEvent.head) {
        this.#onHead(decodeAnswerHead(this.#reader.bytes))
      } else if (event === FrameEvent.interim) {
        this.#onInterim(decodeInterimHead(this.#reader.bytes))
      } else {
        this.#fail(StreamCode.badFrames)
      }
      if (this.#hasEnded) return
    }
    if (last !== null) written += this.#write(last)
    this.#credit.onUsed(bytes.length - written)
  }

  /** What follows ACCEPTED. Null: something else came. */
  #takeAccepted(bytes: Uint8Array): Uint8Array | null {
    this.isAccepted = bytes[0] === ACCEPTED
    if (this.isAccepted) return bytes.subarray(1)
    this.#fail(StreamCode.badFrames)
    return null
  }

  /** The piece that is to be written; null: the answer has no body, or a shorter one. */
  #takeBody(piece: Uint8Array): Uint8Array | null {
    if (!this.#hasBody) return null
    this.#leftBytes -= piece.length
    this.bodyBytes += piece.length
    if (this.#leftBytes >= 0) return piece
    this.#fail(StreamCode.badAnswer)
    return null
  }

  #onHead(head: AnswerHead | null): void {
    if (head === null) this.#fail(StreamCode.badAnswer)
    else if (head.isUpgrade) this.#onSwitching(head)
    else this.#onFinal(head)
  }

  #onInterim(head: AnswerHead | null): void {
    const { response, version } = this.#parts
    if (head === null) this.#fail(StreamCode.badAnswer)
    // HTTP/1.0 knows no 1xx.
    else if (version === '1.0') return
    else if (head.status === CONTINUE) {
      this.hasContinued = true
      // Said by node itself: otherwise it would take what the client sends now for something unasked, and close behind the answer.
      response.writeContinue()
    } else this.#socket.write(answerHeadText(head.status, head.reason, interimFields(head)), 'latin1')
  }

  #onFinal(head: AnswerHead): void {
    const { response, version, mustClose } = this.#parts
    const body = this.#framingOf(head)
    this.#hasBody = body.kind !== 'none'
    if (body.kind === 'length') this.#leftBytes = body.bytes
    const fields = finalFields(head, body, version)
    if (mustClose()) fields.push('Connection', 'close')
    this.hasBegun = true
    this.status = head.status
    // Some clients of HTTP/1.0 ask for chunks by a TE field, and node would believe them (RFC 9112 §6.1).
    if (version === '1.0') response.useChunkedEncodingByDefault = false
    response.writeHead(head.status, head.reason, fields)
  }

  #framingOf({ status, body }: AnswerHead): BodyFraming {
    if (this.#parts.isHead || status === 204 || status === 304) return NO_BODY
    return body.kind === 'none' ? { kind: 'length', bytes: 0 } : body
  }

  /** From here on the stream is opaque: what has come behind the head belongs to whoever takes over. */
  #onSwitching(head: AnswerHead): void {
    const { response, mayUpgrade, onOutcome } = this.#parts
    if (!mayUpgrade) {
      this.#fail(StreamCode.badAnswer)
      return
    }
    this.hasBegun = true
    this.status = head.status
    response.detachSocket(this.#socket)
    this.#socket.write(answerHeadText(head.status, head.reason, switchingFields(head.fields)), 'latin1')
    const rest = this.#reader.rest()
    this.leave()
    this.#credit.handOver(rest.length)
    this.#credit.releaseAll()
    onOutcome({ kind: 'upgraded', rest })
  }

  #write(bytes: Uint8Array): number {
    this.#hasSentHead = true
    this.#parts.response.write(bytes, this.#credit.forWrite(bytes.length))
    return bytes.length
  }

  #end(trailers: FieldList | null, last: Uint8Array | null): void {
    const { response, version } = this.#parts
    const isShort = Number.isFinite(this.#leftBytes) && this.#leftBytes > 0
    if (trailers === null || isShort) {
      this.#fail(StreamCode.badAnswer)
      return
    }
    const passed = version === '1.1' && this.#hasBody ? trailerFields(trailers) : NO_FIELDS
    if (passed.length > 0) response.addTrailers(inPairs(passed))
    this.leave()
    this.#endWith(last)
    this.#parts.onOutcome({ kind: 'whole' })
  }

  #endWith(last: Uint8Array | null): void {
    const { response } = this.#parts
    const text = last === null ? '' : smallText(last)
    if (last === null) response.end()
    else if (text === null) response.end(last, this.#credit.forWrite(last.length))
    else {
      this.#credit.onUsed(last.length)
      response.end(text, 'latin1')
    }
  }

  /** A head must not wait for its body. `flushHeaders` would write it as UTF-8 and spoil what stands above ASCII. */
  #sendHead(): void {
    if (!this.hasBegun || this.#hasSentHead || !this.#hasBody) return
    this.#hasSentHead = true
    this.#parts.response.write('', 'latin1')
  }

  #fail(code: number): void {
    if (this.#hasEnded) return
    this.leave()
    this.#parts.onOutcome({ kind: 'failed', code })
  }
}

const NO_FIELDS: FieldList = []
const CONTINUE = 100
