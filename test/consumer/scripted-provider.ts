// The far end of `http` streams under a test's hand: takes requests apart by the frames of src/http, and says whatever the test wants.

import type { BodyFraming, FieldList } from '../../src/http/fields.ts'
import { FrameEvent, FrameReader } from '../../src/http/frame-reader.ts'
import { encodeFrame, FrameKind } from '../../src/http/frames.ts'
import {
  decodeFields,
  decodeRequestHead,
  encodeAnswerHead,
  encodeFields,
  type RequestHead,
} from '../../src/http/heads.ts'
import { ACCEPTED, StreamCode, type StreamHandle, type StreamHead, StreamHeadReader } from '../../src/protocol/index.ts'
import type { StreamOwner } from '../../src/runtime/stream-owner.ts'

export interface AnswerPlan {
  readonly status?: number
  readonly reason?: string
  readonly fields?: FieldList
  readonly body?: BodyFraming
}

const NOTHING = new Uint8Array(0)

export class ScriptedRequest implements StreamOwner {
  readonly stream: StreamHandle
  /** What stands before the frames. */
  opening: StreamHead | null = null
  head: RequestHead | null = null
  body = ''
  trailers: FieldList = []
  /** The frame that ends the request has come. */
  isWhole = false
  /** What came behind it, as it comes behind an upgrade. */
  opaque = ''
  readonly #openings = new StreamHeadReader()
  readonly #frames = new FrameReader('request')
  #hasSaid = false

  constructor(stream: StreamHandle) {
    this.stream = stream
    stream.owner = this
    this.onStreamReady()
  }

  get hasEnded(): boolean {
    return this.stream.readState === 'ended'
  }

  /** The name of the code of the consumer's reset; empty: there is none. */
  get reset(): string {
    return this.stream.readState === 'reset' ? nameOf(this.stream.resetCode) : ''
  }

  /** The name of the code with which the consumer wants no more of the answer; empty: it wants it. */
  get stop(): string {
    return this.stream.stopCode < 0 ? '' : nameOf(this.stream.stopCode)
  }

  /** The values of a field of the request, in their order. */
  values(name: string): string[] {
    const { fields } = this.head!
    return fields.filter((_, at) => at % 2 === 1 && fields[at - 1]!.toLowerCase() === name)
  }

  onStreamReady(): void {
    for (let bytes = this.stream.read(); bytes !== null; bytes = this.stream.read()) {
      this.#take(bytes)
      this.stream.release(bytes.length)
    }
  }

  /** A frame, behind ACCEPTED if it is the first. */
  say(kind: FrameKind, payload: Uint8Array = NOTHING): this {
    return this.raw(encodeFrame(kind, payload))
  }

  /** Bytes behind ACCEPTED, whatever they are. */
  raw(bytes: Uint8Array): this {
    if (!this.#hasSaid) this.stream.write(Buffer.of(ACCEPTED))
    this.#hasSaid = true
    this.stream.write(bytes)
    return this
  }

  interim(status: number, reason: string, fields: FieldList = []): this {
    return this.say(FrameKind.interim, answerHead({ status, reason, fields, body: { kind: 'none' } }))
  }

  answerHead(plan: AnswerPlan = {}): this {
    return this.say(FrameKind.head, answerHead(plan))
  }

  data(text: string | Uint8Array): this {
    return this.say(FrameKind.data, Buffer.from(text as string))
  }

  end(trailers: FieldList = []): this {
    if (trailers.length === 0) this.say(FrameKind.end)
    else this.say(FrameKind.trailers, encodeFields(trailers))
    this.stream.finish()
    return this
  }

  /** A whole answer with this text. */
  answer(text: string, plan: AnswerPlan = {}): this {
    return this.answerHead({ body: { kind: 'length', bytes: text.length }, ...plan })
      .data(text)
      .end()
  }

  /** As a provider gives up a stream. */
  fail(code: number): void {
    this.stream.stop(code)
    this.stream.reset(code)
  }

  #take(bytes: Uint8Array): void {
    if (this.isWhole) {
      this.opaque += Buffer.from(bytes).toString('latin1')
    } else if (this.opening !== null) {
      this.#takeFrames(bytes)
    } else if (this.#openings.push(bytes)) {
      this.opening = this.#openings.head
      this.#takeFrames(this.#openings.rest)
    }
  }

  #takeFrames(bytes: Uint8Array): void {
    const frames = this.#frames
    frames.push(bytes)
    for (let event = frames.next(); event !== FrameEvent.needMore; event = frames.next()) {
      if (event === FrameEvent.head) this.head = decodeRequestHead(frames.bytes)
      else if (event === FrameEvent.data) this.body += Buffer.from(frames.bytes).toString('latin1')
      else if (event === FrameEvent.broken) throw new Error(`the consumer sent no request: ${frames.problem}`)
      else {
        this.isWhole = true
        if (event === FrameEvent.trailers) this.trailers = decodeFields(frames.bytes) ?? []
        this.opaque = Buffer.from(frames.rest()).toString('latin1')
        return
      }
    }
  }
}

function answerHead({ status = 200, reason = 'OK', fields = [], body = { kind: 'chunked' } }: AnswerPlan): Uint8Array {
  return encodeAnswerHead({ status, reason, fields, body, isUpgrade: status === 101 })
}

function nameOf(code: number): string {
  return Object.entries(StreamCode).find(([, number]) => number === code)?.[0] ?? String(code)
}
