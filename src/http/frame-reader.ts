// hot
// Reads one message of HTTP off a stream, as frames.ts says it lies there. The bytes come from a peer that may send anything: what it does
// wrong is told in a sentence, what it announces takes no memory, and a frame out of order is never shown.

import { FrameKind, MOST_DATA_BYTES, MOST_FRAME_HEADER_BYTES, MOST_HEAD_BYTES } from './frames.ts'
import { readVarint, varintBytesFrom } from './varint.ts'

/** What `FrameReader.next` has found; 1 to 5 are the kinds of frames. */
export const FrameEvent = { needMore: 0, head: 1, interim: 2, data: 3, trailers: 4, end: 5, broken: 6 } as const
export type FrameEvent = (typeof FrameEvent)[keyof typeof FrameEvent]

/** Which of the two messages of an exchange is read. */
export type Direction = 'request' | 'answer'

const NO_FRAME = 0
const EMPTY = new Uint8Array(0)
/** A head that comes in pieces: grows with what has come, never with what was announced. */
const LEAST_COLLECTED_BYTES = 1_024

/** Where in its message a reader is. */
const Part = { beforeHead: 0, body: 1, behindEnd: 2 } as const
type Part = (typeof Part)[keyof typeof Part]

/**
 * Takes one message apart. `push` lends it bytes, then `next` is asked until it says `needMore`; only then are the bytes free, and what
 * is still needed of them has been copied. `data` comes as views of the lent bytes, a frame in one piece or in many.
 */
export class FrameReader {
  /** The payload, or a piece of it; valid until `next` is called again. */
  bytes: Uint8Array = EMPTY
  /** What the peer did wrong. The rest of the stream means nothing then. */
  problem: string | null = null

  readonly #direction: Direction
  readonly #mostHeadBytes: number
  #part: Part = Part.beforeHead
  #input: Uint8Array = EMPTY
  #at = 0
  /** Kind and length as far as they have come. */
  readonly #header = new Uint8Array(MOST_FRAME_HEADER_BYTES)
  #headerBytes = 0
  /** The frame whose payload is being read, and how much of it is still to come. */
  #kind: FrameKind | typeof NO_FRAME = NO_FRAME
  #left = 0
  #collected: Uint8Array = EMPTY
  #collectedBytes = 0

  /** `mostHeadBytes` bounds heads and trailers, and with them the memory of this reader. */
  constructor(direction: Direction, mostHeadBytes: number = MOST_HEAD_BYTES) {
    this.#direction = direction
    this.#mostHeadBytes = mostHeadBytes
  }

  /** Lends the next bytes of the stream; those before must be used up. */
  push(bytes: Uint8Array): void {
    if (this.#at < this.#input.length && this.problem === null)
      throw new Error('the bytes pushed before are not read yet')
    this.#input = bytes
    this.#at = 0
  }

  next(): FrameEvent {
    const event = this.#nextEvent()
    if (event === FrameEvent.needMore) this.push(EMPTY) // a stream that is silent for long must not hold a block of memory
    return event
  }

  /** What was pushed and belongs to no frame that was read: the first opaque bytes after an upgrade. A view of the lent bytes. */
  rest(): Uint8Array {
    return this.#input.subarray(this.#at)
  }

  #nextEvent(): FrameEvent {
    this.bytes = EMPTY
    while (this.#kind !== NO_FRAME || this.#readHeader()) {
      if (this.#kind !== FrameKind.data) return this.#nextWhole()
      if (this.#left > 0) return this.#nextPiece()
      // Empty data says nothing.
      this.#kind = NO_FRAME
    }
    return this.problem === null ? FrameEvent.needMore : FrameEvent.broken
  }

  /** False: more bytes are needed, or the frame must not stand here. */
  #readHeader(): boolean {
    while (this.problem === null && this.#at < this.#input.length) {
      this.#header[this.#headerBytes++] = this.#input[this.#at++]!
      if (this.#headerBytes === 1 || this.#headerBytes <= varintBytesFrom(this.#header[1]!)) continue
      this.#headerBytes = 0
      return this.#begin(this.#header[0]!, readVarint(this.#header, 1))
    }
    return false
  }

  #begin(kind: number, length: number): boolean {
    this.problem = this.#problemOf(kind, length)
    if (this.problem !== null) return false
    this.#kind = kind as FrameKind
    this.#left = length
    return true
  }

  #problemOf(kind: number, length: number): string | null {
    if (this.#part === Part.behindEnd) return 'something stands behind the end of the message'
    switch (kind) {
      case FrameKind.interim:
        if (this.#direction === 'request') return 'a request has an interim head'
        if (this.#part !== Part.beforeHead) return 'an interim head stands behind the head'
        return this.#lengthProblem(length, this.#mostHeadBytes)
      case FrameKind.head:
        if (this.#part !== Part.beforeHead) return 'a message has two heads'
        return this.#lengthProblem(length, this.#mostHeadBytes)
      case FrameKind.data:
        if (this.#part !== Part.body) return 'a body stands before its head'
        return this.#lengthProblem(length, MOST_DATA_BYTES)
      case FrameKind.trailers:
        if (this.#part !== Part.body) return 'trailers stand before the head'
        return this.#lengthProblem(length, this.#mostHeadBytes)
      case FrameKind.end:
        if (this.#part !== Part.body) return 'a message ends before its head'
        return this.#lengthProblem(length, 0)
      default:
        return 'a frame is of an unknown kind'
    }
  }

  #lengthProblem(length: number, most: number): string | null {
    return length < 0 || length > most ? 'a frame is longer than its kind may be' : null
  }

  #nextPiece(): FrameEvent {
    const here = Math.min(this.#left, this.#input.length - this.#at)
    if (here === 0) return FrameEvent.needMore
    this.bytes = this.#take(here)
    if (this.#left === 0) this.#kind = NO_FRAME
    return FrameEvent.data
  }

  /** A frame that is of use only as a whole. */
  #nextWhole(): FrameEvent {
    const here = Math.min(this.#left, this.#input.length - this.#at)
    if (this.#collectedBytes > 0 || here < this.#left) {
      this.#collect(here)
      if (this.#left > 0) return FrameEvent.needMore
      this.bytes = this.#collected.subarray(0, this.#collectedBytes)
      this.#collected = EMPTY
      this.#collectedBytes = 0
    } else {
      this.bytes = this.#take(here)
    }
    return this.#finish()
  }

  #finish(): FrameEvent {
    const kind = this.#kind as FrameKind
    if (kind === FrameKind.head) this.#part = Part.body
    else if (kind !== FrameKind.interim) this.#part = Part.behindEnd
    this.#kind = NO_FRAME
    return kind
  }

  /** The one place where bytes are copied. */
  #collect(here: number): void {
    const needed = this.#collectedBytes + here
    if (needed > this.#collected.length) {
      const most = this.#collectedBytes + this.#left
      const grown = new Uint8Array(Math.min(most, Math.max(2 * this.#collected.length, needed, LEAST_COLLECTED_BYTES)))
      grown.set(this.#collected)
      this.#collected = grown
    }
    this.#collected.set(this.#take(here), this.#collectedBytes)
    this.#collectedBytes = needed
  }

  #take(count: number): Uint8Array {
    const from = this.#at
    this.#at += count
    this.#left -= count
    return this.#input.subarray(from, this.#at)
  }
}
