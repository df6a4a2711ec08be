// The consumer's end of one stream of an http service, under a test's hand: says frames, good or bad, and keeps what is answered.

import { type FieldList, valuesOf } from '../../src/http/fields.ts'
import { FrameEvent, FrameReader } from '../../src/http/frame-reader.ts'
import { encodeFrame, FrameKind } from '../../src/http/frames.ts'
import {
  type AnswerHead,
  decodeAnswerHead,
  decodeFields,
  decodeInterimHead,
  encodeFields,
  encodeRequestHead,
  type RequestHead,
} from '../../src/http/heads.ts'
import { ACCEPTED, StreamCode, type StreamHandle } from '../../src/protocol/index.ts'
import type { StreamOwner } from '../../src/runtime/stream-owner.ts'

export const GET: RequestHead = {
  method: 'GET',
  target: '/',
  body: { kind: 'none' },
  expectsContinue: false,
  upgrade: null,
  fields: ['Host', 'a'],
}

export function headFrame(head: Partial<RequestHead>): Uint8Array {
  return encodeFrame(FrameKind.head, encodeRequestHead({ ...GET, ...head }))
}

export function dataFrame(bytes: Uint8Array | string): Uint8Array {
  return encodeFrame(FrameKind.data, Buffer.from(bytes))
}

export const END = encodeFrame(FrameKind.end, new Uint8Array(0))

export class PlayedConsumer implements StreamOwner {
  readonly stream: StreamHandle
  readonly interims: AnswerHead[] = []
  head: AnswerHead | null = null
  trailers: FieldList = []
  readonly chunks: Uint8Array[] = []
  bodyBytes = 0
  /** The first byte has come. */
  isAccepted = false
  /** The last frame has come. */
  isWhole = false
  /** What was broken in the frames themselves. */
  problem = ''
  /** False: what comes waits, and holds back the provider. */
  reads = true
  readonly #reader = new FrameReader('answer')
  #toPour: readonly Uint8Array[] = []

  constructor(stream: StreamHandle) {
    this.stream = stream
    stream.owner = this
  }

  say(...frames: readonly (Uint8Array | string)[]): this {
    for (const frame of frames) this.stream.write(typeof frame === 'string' ? Buffer.from(frame) : frame)
    return this
  }

  /** Says the end of the request, and of the half. */
  end(trailers: FieldList = []): this {
    this.say(trailers.length === 0 ? END : encodeFrame(FrameKind.trailers, encodeFields(trailers)))
    this.stream.finish()
    return this
  }

  /** Says the pieces of a body at the pace of the stream, then the end. */
  pour(pieces: readonly Uint8Array[]): void {
    this.#toPour = pieces
    this.onStreamReady()
  }

  readOn(): void {
    this.reads = true
    this.onStreamReady()
  }

  /** As a client that went away. */
  leave(): void {
    this.stream.reset(StreamCode.cancelled)
    this.stream.stop(StreamCode.cancelled)
  }

  get status(): number {
    return this.head?.status ?? 0
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString('latin1')
  }

  valuesOf(name: string): string[] {
    return valuesOf(this.head?.fields ?? [], name)
  }

  /** The stream ended well, frames or not. */
  get hasEnded(): boolean {
    return this.stream.readState === 'ended'
  }

  /** The name of the reset's code; empty: there is none. */
  get reset(): string {
    return this.stream.readState === 'reset' ? nameOf(this.stream.resetCode) : ''
  }

  /** The name of the code with which the provider stopped us; empty: it did not. */
  get stopped(): string {
    return this.stream.stopCode >= 0 ? nameOf(this.stream.stopCode) : ''
  }

  onStreamReady(): void {
    this.#pourOn()
    if (!this.reads) return
    for (let bytes = this.stream.read(); bytes !== null; bytes = this.stream.read()) {
      this.#take(bytes)
      this.stream.release(bytes.length)
    }
  }

  #pourOn(): void {
    while (this.#toPour.length > 0 && this.stream.isWritable) {
      this.say(dataFrame(this.#toPour[0]!))
      this.#toPour = this.#toPour.slice(1)
      if (this.#toPour.length === 0) this.end()
    }
  }

  #take(bytes: Uint8Array): void {
    if (this.head?.isUpgrade) {
      this.#keep(bytes)
      return
    }
    if (!this.isAccepted && bytes[0] !== ACCEPTED) this.problem = 'the first byte is not ACCEPTED'
    this.#reader.push(this.isAccepted ? bytes : bytes.subarray(1))
    this.isAccepted = true
    for (let event = this.#reader.next(); event !== FrameEvent.needMore; event = this.#reader.next()) {
      this.#on(event)
      if (this.problem !== '') return
      if (!this.head?.isUpgrade) continue
      this.#keep(this.#reader.rest())
      return
    }
  }

  #on(event: FrameEvent): void {
    const { bytes, problem } = this.#reader
    if (event === FrameEvent.interim) this.interims.push(decodeInterimHead(bytes)!)
    else if (event === FrameEvent.head) this.head = decodeAnswerHead(bytes)
    else if (event === FrameEvent.data) this.#keep(bytes)
    else if (event === FrameEvent.broken) this.problem = problem ?? ''
    else {
      if (event === FrameEvent.trailers) this.trailers = decodeFields(bytes)!
      this.isWhole = true
    }
  }

  #keep(bytes: Uint8Array): void {
    this.chunks.push(bytes.slice())
    this.bodyBytes += bytes.length
  }
}

function nameOf(code: number): string {
  return Object.entries(StreamCode).find(([, number]) => number === code)?.[0] ?? String(code)
}
