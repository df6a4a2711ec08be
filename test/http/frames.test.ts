import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type Direction, FrameEvent, FrameReader } from '../../src/http/frame-reader.ts'
import {
  encodeFrame,
  FrameKind,
  frameHeader,
  MOST_DATA_BYTES,
  MOST_HEAD_BYTES,
  writeFrameHeader,
} from '../../src/http/frames.ts'
import { hex } from '../../src/protocol/hex.ts'
import { bytesOf, joined } from '../protocol/bytes.ts'
import { heldBytes } from '../protocol/heap.ts'

/** What a reader has told; pieces of the body that follow each other are one. */
type Told = readonly (readonly [FrameEvent, string])[]

/** Reads `pieces` as a stream lends them: each is gone, and full of something else, as soon as the reader has let go of it. */
function read(reader: FrameReader, ...pieces: readonly Uint8Array[]): Told {
  const told: [FrameEvent, string][] = []
  for (const piece of pieces) {
    const lent = piece.slice()
    reader.push(lent)
    for (let event = reader.next(); event !== FrameEvent.needMore; event = reader.next()) {
      const last = told.at(-1)
      if (event === FrameEvent.data && last?.[0] === event) last[1] += hex(reader.bytes)
      else told.push([event, hex(reader.bytes)])
      if (event === FrameEvent.broken) return told
    }
    lent.fill(0xaa)
  }
  return told
}

/** `bytes` cut after each of `cuts`, as far as they lie inside. */
function cutAt(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const bounds = [0, ...new Set(cuts.map((cut) => cut % (bytes.length + 1))), bytes.length].toSorted((a, b) => a - b)
  return bounds.slice(1).map((end, i) => bytes.subarray(bounds[i], end))
}

const payload = fc.uint8Array({ maxLength: 100 })
const frame = (kind: FrameKind) => payload.map((bytes) => [kind, bytes] as const)
const end = fc.constant([FrameKind.end, new Uint8Array(0)] as const)
const answer = fc
  .tuple(
    fc.array(frame(FrameKind.interim), { maxLength: 2 }),
    frame(FrameKind.head),
    fc.array(frame(FrameKind.data), { maxLength: 4 }),
    fc.oneof(end, frame(FrameKind.trailers)),
  )
  .map(([interims, head, body, last]) => [...interims, head, ...body, last])
const cuts = fc.array(fc.nat(1_000), { maxLength: 12 })

const written = (frames: readonly (readonly [FrameKind, Uint8Array])[]) =>
  joined(...frames.map(([kind, bytes]) => encodeFrame(kind, bytes)))

function merged(frames: readonly (readonly [FrameKind, Uint8Array])[]): Told {
  const body = frames.filter(([kind]) => kind === FrameKind.data).map(([, bytes]) => hex(bytes))
  const heads = frames.filter(([kind]) => kind === FrameKind.interim || kind === FrameKind.head)
  const last = frames.at(-1)!
  return [
    ...heads.map(([kind, bytes]) => [kind, hex(bytes)] as const),
    ...(body.join('') === '' ? [] : [[FrameEvent.data, body.join('')] as const]),
    [last[0], hex(last[1])],
  ]
}

describe('writing frames', () => {
  it('puts kind and length before the payload', () => {
    assert.equal(hex(encodeFrame(FrameKind.head, bytesOf('cafe'))), '0102cafe')
    assert.equal(hex(encodeFrame(FrameKind.end, new Uint8Array(0))), '0500')
    assert.equal(hex(encodeFrame(FrameKind.data, new Uint8Array(64))).slice(0, 6), '034040')
    assert.equal(hex(frameHeader(FrameKind.data, 65_536)), '0380010000')
    assert.equal(hex(frameHeader(FrameKind.data, MOST_DATA_BYTES)), '03c000000100000000')
  })

  it('puts a header into a buffer that is there', () => {
    const buffer = new Uint8Array(8)
    assert.equal(writeFrameHeader(buffer, 2, FrameKind.trailers, 300), 5)
    assert.equal(hex(buffer), '000004412c000000')
  })
})

