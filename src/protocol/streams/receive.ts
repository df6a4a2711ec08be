// hot
// The half of a stream that we read: bytes are put in order here, copied once out of the datagram.
//
//   0 ──── released ───── taken ───────── arrived ░░░ gap ░░░ ████ highest ─ ─ window.limit
//     gone          with the     waiting              ahead
//                   application
//
// Bytes lie in blocks that tile the stream: each byte is copied to its place whether it comes in order or not. What `read` showed stays as
// it is for as long as somebody holds it, unless the reader has said that it borrows: full blocks are then used again once they are
// released.

import { CloseCode } from '../errors.ts'
import type { StreamFrame } from '../wire/stream-frames.ts'
import { BLOCK_BYTES, type BlockPool } from './block-pool.ts'
import { copyBytes } from './copy.ts'
import type { ReceiveWindow } from './credit.ts'
import { NO_RANGES, RangeSet } from './range-set.ts'

/** Gaps kept for one stream. An honest peer's full window at 30 % loss makes 3,000; whoever makes more is up to no good. */
const MOST_GAPS = 4_000
/** A stream of short messages stays with small blocks, bulk works up to large ones. */
const LEAST_BLOCK_BYTES = 2_048

export class ReceiveHalf {
  readonly window: ReceiveWindow
  /** One past the last byte that has been seen: counts against both windows. */
  highest = 0
  /** Bytes that have left us. */
  released = 0
  resetCode = -1
  /** The reader looks at nothing that it has released. */
  isBorrowed = false

  #arrived = 0
  #taken = 0
  #finalSize = -1
  #dropped = 0
  #isDiscarding = false
  #ahead = NO_RANGES

  /** Block i holds the stream from `#starts[i]` to `#ends[i]`; its memory is made when its first byte comes. */
  #blocks = NO_BLOCKS
  #starts = NO_NUMBERS
  #ends = NO_NUMBERS
  #blockBytes = LEAST_BLOCK_BYTES
  readonly #pool: BlockPool
  /** Full blocks that were read to their end and are not released yet, oldest first, with the offset behind each. */
  #lent = NONE_LENT
  #lentEnds = NO_NUMBERS

  constructor(window: ReceiveWindow, pool: BlockPool) {
    this.window = window
    this.#pool = pool
  }

  /** A reset was told, or every byte was given to the application and the end is known. */
  get isFinished(): boolean {
    return this.resetCode >= 0 || this.#taken === this.#finalSize
  }

  /** The application has read every byte there ever was; never after bytes were dropped instead. */
  get hasEnded(): boolean {
    return this.resetCode < 0 && !this.#isDiscarding && this.#taken === this.#finalSize
  }

  /** Nothing more will come, so no more credit is worth telling. */
  get isComplete(): boolean {
    return this.resetCode >= 0 || this.#arrived === this.#finalSize
  }

  /** Bytes that were dropped since the last call, and so have left us: credit for them goes back. */
  takeDropped(): number {
    const dropped = this.#dropped
    this.#dropped = 0
    return dropped
  }

  get hasBytes(): boolean {
    return this.#arrived > this.#taken
  }

