import assert from 'node:assert/strict'
import fc from 'fast-check'
import { CloseCode, StreamCode } from '../../../src/protocol/errors.ts'
import { BlockPool } from '../../../src/protocol/streams/block-pool.ts'
import { MemoryBudget, ReceiveWindow } from '../../../src/protocol/streams/credit.ts'
import { ReceiveHalf } from '../../../src/protocol/streams/receive.ts'
import { assertBytes, bytesBetween, streamFrame } from './stream-bytes.ts'

const WINDOW = 262_144

function newWindow(): ReceiveWindow {
  return new ReceiveWindow(WINDOW, WINDOW, new MemoryBudget(Infinity))
}

/** Reads a stream whose bytes begin at `origin` of the known content, and holds on to what it has not released. */
class BorrowingReader {
  readonly half: ReceiveHalf
  readonly #origin: number
  readonly #held: { readonly view: Uint8Array; readonly offset: number }[] = []
  #arrived = 0
  #taken = 0

  constructor(pool: BlockPool, origin: number) {
    this.half = new ReceiveHalf(newWindow(), pool)
    this.half.isBorrowed = true
    this.#origin = origin
  }

  receive(length: number): void {
    const from = this.#origin + this.#arrived
    const frame = streamFrame({ offset: this.#arrived, length })
    assert.equal(this.half.onBytes(frame, bytesBetween(from, from + length)), CloseCode.none)
    this.#arrived += length
  }

  read(most: number): void {
    for (let i = 0; i < most; i++) {
      const view = this.half.read()
      if (view === null) return
      this.#held.push({ view, offset: this.#taken })
      this.#taken += view.length
    }
  }

  releaseAllBut(keeps: number): void {
    while (this.#held.length > keeps) {
      const { view, offset } = this.#held.shift()!
      assertBytes(view, this.#origin + offset)
      this.half.release(view.length)
    }
  }

  check(): void {
    for (const { view, offset } of this.#held) assertBytes(view, this.#origin + offset)
  }
}

describe('ReceiveHalf, when its reader borrows', () => {
  it('leaves a borrowing reader what it has not released, while several streams share one pool', () => {
    const step = fc.record({
      who: fc.nat(2),
      bytes: fc.integer({ min: 1, max: 40_000 }),
      reads: fc.nat(6),
      keeps: fc.nat(5),
    })
    let reused = 0
    fc.assert(
      fc.property(fc.array(step, { minLength: 60, maxLength: 200 }), (steps) => {
        const pool = new BlockPool()
        const readers = [0, 1, 2].map((who) => new BorrowingReader(pool, who * 1_000_003))
        for (const { who, bytes, reads, keeps } of steps) {
          const before = pool.kept
          readers[who]!.receive(bytes)
          if (pool.kept < before) reused++
          readers[who]!.read(reads)
          readers[who]!.releaseAllBut(keeps)
        }
        for (const reader of readers) reader.read(Infinity)
        for (const reader of readers) reader.check()
      }),
      { numRuns: 30 },
    )
    assert.ok(reused > 0, 'no block was ever used twice: the property was not put to the test')
  })

  it('uses released blocks again for a borrowing reader, and never those of another', () => {
    const pool = new BlockPool()
    const borrowing = new BorrowingReader(pool, 0)
    for (let i = 0; i < 40; i++) {
      borrowing.receive(16_000)
      borrowing.read(Infinity)
      borrowing.releaseAllBut(0)
    }
    assert.ok(pool.kept > 0)
    const kept = pool.kept
    const keeping = new ReceiveHalf(newWindow(), pool)
    for (let offset = 0; offset < 640_000; offset += 16_000) {
      keeping.onBytes(streamFrame({ offset, length: 16_000 }), bytesBetween(offset, offset + 16_000))
      while (keeping.read() !== null);
      keeping.release(16_000)
    }
    assert.ok(pool.kept <= kept)
  })

  it('never takes a block back from under a reader because later bytes were dropped', () => {
    const pool = new BlockPool()
    const reader = new BorrowingReader(pool, 0)
    for (let i = 0; i < 30; i++) {
      reader.receive(16_000)
      reader.read(Infinity)
    }
    reader.receive(100_000)
    const kept = pool.kept
    reader.half.onReset(StreamCode.cancelled, reader.half.highest)
    reader.half.release(reader.half.takeDropped())
    assert.equal(pool.kept, kept)
    reader.check()
  })
})
