// hot
// The half of a stream that we write: bytes wait here until the peer has acknowledged them.
//
//   0 ──── base ─────────────── next ─────────── written ─ ─ ─ credit
//     gone       sent, not all      not yet sent
//                acknowledged
//
// The half is finished when everything up to its end, or its reset, has been acknowledged.

import { FLOWING_HIGH_WATER_BYTES, WRITE_HIGH_WATER_BYTES } from '../limits.ts'
import { BLOCK_BYTES, type BlockPool } from './block-pool.ts'
import { copyBytes } from './copy.ts'
import { NO_RANGES, RangeSet } from './range-set.ts'

/** A shorter write gets memory of about its own size: a message now and then must not hold a block. */
const LEAST_WRITE_FOR_BLOCKS = 8_192
/** Short writes lie together in so much: a head, a piece of a body and an end are one small request. */
const LEAST_CHUNK_BYTES = 512
/** Chunks at the front of the queue that are already gone, before the arrays are packed together. */
const MOST_DEAD_CHUNKS = 64

/** What the half still has to tell. */
const Ending = { open: 0, finishing: 1, finSent: 2, finAcked: 3, resetting: 4, resetSent: 5, resetAcked: 6 } as const

export class SendHalf {
  /** Bytes the application has given. */
  written = 0
  /** The first byte that was never put in a datagram. */
  next = 0
  /** The peer takes bytes below this offset. */
  credit: number
  resetCode = 0
  /** Some of it, if only its end or its reset, was put in a datagram: the peer may know of the stream. */
  wasEverSent = false

  /**
   * Where unacknowledged bytes lie: `#chunks[i]` holds, from `#froms[i]` on, those from offset `#starts[i]` to the next chunk's. Live from
   * `#head` on.
   */
  #chunks = NO_CHUNKS
  #froms = NO_NUMBERS
  #starts = NO_NUMBERS
  /** The block whose last byte is in `#chunks[i]`, or null: it goes back to the pool together with the chunk. */
  #blocks = NO_BLOCKS
  readonly #pool: BlockPool
  /** The block that is being filled, and how far. */
  #filling: Uint8Array | null = null
  #filled = 0
  /** The last chunk was made for short writes. */
  #roomy = false
  #head = 0
  /** The chunk that holds `next`: saves the search for bytes that go out for the first time. */
  #nextChunk = 0
  #base = 0
  #acked = NO_RANGES
  #lost = NO_RANGES
  #ending: number = Ending.open
  #finLost = false
  /** The peer has the end; it may still miss bytes before it. */
  #finAcknowledged = false

  constructor(credit: number, pool: BlockPool) {
    this.credit = credit
    this.#pool = pool
  }

  get unsentBytes(): number {
    return this.written - this.next
  }

  get isOpen(): boolean {
    return this.#ending === Ending.open
  }

  get isWritable(): boolean {
    if (this.#ending !== Ending.open) return false
    const isFlowing = this.written < this.credit
    return this.unsentBytes < (isFlowing ? FLOWING_HIGH_WATER_BYTES : WRITE_HIGH_WATER_BYTES)
  }

  /** Nothing more will ever be sent or repeated. */
  get isFinished(): boolean {
    return this.#ending === Ending.finAcked || this.#ending === Ending.resetAcked
  }

  get wasReset(): boolean {
    return this.#ending >= Ending.resetting
  }

  /** Keeps a copy of `bytes` until they are acknowledged. */
  write(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    if (bytes.length >= LEAST_WRITE_FOR_BLOCKS) {
      this.#writeToBlocks(bytes)
      return
    }
    if (!this.#hasRoom(bytes.length)) {
      this.#append(new Uint8Array(Math.max(bytes.length, LEAST_CHUNK_BYTES)), 0, null)
      this.#roomy = true
    }
    const last = this.#chunks.length - 1
    copyBytes(bytes, 0, bytes.length, this.#chunks[last]!, this.written - this.#starts[last]!)
    this.written += bytes.length
  }

  /** The last chunk is one of short writes, and not full. */
  #hasRoom(bytes: number): boolean {
    const last = this.#chunks.length - 1
    if (!this.#roomy || last < this.#head) return false
    return this.written - this.#starts[last]! + bytes <= this.#chunks[last]!.length
  }

  #writeToBlocks(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      this.#filling ??= this.#pool.take()
      const block = this.#filling
      const start = this.#filled
      const take = Math.min(BLOCK_BYTES - start, bytes.length - from)
      copyBytes(bytes, from, take, block, start)
      from += take
      this.#filled += take
      const isFull = this.#filled === BLOCK_BYTES
      this.#append(block, start, isFull ? block : null)
      this.#roomy = false
      this.written += take
      if (!isFull) continue
      this.#filling = null
      this.#filled = 0
    }
  }

