import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type BrokenRecord, MAX_RECORD_BYTES, RecordReader, RecordVerdict } from '../../src/carriers/record-reader.ts'
import { recordBytes, writeRecords } from '../../src/carriers/record-writer.ts'

describe('the reader of records', () => {
  it('finds the same records however the bytes are cut', () => {
    fc.assert(
      fc.property(packets(), cuts(), (sent, sizes) => {
        const { got, verdict } = read(cutUp(asRecords(sent), sizes))
        assert.equal(verdict, RecordVerdict.ok)
        assert.deepEqual(got, sent.map(hex))
      }),
    )
  })

  it('knows at every cut whether a record has begun', () => {
    fc.assert(
      fc.property(packets(), (sent) => {
        const reader = new RecordReader(() => {})
        const ends = endsOf(sent)
        for (const [index, byte] of asRecords(sent).entries()) {
          reader.read(Uint8Array.of(byte))
          assert.equal(reader.isMidway, !ends.has(index + 1))
        }
        assert.equal(reader.records, sent.length)
      }),
      { numRuns: 20 },
    )
  })

  for (const [what, length, expected] of [
    ['an empty record', 0, RecordVerdict.empty],
    ['a record that is one byte too long', MAX_RECORD_BYTES + 1, RecordVerdict.tooLong],
    ['the longest length that can be written', 65_535, RecordVerdict.tooLong],
  ] as const satisfies readonly (readonly [string, number, BrokenRecord])[]) {
    it(`stops at ${what}, having told of what came before and telling of nothing behind`, () => {
      fc.assert(
        fc.property(packets(), cuts(), (sent, sizes) => {
          const broken = Buffer.from([length >>> 8, length & 0xff])
          const { got, verdict } = read(cutUp(Buffer.concat([asRecords(sent), broken, asRecords(sent)]), sizes))
          assert.equal(verdict, expected)
          assert.deepEqual(got, sent.map(hex))
        }),
      )
    })
  }

  it('knows TLS by how it begins, and only there', () => {
    for (const first of [0x16, 0x15]) {
      const hello = Buffer.from([first, 0x03, 0x01, 0x00, 0xf5])
      for (const chunks of [[hello], cutUp(hello, [1])]) assert.equal(read(chunks).verdict, RecordVerdict.tls)
      const longOne = Buffer.alloc(first * 256 + 3, 7)
      assert.equal(read([asRecords([Buffer.from('first'), longOne])]).verdict, RecordVerdict.ok)
    }
  })

  it('takes the longest record that is allowed', () => {
    const longest = [Buffer.alloc(MAX_RECORD_BYTES, 7)]
    assert.deepEqual(read([asRecords(longest)]).got, longest.map(hex))
    assert.deepEqual(read(cutUp(asRecords(longest), [1, 16_000])).got, longest.map(hex))
  })

  it('lends whole records out of the chunk itself, and copies only those that are cut', () => {
    const chunk = asRecords([Buffer.from('one'), Buffer.from('two')])
    const lent: Uint8Array[] = []
    const reader = new RecordReader((record) => lent.push(record))
    reader.read(chunk)
    reader.read(chunk.subarray(0, 4))
    reader.read(chunk.subarray(4))
    assert.deepEqual(
      lent.map(({ buffer }) => buffer === chunk.buffer),
      [true, true, false, true],
    )
  })

  it('tells of nothing more once it was stopped, not even from the chunk at hand', () => {
    const told: string[] = []
    const reader = new RecordReader((record) => {
      told.push(hex(record))
      reader.stop()
    })
    reader.read(asRecords([Buffer.from('a'), Buffer.from('b')]))
    reader.read(asRecords([Buffer.from('c')]))
    assert.deepEqual(told, [hex(Buffer.from('a'))])
  })
})

describe('the writer of records', () => {
  it('writes as many datagrams as there is room for, and goes on with the rest', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3_000 }), fc.integer({ min: 1, max: 400 }), (length, segmentBytes) => {
        const batch = {
          buffer: Buffer.from(Array.from({ length }, (_, at) => at & 0xff)),
          length,
          segmentBytes,
          path: 1,
        }
        const into = Buffer.alloc(500)
        const written: Buffer[] = []
        for (let at = 0; at < length; ) {
          const next = writeRecords(batch, at, into)
          written.push(Buffer.from(into.subarray(0, recordBytes(next - at, segmentBytes))))
          at = next
        }
        const { got, verdict } = read(written)
        assert.equal(verdict, RecordVerdict.ok)
        assert.equal(got.join(''), hex(batch.buffer))
        assert.ok(got.slice(0, -1).every((record) => record.length === 2 * segmentBytes))
      }),
    )
  })
})

const packets = () => fc.array(fc.uint8Array({ minLength: 1, maxLength: 400 }), { maxLength: 12 })
const cuts = () => fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 20 })

/** The records that were told, as hex: they are borrowed, and spoilt here once they were looked at. */
function read(chunks: readonly Buffer[]): { got: string[]; verdict: RecordVerdict } {
  const got: string[] = []
  const reader = new RecordReader((record) => {
    got.push(hex(record))
    record.fill(0xff)
  })
  let verdict: RecordVerdict = RecordVerdict.ok
  for (const chunk of chunks) if (verdict === RecordVerdict.ok) verdict = reader.read(chunk)
  if (verdict !== RecordVerdict.ok) for (const chunk of chunks) reader.read(Buffer.from(chunk))
  return { got, verdict }
}

function asRecords(sent: readonly Uint8Array[]): Buffer {
  return Buffer.concat(sent.flatMap((bytes) => [Buffer.from([bytes.length >>> 8, bytes.length & 0xff]), bytes]))
}

function endsOf(sent: readonly Uint8Array[]): ReadonlySet<number> {
  let end = 0
  return new Set(sent.map((bytes) => (end += 2 + bytes.length)))
}

/** Pieces of these sizes in turn, each with memory of its own. */
function cutUp(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const size = sizes[pieces.length % sizes.length]!
    pieces.push(Buffer.from(bytes.subarray(at, at + size)))
    at += size
  }
  return pieces
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
