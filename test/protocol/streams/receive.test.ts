import assert from 'node:assert/strict'
import fc from 'fast-check'
import { CloseCode, StreamCode } from '../../../src/protocol/errors.ts'
import { BlockPool } from '../../../src/protocol/streams/block-pool.ts'
import { MemoryBudget, ReceiveWindow } from '../../../src/protocol/streams/credit.ts'
import { ReceiveHalf } from '../../../src/protocol/streams/receive.ts'
import { assertBytes, bytesBetween, datagramOf, type FrameWish, streamFrame } from './stream-bytes.ts'

const WINDOW = 262_144

function newHalf(): ReceiveHalf {
  return new ReceiveHalf(new ReceiveWindow(WINDOW, WINDOW, new MemoryBudget(Infinity)), new BlockPool())
}

function receive(half: ReceiveHalf, wish: FrameWish): number {
  return half.onBytes(streamFrame(wish), datagramOf(wish))
}

/** Reads all there is and checks it; returns the offset it reached. */
function readFrom(half: ReceiveHalf, offset: number): number {
  for (let bytes = half.read(); bytes !== null; bytes = half.read()) {
    assert.ok(bytes.length > 0)
    assertBytes(bytes, offset)
    offset += bytes.length
  }
  return offset
}

/** A stream cut into frames that overlap, repeat and come in any order; together they are the whole. */
const cutStream = fc
  .record({ size: fc.nat(20_000), pieces: fc.integer({ min: 1, max: 30 }), extra: fc.nat(20) })
  .chain(({ size, pieces, extra }) => {
    const piece = Math.max(1, Math.ceil(size / pieces))
    const whole: FrameWish[] = []
    for (let offset = 0; offset < size; offset += piece) whole.push({ offset, length: Math.min(piece, size - offset) })
    whole.push({ offset: size, length: 0, fin: true })
    const any = fc
      .tuple(fc.nat(size), fc.nat(size))
      .map(([a, b]) => ({ offset: Math.min(a, b), length: Math.abs(a - b), fin: Math.max(a, b) === size }))
    return fc.array(any, { minLength: extra, maxLength: extra }).chain((more) =>
      fc.record({
        size: fc.constant(size),
        frames: fc.shuffledSubarray([...whole, ...more], { minLength: whole.length + more.length }),
        reads: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
      }),
    )
  })