  /** Takes a frame. The caller has accounted for how far `highest` will move. */
  onBytes(frame: StreamFrame, datagram: Uint8Array): CloseCode {
    const end = frame.offset + frame.length
    if (this.#finalSize >= 0 && (end > this.#finalSize || (frame.fin && end !== this.#finalSize)))
      return CloseCode.finalSize
    if (frame.fin && end < this.highest) return CloseCode.finalSize
    if (frame.fin) this.#finalSize = end
    if (end > this.highest) this.highest = end
    if (this.resetCode >= 0 || this.#isDiscarding) {
      this.#discard()
      return CloseCode.none
    }
    if (end <= this.#arrived) return CloseCode.none
    this.#place(frame, datagram)
    if (frame.offset <= this.#arrived && this.#ahead.isEmpty) {
      // Almost every frame: in order, and nothing waits ahead.
      this.#arrived = end
      return CloseCode.none
    }
    if (this.#ahead === NO_RANGES) this.#ahead = new RangeSet()
    this.#ahead.add(Math.max(frame.offset, this.#arrived), end)
    this.#arrived = this.#ahead.coveredThrough(this.#arrived)
    this.#ahead.removeBelow(this.#arrived)
    return this.#ahead.count > MOST_GAPS ? CloseCode.tooManyGaps : CloseCode.none
  }

  /** The peer gives up: bytes that nobody has read are dropped. */
  onReset(code: number, finalSize: number): CloseCode {
    const knewEnd = this.#finalSize >= 0
    if (knewEnd ? finalSize !== this.#finalSize : finalSize < this.highest) return CloseCode.finalSize
    this.#finalSize = finalSize
    this.highest = finalSize
    // The end and everything before it were here already: the reset came too late to change anything.
    if (this.resetCode >= 0 || (knewEnd && this.#arrived === finalSize)) return CloseCode.none
    this.resetCode = code
    this.#discard()
    return CloseCode.none
  }

  /** The session is gone. A stream of which everything is here can still be read to its end. */
  abandon(code: number): void {
    if (this.resetCode >= 0 || (this.isComplete && !this.#isDiscarding)) return
    this.resetCode = code
    this.#discard()
  }

  /** Nobody will read: what is here and what comes is dropped and counts as gone. */
  discard(): void {
    this.#isDiscarding = true
    this.#discard()
  }

  /** A view of the next bytes in order, or null. */
  read(): Uint8Array | null {
    if (this.#taken === this.#arrived) return null
    const end = Math.min(this.#arrived, this.#ends[0]!)
    const start = this.#starts[0]!
    const bytes = this.#blocks[0]!.subarray(this.#taken - start, end - start)
    this.#taken = end
    if (end === this.#ends[0]) this.#leaveBlock()
    return bytes
  }

  /** So many more bytes have left us. */
  release(bytes: number): void {
    this.released += bytes
    while (this.#lent.length > 0 && this.#lentEnds[0]! <= this.released) {
      this.#pool.give(this.#lent.shift()!)
      this.#lentEnds.shift()
    }
  }

  /** Gives back the block that is only waiting for more; called now and then, not per packet. What a reader still looks at stays its own. */
  trim(): void {
    if (this.#taken === this.highest) this.#dropBlocks()
  }

  #dropBlocks(): void {
    this.#blocks = NO_BLOCKS
    this.#starts = NO_NUMBERS
    this.#ends = NO_NUMBERS
    this.#ahead = NO_RANGES
  }

  /** Copies what has not arrived yet: the first copy of a byte wins, and what the application holds never changes. */
  #place(frame: StreamFrame, datagram: Uint8Array): void {
    const ahead = this.#ahead
    const shift = frame.start - frame.offset
    const end = frame.offset + frame.length
    let from = Math.max(frame.offset, this.#arrived)
    for (let i = 0; i < ahead.count && from < end; i++) {
      if (ahead.end(i) <= from) continue
      this.#copy(datagram, shift, from, Math.min(ahead.start(i), end))
      from = ahead.end(i)
    }
    this.#copy(datagram, shift, from, end)
  }

  /** Copies the bytes `from…end` of the stream; an offset and `shift` make the position in the datagram. */
  #copy(datagram: Uint8Array, shift: number, from: number, end: number): void {
    if (from >= end) return
    let index = this.#blockFor(from)
    while (from < end) {
      if (index === this.#blocks.length) this.#append()
      const start = this.#starts[index]!
      const take = Math.min(end, this.#ends[index]!) - from
      const block = this.#blocks[index] ?? this.#makeBlock(index)
      copyBytes(datagram, shift + from, take, block, from - start)
      from += take
      index++
    }
  }

  #blockFor(offset: number): number {
    if (this.#blocks.length === 0) this.#append()
    while (this.#ends[this.#ends.length - 1]! <= offset) this.#append()
    let index = this.#blocks.length - 1
    while (this.#starts[index]! > offset) index--
    return index
  }

  /** Adds the next block: larger while bytes pile up, smaller when the reader keeps up with short messages. */
  #append(): void {
    const start = this.#blocks.length === 0 ? this.#taken : this.#ends[this.#ends.length - 1]!
    const isDrained = this.#taken === start
    const scaled = isDrained ? this.#blockBytes / 2 : this.#blockBytes * 2
    this.#blockBytes = Math.min(Math.max(scaled, LEAST_BLOCK_BYTES), BLOCK_BYTES)
    if (this.#blocks === NO_BLOCKS) this.#makeLists()
    this.#blocks.push(null)
    this.#starts.push(start)
    this.#ends.push(start + this.#blockBytes)
  }

  #makeLists(): void {
    this.#blocks = []
    this.#starts = []
    this.#ends = []
  }

  #makeBlock(index: number): Uint8Array {
    const bytes = this.#ends[index]! - this.#starts[index]!
    const block = bytes === BLOCK_BYTES ? this.#pool.take() : new Uint8Array(bytes)
    this.#blocks[index] = block
    return block
  }

  /** The first block was read to its end. */
  #leaveBlock(): void {
    const block = this.#blocks.shift()!
    this.#starts.shift()
    const end = this.#ends.shift()!
    if (!this.isBorrowed || block.length !== BLOCK_BYTES) return
    if (this.#lent === NONE_LENT) {
      this.#lent = []
      this.#lentEnds = []
    }
    this.#lent.push(block)
    this.#lentEnds.push(end)
  }

  /** What is dropped counts as released before what the reader still looks at: blocks that are lent are left to it for good. */
  #discard(): void {
    this.#lent = NONE_LENT
    this.#lentEnds = NO_NUMBERS
    this.#dropped += this.highest - this.#taken
    this.#arrived = this.highest
    this.#taken = this.highest
    this.#dropBlocks()
  }
}

/** Shared by all halves in which nothing waits: nothing is ever added to them. */
const NO_BLOCKS: (Uint8Array | null)[] = []
const NONE_LENT: Uint8Array[] = []
const NO_NUMBERS: number[] = []
