// The request of a consumer on its way to the target: frames in, HTTP/1 out by Node's own writer, at the pace of the target. A body is as
// long as its head has announced, or there is no request: what is more of it would be the next request on the same connection.

import type { ClientRequest } from 'node:http'
import { type BodyFraming, type FieldList, inPairs } from '../http/fields.ts'
import { trailerFields } from '../http/forwarding.ts'
import { FrameEvent, FrameReader } from '../http/frame-reader.ts'
import { decodeFields, decodeRequestHead, type RequestHead } from '../http/heads.ts'
import { smallText } from '../http/small-text.ts'
import type { StreamHandle } from '../protocol/index.ts'
import { FlushedCredit } from '../runtime/flushed-credit.ts'

export interface RequestRelayParts {
  readonly stream: StreamHandle
  /** Makes the request that the rest goes to, by `sendTo`. */
  readonly onHead: (head: RequestHead) => void
  /** What came is no request, or it stops within. */
  readonly onBroken: () => void
}

export class RequestRelay {
  bodyBytes = 0
  /** Its last frame is read. */
  isWhole = false

  readonly #parts: RequestRelayParts
  readonly #reader = new FrameReader('request')
  readonly #credit: FlushedCredit
  #request: ClientRequest | null = null
  #body: BodyFraming = { kind: 'none' }
  /** Of the body that was announced. */
  #leftBytes = 0
  #mayUpgrade = false
  /** Opaque bytes behind a request for an upgrade; not released yet. */
  #early: Uint8Array = NOTHING
  #isOver = false

  constructor(parts: RequestRelayParts) {
    this.#parts = parts
    this.#credit = new FlushedCredit(parts.stream)
    parts.stream.borrow()
  }

  /** Begins with bytes that were read from the stream already. */
  start(first: Uint8Array): void {
    this.#credit.takeOver(first.length)
    if (first.length > 0) this.#take(first)
    this.pump()
  }

  /** The request that counts from here on. The one before it, if any, had no body: nothing of it is lost. */
  sendTo(request: ClientRequest): void {
    this.#request = request
    request.on('drain', this.pump)
    if (this.isWhole) request.end()
  }

  readonly pump = (): void => {
    const { stream, onBroken } = this.#parts
    while (!this.#isOver && !this.isWhole && !this.#request?.writableNeedDrain) {
      const bytes = this.#credit.read()
      if (bytes === null) break
      this.#take(bytes)
    }
    if (stream.readState === 'ended' && !this.isWhole && !this.#isOver) onBroken()
  }

  /** The bytes behind the request, for whoever speaks the other protocol; released by that one. */
  handOver(): Uint8Array {
    this.#isOver = true
    this.#credit.handOver(this.#early.length)
    return this.#early
  }

  /** Nothing that came from the stream may be in a write any more, for its memory is lent anew. */
  leave(): void {
    this.#isOver = true
    this.#credit.releaseAll()
  }

  #take(bytes: Uint8Array): void {
    const { onBroken } = this.#parts
    this.#reader.push(bytes)
    let writtenBytes = 0
    let last: Uint8Array | null = null
    for (let event = this.#reader.next(); event !== FrameEvent.needMore; event = this.#reader.next()) {
      if (event === FrameEvent.data) {
        if (last !== null) writtenBytes += this.#write(last)
        last = this.#takeBody(this.#reader.bytes)
      } else if (event === FrameEvent.head) {
        this.#onHead(decodeRequestHead(this.#reader.bytes))
      } else if (event === FrameEvent.end || event === FrameEvent.trailers) {
        const trailers = event === FrameEvent.trailers ? decodeFields(this.#reader.bytes) : NO_FIELDS
        this.#onEnd(trailers, last, bytes.length - writtenBytes)
        return
      } else {
        onBroken()
      }
      if (this.#isOver) return
    }
    if (last !== null) writtenBytes += this.#write(last)
    this.#credit.onUsed(bytes.length - writtenBytes)
    // The head of a request must not wait for its body. Where there is none it goes together with the end, which is at hand.
    if (this.#leftBytes > 0 && this.bodyBytes === 0) this.#sendHead()
  }

  #onHead(head: RequestHead | null): void {
    const { onHead, onBroken } = this.#parts
    if (head === null) {
      onBroken()
      return
    }
    this.#body = head.body
    this.#leftBytes = announcedBytes(head.body)
    this.#mayUpgrade = head.upgrade !== null
    onHead(head)
  }

  /** Nothing is written behind it. `flushHeaders` would write it as UTF-8 and spoil what stands above ASCII. */
  #sendHead(): void {
    this.#request?.write('', 'latin1')
  }

  #takeBody(piece: Uint8Array): Uint8Array {
    this.bodyBytes += piece.length
    this.#leftBytes -= piece.length
    if (this.#leftBytes < 0) this.#parts.onBroken()
    return piece
  }

  #write(bytes: Uint8Array): number {
    this.#request?.write(bytes, this.#credit.forWrite(bytes.length))
    return bytes.length
  }

  /** `heldBytes`: of those that were pushed, what no write has taken. */
  #onEnd(trailers: FieldList | null, last: Uint8Array | null, heldBytes: number): void {
    const request = this.#request
    const isShort = this.#body.kind === 'length' && this.#leftBytes > 0
    if (trailers === null || isShort || request === null) {
      this.#parts.onBroken()
      return
    }
    this.isWhole = true
    if (this.#mayUpgrade) this.#early = this.#reader.rest()
    const passed = this.#body.kind === 'chunked' ? trailerFields(trailers) : NO_FIELDS
    if (passed.length > 0) request.addTrailers(inPairs(passed))
    // The last piece goes out together with the end: one write for a small request.
    const text = last === null ? '' : smallText(last)
    const lentBytes = text === null ? last!.length : 0
    if (text === null) request.end(last!, this.#credit.forWrite(lentBytes))
    else if (text === '') request.end()
    else request.end(text, 'latin1')
    this.#credit.onUsed(heldBytes - lentBytes - this.#early.length)
  }
}

const NOTHING = new Uint8Array(0)
const NO_FIELDS: FieldList = []

function announcedBytes(body: BodyFraming): number {
  if (body.kind === 'chunked') return Number.POSITIVE_INFINITY
  return body.kind === 'length' ? body.bytes : 0
}