describe('ReceiveHalf', () => {
  it('shows each byte once and in order, however a stream was cut, repeated and mixed up', () => {
    fc.assert(
      fc.property(cutStream, ({ size, frames, reads }) => {
        const half = newHalf()
        const arrived = new Uint8Array(size)
        const shown: { readonly view: Uint8Array; readonly offset: number }[] = []
        let taken = 0
        const readOne = () => {
          const view = half.read()
          if (view === null) return false
          shown.push({ view, offset: taken })
          taken += view.length
          return true
        }
        frames.forEach((wish, i) => {
          assert.equal(receive(half, wish), CloseCode.none)
          arrived.fill(1, wish.offset, wish.offset + wish.length)
          if (reads[i % reads.length]) readOne()
          const inOrder = arrived.indexOf(0)
          assert.equal(half.hasBytes, taken < (inOrder < 0 ? size : inOrder))
        })
        while (readOne());
        assert.equal(taken, size)
        assert.equal(half.hasEnded, true)
        assert.equal(half.highest, size)
        for (const { view, offset } of shown) assertBytes(view, offset)
      }),
      { numRuns: 300 },
    )
  })

  it('never changes what it has shown, whatever arrives later', () => {
    const half = newHalf()
    const views: Uint8Array[] = []
    for (let offset = 0; offset < 150_000; offset += 1_100) {
      receive(half, { offset, length: 1_100 })
      const view = half.read()
      if (view !== null) views.push(view)
      // The same bytes again, but wrong: nobody may see them.
      half.onBytes(streamFrame({ offset, length: 1_100 }), new Uint8Array(1_100).fill(0xee))
    }
    let offset = 0
    for (const view of views) {
      assertBytes(view, offset)
      offset += view.length
    }
    assert.ok(offset > 140_000)
  })

  it('keeps the first copy of a byte that waits behind a gap', () => {
    const half = newHalf()
    receive(half, { offset: 10, length: 10 })
    half.onBytes(streamFrame({ offset: 5, length: 20 }), new Uint8Array(20).fill(0xee))
    receive(half, { offset: 0, length: 5 })
    const bytes = half.read()!
    assert.equal(bytes.length, 25)
    assertBytes(bytes.subarray(0, 5), 0)
    assert.deepEqual(bytes.subarray(5, 10), new Uint8Array(5).fill(0xee))
    assertBytes(bytes.subarray(10, 20), 10)
    assert.deepEqual(bytes.subarray(20), new Uint8Array(5).fill(0xee))
  })

  it('is ended only when the last byte was read', () => {
    const half = newHalf()
    receive(half, { offset: 0, length: 4, fin: true })
    assert.equal(half.hasEnded, false)
    assert.equal(half.isComplete, true)
    half.read()
    assert.equal(half.hasEnded, true)
  })

  it('ends an empty stream with its first frame', () => {
    const half = newHalf()
    receive(half, { offset: 0, length: 0, fin: true })
    assert.equal(half.hasEnded, true)
  })

  it('waits for the bytes before an end that came early', () => {
    const half = newHalf()
    receive(half, { offset: 100, length: 0, fin: true })
    assert.equal(half.isFinished, false)
    receive(half, { offset: 0, length: 100 })
    assert.equal(readFrom(half, 0), 100)
    assert.equal(half.hasEnded, true)
  })

  const END_AT_100: FrameWish = { offset: 90, length: 10, fin: true }
  const violations: readonly { readonly what: string; readonly first: FrameWish; readonly next: FrameWish }[] = [
    { what: 'bytes beyond the end', first: END_AT_100, next: { offset: 95, length: 6 } },
    { what: 'an empty frame beyond the end', first: END_AT_100, next: { offset: 101, length: 0 } },
    { what: 'a second end that is later', first: END_AT_100, next: { offset: 90, length: 11, fin: true } },
    { what: 'a second end that is earlier', first: END_AT_100, next: { offset: 90, length: 9, fin: true } },
    {
      what: 'an end before bytes that were sent',
      first: { offset: 0, length: 100 },
      next: { offset: 0, length: 99, fin: true },
    },
  ]
  for (const { what, first, next } of violations) {
    it(`refuses ${what} (S-5)`, () => {
      const half = newHalf()
      assert.equal(receive(half, first), CloseCode.none)
      assert.equal(receive(half, next), CloseCode.finalSize)
    })

    it(`refuses ${what} even when nobody reads any more (S-5)`, () => {
      const half = newHalf()
      half.discard()
      assert.equal(receive(half, first), CloseCode.none)
      assert.equal(receive(half, next), CloseCode.finalSize)
    })
  }

  it('refuses a reset whose size contradicts the end or what was sent (S-5)', () => {
    const ended = newHalf()
    receive(ended, END_AT_100)
    assert.equal(ended.onReset(1, 101), CloseCode.finalSize)
    assert.equal(ended.onReset(1, 99), CloseCode.finalSize)
    const open = newHalf()
    receive(open, { offset: 0, length: 100 })
    assert.equal(open.onReset(1, 99), CloseCode.finalSize)
    assert.equal(open.onReset(1, 100), CloseCode.none)
    assert.equal(open.onReset(1, 101), CloseCode.finalSize)
    assert.equal(receive(open, { offset: 100, length: 1 }), CloseCode.finalSize)
  })

  it('keeps four thousand gaps and refuses the next (S-9)', () => {
    const half = newHalf()
    for (let gap = 1; gap <= 4_000; gap++) assert.equal(receive(half, { offset: gap * 2, length: 1 }), CloseCode.none)
    assert.equal(receive(half, { offset: 8_002, length: 1 }), CloseCode.tooManyGaps)
  })

  it('forgets gaps as they are filled', () => {
    const half = newHalf()
    for (let round = 0; round < 5; round++) {
      const base = round * 2_000
      for (let i = 1; i < 1_000; i++) assert.equal(receive(half, { offset: base + i * 2, length: 1 }), CloseCode.none)
      assert.equal(receive(half, { offset: base, length: 2_000 }), CloseCode.none)
    }
    assert.equal(readFrom(half, 0), 10_000)
  })

  it('drops unread bytes at a reset, and says how many have left us', () => {
    const half = newHalf()
    receive(half, { offset: 0, length: 1_000 })
    receive(half, { offset: 2_000, length: 500 })
    half.onReset(7, 3_000)
    assert.equal(half.resetCode, 7)
    assert.equal(half.read(), null)
    assert.equal(half.takeDropped(), 3_000)
    assert.equal(half.takeDropped(), 0)
  })

  it('does not count bytes as dropped that the application has taken', () => {
    const half = newHalf()
    receive(half, { offset: 0, length: 1_000 })
    half.read()
    receive(half, { offset: 1_000, length: 10 })
    half.onReset(7, 1_500)
    assert.equal(half.takeDropped(), 500)
  })

  it('is reset when the end was not known, even if no byte before it is missing', () => {
    const half = newHalf()
    receive(half, { offset: 0, length: 1_000 })
    half.onReset(7, 1_000)
    assert.equal(half.resetCode, 7)
    assert.equal(half.read(), null)
    assert.equal(half.takeDropped(), 1_000)
  })

  it('ignores a reset once the end and every byte before it are here', () => {
    const half = newHalf()
    receive(half, { offset: 0, length: 1_000, fin: true })
    assert.equal(half.onReset(7, 1_000), CloseCode.none)
    assert.equal(half.resetCode, -1)
    assert.equal(readFrom(half, 0), 1_000)
    assert.equal(half.hasEnded, true)
  })

  it('keeps the first code when a reset is repeated', () => {
    const half = newHalf()
    half.onReset(7, 10)
    half.onReset(8, 10)
    assert.equal(half.resetCode, 7)
    assert.equal(half.takeDropped(), 10)
  })

  it('drops what is here and what comes once nobody reads', () => {
    const half = newHalf()
    receive(half, { offset: 0, length: 100 })
    receive(half, { offset: 200, length: 100 })
    half.discard()
    assert.equal(half.takeDropped(), 300)
    receive(half, { offset: 100, length: 100 })
    assert.equal(half.takeDropped(), 0)
    receive(half, { offset: 300, length: 100, fin: true })
    assert.equal(half.takeDropped(), 100)
    assert.equal(half.read(), null)
    assert.equal(half.isFinished, true)
  })

  it('never calls it an end when bytes were dropped instead of read', () => {
    const half = newHalf()
    receive(half, { offset: 0, length: 100 })
    half.discard()
    receive(half, { offset: 100, length: 0, fin: true })
    assert.equal(half.isFinished, true)
    assert.equal(half.hasEnded, false)
  })

  it('tells the reset that answers a stop, even if it brings no further byte', () => {
    const half = newHalf()
    receive(half, { offset: 0, length: 100 })
    half.discard()
    half.onReset(7, 100)
    assert.equal(half.resetCode, 7)
  })

  it('is reset when the session is lost before every byte is here', () => {
    const half = newHalf()
    receive(half, { offset: 0, length: 10 })
    receive(half, { offset: 11, length: 0, fin: true })
    half.abandon(StreamCode.sessionLost)
    assert.equal(half.resetCode, StreamCode.sessionLost)
    assert.equal(half.read(), null)
    assert.equal(half.takeDropped(), 11)
  })

  it('can be read to its end after the session is lost if every byte is here', () => {
    const half = newHalf()
    receive(half, { offset: 0, length: 10, fin: true })
    half.abandon(StreamCode.sessionLost)
    assert.equal(half.resetCode, -1)
    assert.equal(readFrom(half, 0), 10)
    assert.equal(half.hasEnded, true)
  })

  it('is reset when the session is lost and nobody read', () => {
    const half = newHalf()
    half.discard()
    receive(half, { offset: 0, length: 10, fin: true })
    half.abandon(StreamCode.sessionLost)
    assert.equal(half.resetCode, StreamCode.sessionLost)
  })

  it('goes on where it was after its quiet memory was given back', () => {
    const half = newHalf()
    let offset = 0
    const held: Uint8Array[] = []
    for (let i = 0; i < 100; i++) {
      receive(half, { offset, length: 3_000 })
      for (let view = half.read(); view !== null; view = half.read()) held.push(view)
      offset += 3_000
      if (i % 3 === 0) half.trim()
    }
    let at = 0
    for (const view of held) {
      assertBytes(view, at)
      at += view.length
    }
    assert.equal(at, offset)
  })

  it('keeps its memory when bytes wait behind a gap', () => {
    const half = newHalf()
    receive(half, { offset: 1, length: 9 })
    half.trim()
    receive(half, { offset: 0, length: 1 })
    assert.deepEqual(half.read(), bytesBetween(0, 10))
  })

  it('holds at most four windows of memory for a peer that leaves a gap at every step', () => {
    const strides = [2, 64, 262, 1_500, 65_536]
    for (const stride of strides) {
      const half = newHalf()
      const before = process.memoryUsage().arrayBuffers
      for (let offset = 1; offset < WINDOW; offset += stride) {
        const verdict = half.onBytes(streamFrame({ offset, length: 1 }), ONE_BYTE)
        if (verdict !== CloseCode.none) break
      }
      const grown = process.memoryUsage().arrayBuffers - before
      assert.ok(grown <= 4 * WINDOW, `a gap each ${stride} bytes: ${grown} bytes`)
      assert.equal(half.read(), null)
    }
  })
})

const ONE_BYTE = new Uint8Array(1)