  #append(chunk: Uint8Array, from: number, block: Uint8Array | null): void {
    if (this.#chunks === NO_CHUNKS) this.#makeLists()
    this.#chunks.push(chunk)
    this.#froms.push(from)
    this.#starts.push(this.written)
    this.#blocks.push(block)
  }

  #makeLists(): void {
    this.#chunks = []
    this.#froms = []
    this.#starts = []
    this.#blocks = []
  }

  #dropLists(): void {
    this.#chunks = NO_CHUNKS
    this.#froms = NO_NUMBERS
    this.#starts = NO_NUMBERS
    this.#blocks = NO_BLOCKS
    this.#head = 0
    this.#nextChunk = 0
    this.#acked = NO_RANGES
    this.#lost = NO_RANGES
  }

  /** The offset behind the last byte of a chunk. */
  #endOf(index: number): number {
    return index + 1 < this.#starts.length ? this.#starts[index + 1]! : this.written
  }

  finish(): void {
    if (this.#ending === Ending.open) this.#ending = Ending.finishing
  }

  /** Drops everything that waits; false: the half had ended before. */
  reset(code: number): boolean {
    if (this.wasReset || this.#ending === Ending.finAcked) return false
    this.#ending = Ending.resetting
    this.resetCode = code
    this.#drop()
    return true
  }

  /** The session is gone: nothing is sent, nothing is kept. */
  abandon(): void {
    this.#ending = Ending.resetAcked
    this.#drop()
  }

  /** The end was told to the peer as a reset at this size (RFC 9000 §4.5). */
  get finalSize(): number {
    return this.next
  }

  get wantsReset(): boolean {
    return this.#ending === Ending.resetting
  }

  onResetSent(): void {
    this.#ending = Ending.resetSent
    this.wasEverSent = true
  }

  onResetAcked(): void {
    this.#ending = Ending.resetAcked
  }

  onResetLost(): void {
    if (this.#ending === Ending.resetSent) this.#ending = Ending.resetting
  }

  /** Bytes or an end wait that the peer's credit for this stream allows to be sent. */
  get hasSomethingToSend(): boolean {
    if (this.wasReset) return false
    if (!this.#lost.isEmpty || this.#finLost) return true
    if (this.next < this.written) return this.next < this.credit
    return this.#ending === Ending.finishing
  }

  /** What is to be sent next are bytes that were sent before: they need no credit. */
  get isRepeating(): boolean {
    return !this.#lost.isEmpty || this.#finLost
  }

  /** Where the next frame starts. */
  get nextOffset(): number {
    if (!this.#lost.isEmpty) return this.#lost.start(0)
    return this.#finLost ? this.written : this.next
  }

  /** How many bytes the next frame may hold at most, `sessionCredit` permitting. */
  nextLength(sessionCredit: number): number {
    if (!this.#lost.isEmpty) return this.#lost.end(0) - this.#lost.start(0)
    if (this.#finLost) return 0
    return Math.min(this.written, this.credit, this.next + sessionCredit) - this.next
  }

  /** True: a frame that ends at `end` carries the end of the stream. */
  isFin(end: number): boolean {
    return this.#ending !== Ending.open && !this.wasReset && end === this.written
  }

  /** Copies `length` bytes from `offset` on into the datagram. */
  copy(offset: number, length: number, into: Uint8Array, at: number): void {
    let index = offset === this.next ? this.#nextChunk : this.#find(offset)
    let from = offset
    const end = offset + length
    while (from < end) {
      const chunkEnd = this.#endOf(index)
      const take = Math.min(chunkEnd, end) - from
      copyBytes(this.#chunks[index]!, this.#froms[index]! + from - this.#starts[index]!, take, into, at)
      at += take
      from += take
      // The last chunk may yet grow.
      if (from === chunkEnd && index + 1 < this.#chunks.length) index++
    }
    if (offset === this.next) this.#nextChunk = index
  }

  /** The frame was put in a datagram. */
  onSent(offset: number, length: number, fin: boolean): void {
    this.wasEverSent = true
    if (offset < this.next) this.#lost.remove(offset, offset + length)
    else this.next = offset + length
    if (!fin) return
    this.#finLost = false
    if (this.#ending === Ending.finishing) this.#ending = Ending.finSent
  }

  onAcked(offset: number, length: number, fin: boolean): void {
    if (this.wasReset) return
    const end = offset + length
    if (length > 0) {
      this.#lost.remove(offset, end)
      this.#acknowledge(offset, end)
    }
    if (fin && this.#ending === Ending.finSent) {
      this.#finAcknowledged = true
      this.#finLost = false
    }
    if (this.#finAcknowledged && this.#base === this.written) {
      this.#ending = Ending.finAcked
      this.#drop()
    }
  }

  onLost(offset: number, length: number, fin: boolean): void {
    if (this.wasReset || this.isFinished) return
    if (fin && !this.#finAcknowledged) this.#finLost = true
    // Only what nobody acknowledged meanwhile is wanted again.
    let from = Math.max(offset, this.#base)
    const end = offset + length
    while (from < end) {
      from = this.#acked.coveredThrough(from)
      if (from >= end) break
      const gapEnd = Math.min(this.#acked.nextCovered(from), end)
      if (this.#lost === NO_RANGES) this.#lost = new RangeSet()
      this.#lost.add(from, gapEnd)
      from = gapEnd
    }
  }

  /** Gives back what is of use only while something waits to be acknowledged; called now and then. */
  trim(): void {
    if (this.#base === this.written) this.#dropLists()
  }

  #acknowledge(offset: number, end: number): void {
    if (offset > this.#base) {
      if (this.#acked === NO_RANGES) this.#acked = new RangeSet()
      this.#acked.add(offset, end)
      return
    }
    if (end <= this.#base) return
    this.#base = this.#acked.isEmpty ? end : this.#acked.coveredThrough(end)
    this.#acked.removeBelow(this.#base)
    this.#releaseChunks()
  }

  #releaseChunks(): void {
    const chunks = this.#chunks
    let head = this.#head
    while (head < chunks.length && this.#endOf(head) <= this.#base) {
      const block = this.#blocks[head]
      if (block) this.#pool.give(block)
      this.#blocks[head] = null
      chunks[head] = GONE
      head++
    }
    this.#head = head
    if (head === chunks.length) this.#giveFilling()
    if (head < MOST_DEAD_CHUNKS && head < chunks.length) return
    if (head < chunks.length && head * 2 < chunks.length) return
    chunks.copyWithin(0, head)
    this.#froms.copyWithin(0, head)
    this.#starts.copyWithin(0, head)
    this.#blocks.copyWithin(0, head)
    chunks.length -= head
    this.#froms.length -= head
    this.#starts.length -= head
    this.#blocks.length -= head
    this.#nextChunk = Math.max(0, this.#nextChunk - head)
    this.#head = 0
  }

  /** Everything is acknowledged: a stream that falls silent now holds nothing. */
  #giveFilling(): void {
    if (this.#filling === null) return
    this.#pool.give(this.#filling)
    this.#filling = null
    this.#filled = 0
  }

  /** The index of the chunk that holds `offset`. */
  #find(offset: number): number {
    let low = this.#head
    let high = this.#chunks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.#starts[middle]! <= offset) low = middle
      else high = middle - 1
    }
    return low
  }

  #drop(): void {
    for (let i = this.#head; i < this.#blocks.length; i++) {
      const block = this.#blocks[i]
      if (block) this.#pool.give(block)
    }
    this.#giveFilling()
    this.#dropLists()
    this.#finLost = false
  }
}

const GONE = new Uint8Array(0)
/** Shared by all halves in which nothing waits: nothing is ever added to them. */
const NO_CHUNKS: Uint8Array[] = []
const NO_NUMBERS: number[] = []
const NO_BLOCKS: (Uint8Array | null)[] = []