describe('FrameReader', () => {
  it('gives back every message that was written, wherever its bytes were cut (M-1, M-3)', () => {
    fc.assert(
      fc.property(answer, cuts, (frames, cuts) => {
        assert.deepEqual(read(new FrameReader('answer'), ...cutAt(written(frames), cuts)), merged(frames))
      }),
    )
  })

  it('reads a message that comes byte by byte', () => {
    const bytes = bytesOf('02 01 a1  01 02 b1b2  03 03 c1c2c3  03 00  03 01 c4  04 02 d1d2')
    const pieces = [...bytes].map((byte) => Uint8Array.of(byte))
    assert.deepEqual(read(new FrameReader('answer'), ...pieces), [
      [FrameEvent.interim, 'a1'],
      [FrameEvent.head, 'b1b2'],
      [FrameEvent.data, 'c1c2c3c4'],
      [FrameEvent.trailers, 'd1d2'],
    ])
  })

  it('shows of a body what is here without waiting for the frame, as a view of the lent bytes', () => {
    const reader = new FrameReader('request')
    const first = bytesOf('01 00  03 06 a1a2')
    reader.push(first)
    assert.equal(reader.next(), FrameEvent.head)
    assert.equal(reader.next(), FrameEvent.data)
    assert.equal(hex(reader.bytes), 'a1a2')
    assert.equal(reader.bytes.buffer, first.buffer)
    assert.equal(reader.next(), FrameEvent.needMore)
    const second = bytesOf('a3a4a5a6 03 01 a7')
    reader.push(second)
    assert.equal(reader.next(), FrameEvent.data)
    assert.equal(hex(reader.bytes), 'a3a4a5a6')
    assert.equal(reader.bytes.buffer, second.buffer)
    assert.equal(reader.next(), FrameEvent.data)
    assert.equal(hex(reader.bytes), 'a7')
    assert.equal(reader.next(), FrameEvent.needMore)
  })

  it('leaves the bytes behind an upgrade alone (M-8)', () => {
    const reader = new FrameReader('answer')
    reader.push(bytesOf('02 01 a1 01'))
    assert.equal(reader.next(), FrameEvent.interim)
    assert.equal(reader.next(), FrameEvent.needMore)
    assert.equal(reader.rest().length, 0)
    reader.push(bytesOf('01 b1 81 05 6869'))
    assert.equal(reader.next(), FrameEvent.head)
    assert.equal(hex(reader.rest()), '81056869')
  })

  it('leaves the bytes behind the end of a request alone until it is asked for a frame there (M-8)', () => {
    const reader = new FrameReader('request')
    reader.push(bytesOf('01 00  05 00  81 05'))
    assert.equal(reader.next(), FrameEvent.head)
    assert.equal(reader.next(), FrameEvent.end)
    assert.equal(hex(reader.rest()), '8105')
  })

  const BROKEN: readonly (readonly [string, Direction, string, RegExp])[] = [
    ['an interim head in a request', 'request', '02 00', /interim/],
    ['an interim head behind the head', 'answer', '01 00 02 00', /interim/],
    ['a second head', 'request', '01 00 01 00', /two heads/],
    ['a body without a head', 'request', '03 01 aa', /before its head/],
    ['trailers without a head', 'answer', '04 00', /before the head/],
    ['an end without a head', 'answer', '02 00 05 00', /before its head/],
    ['an end that is not empty', 'request', '01 00 05 01 aa', /longer/],
    ['a frame behind the end', 'request', '01 00 05 00 03 00', /behind the end/],
    ['a frame behind the trailers', 'answer', '01 00 04 00 05 00', /behind the end/],
    ['kind 0', 'request', '00 00', /unknown kind/],
    ['kind 6', 'answer', '01 00 06 00', /unknown kind/],
    ['a length above 2^53 − 1', 'request', '01 00 03 c020000000000000', /longer/],
    ['a body frame above 2^32', 'request', '01 00 03 c000000100000001', /longer/],
  ]

  for (const [what, direction, digits, problem] of BROKEN) {
    it(`is broken by ${what}, says so, and stays broken (M-1, M-2)`, () => {
      const bytes = bytesOf(digits)
      for (const pieces of [[bytes], [...bytes].map((byte) => Uint8Array.of(byte))]) {
        const reader = new FrameReader(direction)
        assert.equal(read(reader, ...pieces).at(-1)?.[0], FrameEvent.broken)
        assert.match(reader.problem!, problem)
        reader.push(bytesOf('0100 0500'))
        assert.equal(reader.next(), FrameEvent.broken)
        assert.equal(reader.bytes.length, 0)
      }
    })
  }

  it('takes heads and trailers up to its limit, and not a byte more (M-2)', () => {
    const limited = () => new FrameReader('answer', 3)
    const [three, four] = [bytesOf('a1a2a3'), bytesOf('a1a2a3a4')]
    const before = { interim: new Uint8Array(0), head: new Uint8Array(0), trailers: bytesOf('0100') }
    for (const kind of ['interim', 'head', 'trailers'] as const) {
      const taken = read(limited(), joined(before[kind], encodeFrame(FrameKind[kind], three)))
      assert.deepEqual(taken.at(-1), [FrameKind[kind], 'a1a2a3'])
      const refused = read(limited(), joined(before[kind], encodeFrame(FrameKind[kind], four)))
      assert.equal(refused.at(-1)?.[0], FrameEvent.broken)
    }
  })

  it('takes the largest head there may be, and refuses a larger one before it comes (M-2)', () => {
    assert.deepEqual(read(new FrameReader('request'), frameHeader(FrameKind.head, MOST_HEAD_BYTES)), [])
    const told = read(new FrameReader('request'), frameHeader(FrameKind.head, MOST_HEAD_BYTES + 1))
    assert.equal(told[0]?.[0], FrameEvent.broken)
    const large = new Uint8Array(MOST_HEAD_BYTES).fill(7)
    const reader = new FrameReader('request')
    for (const piece of cutAt(encodeFrame(FrameKind.head, large), [9, 70_000, 5_000_000])) {
      reader.push(piece)
      if (reader.next() === FrameEvent.head) break
    }
    assert.ok(Buffer.from(large.buffer).equals(reader.bytes))
  })

  it('takes no memory for what was only announced (M-2)', () => {
    const announced = joined(frameHeader(FrameKind.head, MOST_HEAD_BYTES), bytesOf('a1a2a3'))
    const before = heldBytes()
    const readers = Array.from({ length: 100 }, () => new FrameReader('request'))
    for (const reader of readers) assert.deepEqual(read(reader, announced), [])
    const grown = heldBytes() - before
    assert.ok(grown < 1_000_000, `${readers.length} readers hold ${grown} bytes`)
  })

  it('does not hold lent bytes once it has asked for more', () => {
    const before = heldBytes()
    const readers = Array.from({ length: 100 }, () => new FrameReader('request'))
    for (const reader of readers) {
      reader.push(joined(bytesOf('0100'), encodeFrame(FrameKind.data, new Uint8Array(65_536))))
      while (reader.next() !== FrameEvent.needMore);
    }
    const grown = heldBytes() - before
    assert.ok(grown < 1_000_000, `${readers.length} readers hold ${grown} bytes`)
  })

  it('survives any byte changed, and never shows more than it was given', () => {
    fc.assert(
      fc.property(answer, cuts, fc.nat(), fc.integer({ min: 1, max: 255 }), (frames, cuts, at, change) => {
        const bytes = written(frames)
        bytes[at % bytes.length]! ^= change
        const reader = new FrameReader('answer')
        const told = read(reader, ...cutAt(bytes, cuts))
        const shown = told.reduce((sum, [, digits]) => sum + digits.length / 2, 0)
        assert.ok(shown < bytes.length)
        assert.equal(told.at(-1)?.[0] === FrameEvent.broken, reader.problem !== null)
      }),
    )
  })

  it('refuses new bytes while it has old ones: that is a bug of the caller', () => {
    const reader = new FrameReader('request')
    reader.push(bytesOf('0100'))
    assert.throws(() => reader.push(bytesOf('0500')), /not read yet/)
  })
})
