// One direction of one stream, as the whole world knows it: what its writer promised, how far it is, and how far its
// reader is. The content is a function of the flow and the offset, so nobody keeps a copy to compare with.

import { type Micros, SECOND } from '../../src/protocol/units.ts'

/** What the two ends of a flow mean to do with it. */
export interface FlowPlan {
  readonly bytes: number
  /** The writer gives up after so many bytes instead of finishing. */
  readonly resetAfter: number
  /** The reader asks to stop after so many bytes. */
  readonly stopAfter: number
  /** Bytes a second that the reader lets go of; 0: it holds on to what it reads first. */
  readonly readPace: number
  /** The reader looks at nothing before so much time has passed since the stream opened. */
  readonly readAfter: Micros
}

/** Counts what all readers of a run have read. */
export interface Meter {
  receivedBytes: number
}

export interface FlowOptions {
  /** It begins with its own name. */
  readonly hasName: boolean
  readonly now: Micros
  readonly meter: Meter
}

/** The pattern's length is prime: bytes that land a round number too far never match. */
const PATTERN_BYTES = 65_521
/** What the name of a flow takes at its start. */
export const NAME_BYTES = 4
/** Bytes that could be delivered must move within this time. */
const PATIENCE: Micros = 30 * SECOND

/** Two copies back to back, so that a view may begin anywhere. */
const pattern = makePattern()

export class Flow {
  readonly name: number
  readonly plan: FlowPlan
  /** The stream that carries it, once it has one. */
  streamId = -1
  written = 0
  isFinished = false
  /** The code with which the writer gave up; -1: it did not. */
  resetCode = -1
  /** The code with which the reader asked to stop; -1: it did not. */
  stopCode = -1
  received = 0
  /** The reader has come to an end of one kind or another, or its session is gone. */
  isOver = false
  /** The reader would take bytes now; slow and stalled ones are excused from the watch on progress. */
  isWanted = true
  /** The last time that a byte arrived, or that one became deliverable after a pause. */
  movedAt: Micros
  readonly #hasName: boolean
  readonly #meter: Meter

  constructor(name: number, plan: FlowPlan, options: FlowOptions) {
    this.name = name
    this.plan = plan
    this.#hasName = options.hasName
    this.#meter = options.meter
    this.movedAt = options.now
  }

  /** Bytes the writer means to write in all. */
  get total(): number {
    return Math.min(this.plan.bytes, this.plan.resetAfter)
  }

  /** The writer's next bytes, at most `limit`; never changed afterwards. */
  next(limit: number, now: Micros): Uint8Array {
    const length = Math.min(limit, this.total - this.written, PATTERN_BYTES)
    const chunk = this.#content(this.written, length)
    this.wrote(length, now)
    return chunk
  }

  /** The writer wrote so many bytes, from wherever it had them. */
  wrote(bytes: number, now: Micros): void {
    if (this.written === this.received) this.movedAt = now
    this.written += bytes
  }

  /** The reader was shown `bytes`; throws unless they are the next ones that were written. */
  accept(bytes: Uint8Array, now: Micros): void {
    if (bytes.length === 0) throw new Error(`${this} was read without giving a byte`)
    this.check(bytes, this.received)
    this.received += bytes.length
    this.#meter.receivedBytes += bytes.length
    this.movedAt = now
  }

  /** Throws unless `bytes` are what was written at `offset`. */
  check(bytes: Uint8Array, offset: number): void {
    const end = offset + bytes.length
    if (end > this.written) throw new Error(`${this} gave bytes up to ${end} of ${this.written} written ones`)
    const named = this.#hasName ? Math.min(bytes.length, Math.max(0, NAME_BYTES - offset)) : 0
    for (let at = 0; at < named; at += 1) {
      if (bytes[at] !== nameByte(this.name, offset + at))
        throw new Error(`${this} has a wrong name byte ${offset + at}`)
    }
    let from = (this.#start + offset + named) % PATTERN_BYTES
    for (let at = named; at < bytes.length; at += 1) {
      if (bytes[at] !== pattern[from]) throw new Error(`${this} has a wrong byte at ${offset + at}`)
      from = from + 1 === PATTERN_BYTES ? 0 : from + 1
    }
  }

  /** Its end was told; throws if it is not one. */
  end(): void {
    if (!this.isFinished || this.received !== this.written) {
      throw new Error(`${this} ended after ${this.received} of ${this.written} bytes, finished: ${this.isFinished}`)
    }
    this.isOver = true
  }

  /** Its reset was told; throws if nobody gave it up. */
  abort(code: number): void {
    if (this.resetCode === -1 && this.stopCode === -1) throw new Error(`${this} was reset with ${code} by nobody`)
    if (this.resetCode !== -1 && this.stopCode === -1 && code !== this.resetCode) {
      throw new Error(`${this} was reset with ${this.resetCode} and shows ${code}`)
    }
    this.isOver = true
  }

  /** Throws if bytes that could move have not moved for too long. `excused`: until then nothing could. */
  checkProgress(now: Micros, excused: Micros): void {
    const isPending = this.received < this.written || (this.isFinished && !this.isOver)
    if (this.isOver || !this.isWanted || this.resetCode !== -1 || this.stopCode !== -1 || !isPending) return
    const since = Math.max(this.movedAt, excused)
    if (now - since <= PATIENCE) return
    throw new Error(`${this} has stood at ${this.received} of ${this.written} bytes for ${(now - since) / SECOND} s`)
  }

  toString(): string {
    return `flow ${this.name} of stream ${this.streamId}`
  }

  /** Where its content begins in the pattern: far from that of its neighbours. */
  get #start(): number {
    return (this.name * 7_919) % PATTERN_BYTES
  }

  #content(offset: number, length: number): Uint8Array {
    const from = (this.#start + offset) % PATTERN_BYTES
    const view = pattern.subarray(from, from + length)
    if (!this.#hasName || offset >= NAME_BYTES) return view
    const head = view.slice()
    for (let at = 0; at < length && offset + at < NAME_BYTES; at += 1) head[at] = nameByte(this.name, offset + at)
    return head
  }
}

function nameByte(name: number, at: number): number {
  return (name >>> (8 * (NAME_BYTES - 1 - at))) & 0xff
}

/** Every byte depends on the one before it: no short period, and a shift by any distance shows at once. */
function makePattern(): Uint8Array {
  const bytes = new Uint8Array(2 * PATTERN_BYTES)
  let word = 0x9e3779b9
  for (let at = 0; at < PATTERN_BYTES; at += 1) {
    word ^= word << 13
    word ^= word >>> 17
    word ^= word << 5
    bytes[at] = word
  }
  bytes.copyWithin(PATTERN_BYTES, 0, PATTERN_BYTES)
  return bytes
}
