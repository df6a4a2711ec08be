// A client's request on its way to a provider, as frames: the body at the pace of the stream, and as long as that is small enough a copy of
// it, so that all can be said again.

import type { IncomingMessage } from 'node:http'
import type { FieldList } from '../http/fields.ts'
import { trailerFields } from '../http/forwarding.ts'
import { END_FRAME, encodeFrame, FrameKind, frameHeader } from '../http/frames.ts'
import { encodeFields } from '../http/heads.ts'
import type { StreamHandle } from '../protocol/index.ts'

export interface RequestSourceParts {
  readonly request: IncomingMessage
  /** Nothing of it comes behind its head. */
  readonly isBodiless: boolean
  /** The payload of HEAD. */
  readonly head: Uint8Array
  /** `open`: the client's bytes go on behind the end of the request, if the target switches protocols. */
  readonly ending: 'closed' | 'open'
  /** More of the body than this is not kept for saying it again. */
  readonly mostKeptBytes: number
}

export class RequestSource {
  /** Bytes of the body that came from the client. */
  bodyBytes = 0
  isEnded = false

  readonly #parts: RequestSourceParts
  readonly #head: Uint8Array
  /** Frames behind the head, until they become too many. */
  readonly #kept: Uint8Array[] = []
  #keptBytes = 0
  #isKept = true
  #isListening = false
  #stream: StreamHandle | null = null

  constructor(parts: RequestSourceParts) {
    this.#parts = parts
    this.#head = encodeFrame(FrameKind.head, parts.head)
    this.isEnded = parts.isBodiless
    if (parts.isBodiless) this.#kept.push(END_FRAME)
    // Whoever is interested in the end of the client listens to the response.
    parts.request.on('error', ignore)
  }

  /** All that the client has said can be said again. */
  get isWholeHere(): boolean {
    return this.#isKept
  }

  /** The client could send more, and it is not us who do not read it. */
  get isWaitingForClient(): boolean {
    return this.#isListening && !this.isEnded && !this.#parts.request.isPaused()
  }

  /** Says what was said so far, and from now on what comes. Only while `isWholeHere`. */
  sendTo(stream: StreamHandle): void {
    this.#stream = stream
    stream.write(this.#head)
    for (const frame of this.#kept) stream.write(frame)
    if (this.isEnded) this.#finish(stream)
    else this.#readOn()
  }

  /** The stream is given up: what comes waits for the next one. */
  leaveStream(): void {
    this.#stream = null
    if (!this.isEnded) this.#parts.request.pause()
  }

  /** It will never be said again: the answer has begun. */
  forget(): void {
    this.#isKept = false
    this.#kept.length = 0
  }

  /** Nobody wants what still comes; it is read so that the client, who may be waiting for that, goes on to read its answer. */
  drop(): void {
    this.forget()
    this.#stream = null
    this.#readOn()
  }

  /** The stream takes more; or takes nothing ever again: then what still comes is read and dropped, so that the client's end is seen. */
  onStreamReady(): void {
    const stream = this.#stream
    if (stream === null || this.isEnded || !this.#parts.request.isPaused()) return
    if (stream.isWritable || stream.stopCode >= 0 || stream.isClosed) this.#parts.request.resume()
  }

  #readOn(): void {
    const { request } = this.#parts
    if (this.#isListening) {
      request.resume()
      return
    }
    this.#isListening = true
    request.on('data', this.#onData)
    request.on('end', this.#onEnd)
  }

  readonly #onData = (chunk: Uint8Array): void => {
    this.bodyBytes += chunk.length
    const header = frameHeader(FrameKind.data, chunk.length)
    this.#keep(header)
    this.#keep(chunk)
    const stream = this.#stream
    if (stream === null) return
    stream.write(header)
    if (!stream.write(chunk) && stream.stopCode < 0 && !stream.isClosed) this.#parts.request.pause()
  }

  readonly #onEnd = (): void => {
    const ending = endingOf(this.#parts.request.rawTrailers)
    this.isEnded = true
    this.#keep(ending)
    const stream = this.#stream
    if (stream === null) return
    stream.write(ending)
    this.#finish(stream)
  }

  #finish(stream: StreamHandle): void {
    if (this.#parts.ending === 'closed') stream.finish()
  }

  #keep(bytes: Uint8Array): void {
    this.#keptBytes += bytes.length
    if (this.#keptBytes > this.#parts.mostKeptBytes) this.forget()
    if (this.#isKept) this.#kept.push(bytes)
  }
}

function endingOf(rawTrailers: FieldList): Uint8Array {
  const trailers = trailerFields(rawTrailers)
  return trailers.length === 0 ? END_FRAME : encodeFrame(FrameKind.trailers, encodeFields(trailers))
}

function ignore(): void {}
