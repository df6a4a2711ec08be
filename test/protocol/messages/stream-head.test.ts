import assert from 'node:assert/strict'
import fc from 'fast-check'
import { hex } from '../../../src/protocol/hex.ts'
import {
  encodeStreamHead,
  HOP_ID_BYTES,
  MOST_HOPS,
  type StreamHead,
  StreamHeadReader,
} from '../../../src/protocol/messages/stream-head.ts'
import { bytesOf, joined } from '../bytes.ts'

const UUID = '11111111-2222-3333-4444-555555555555'
const REQUEST = '01890000-0000-7000-8000-00000000abcd'
const HEAD: StreamHead = {
  kind: 'tcp',
  uuid: UUID,
  requestId: REQUEST,
  connectWithinMs: 3_000,
  hops: [bytesOf('0102030405060708')],
  client: '127.0.0.1:5',
}
const HEAD_DIGITS = [
  '0038', // length
  '01', // tcp
  '11111111222233334444555555555555',
  '018900000000700080000000 0000abcd',
  '4bb8', // 3000 ms
  '01 0102030405060708', // one hop
  '0b 3132372e302e302e313a35', // the client
].join('')

const head = fc.record(
  {
    kind: fc.constant('tcp' as const),
    uuid: fc.uuid(),
    requestId: fc.uuid(),
    connectWithinMs: fc.nat(86_400_000),
    hops: fc.array(fc.uint8Array({ minLength: HOP_ID_BYTES, maxLength: HOP_ID_BYTES }), { maxLength: MOST_HOPS }),
    client: fc.string({ unit: 'binary', maxLength: 60 }),
  },
  { noNullPrototype: true },
)

/** The head above with so many hops and a client of so many letters: no writer makes more than are allowed. */
function headWith(hops: number, clientBytes: number): string {
  const fields = [
    HEAD_DIGITS.slice('0038'.length, HEAD_DIGITS.indexOf('01 0102')),
    hops.toString(16).padStart(2, '0'),
    '01'.repeat(hops * HOP_ID_BYTES),
    (0x4000 + clientBytes).toString(16),
    '61'.repeat(clientBytes),
  ].join('')
  return `${bytesOf(fields).length.toString(16).padStart(4, '0')}${fields}`
}

function pushAll(reader: StreamHeadReader, ...pieces: Uint8Array[]): boolean[] {
  return pieces.map((piece) => reader.push(piece))
}

describe('the head of a stream', () => {
  it('is written as the protocol says (D-1)', () => {
    assert.equal(hex(encodeStreamHead(HEAD)), hex(bytesOf(HEAD_DIGITS)))
  })

  it('is read back as it was written, and what follows is left alone', () => {
    fc.assert(
      fc.property(head, fc.uint8Array({ maxLength: 50 }), (head, behind) => {
        const reader = new StreamHeadReader()
        assert.equal(reader.push(joined(encodeStreamHead(head), behind)), true)
        assert.deepEqual(reader.head, head)
        assert.deepEqual([...reader.rest], [...behind])
      }),
    )
  })

  it('may come cut anywhere', () => {
    const bytes = joined(bytesOf(HEAD_DIGITS), bytesOf('cafe'))
    for (let cut = 1; cut < bytes.length; cut++) {
      const reader = new StreamHeadReader()
      const whole = bytesOf(HEAD_DIGITS).length
      const pieces = pushAll(reader, bytes.subarray(0, cut), ...(cut < whole ? [bytes.subarray(cut)] : []))
      assert.equal(pieces.at(-1), true)
      assert.deepEqual(reader.head, HEAD)
      assert.equal(hex(reader.rest), cut < whole ? 'cafe' : hex(bytes.subarray(whole, cut)))
    }
  })

  it('may come byte by byte', () => {
    const reader = new StreamHeadReader()
    const told = pushAll(reader, ...[...bytesOf(HEAD_DIGITS)].map((byte) => Uint8Array.of(byte)))
    assert.equal(told.indexOf(true), told.length - 1)
    assert.deepEqual([reader.head, reader.rest.length], [HEAD, 0])
  })

  it('may carry fields of a later version behind those that are known', () => {
    const reader = new StreamHeadReader()
    reader.push(bytesOf(`${HEAD_DIGITS.replace('0038', '003b')}ffffffcafe`))
    assert.deepEqual([reader.head, hex(reader.rest)], [HEAD, 'cafe'])
  })

  it('may have eight hops and a client of 256 bytes, and has a longer one cut, by whole characters (D-5)', () => {
    const most = new StreamHeadReader()
    most.push(bytesOf(headWith(MOST_HOPS, 256)))
    assert.equal(most.head?.client, 'a'.repeat(256))
    const reader = new StreamHeadReader()
    reader.push(encodeStreamHead({ ...HEAD, client: `${'ü'.repeat(127)}€€` }))
    assert.equal(reader.head?.client, 'ü'.repeat(127))
  })

  for (const [name, digits] of [
    ['has no length', '0000'],
    ['is longer than any head', 'ffff'],
    ['is of an unknown kind', HEAD_DIGITS.replace('003801', '003803')],
    ['ends in the middle of a field', `0010${HEAD_DIGITS.slice(4, 36)}`],
    ['has nine hops', headWith(9, 0)],
    ['has more hops than it says bytes for', HEAD_DIGITS.replace('4bb801', '4bb808')],
    ['has a client that is not UTF-8', HEAD_DIGITS.replace('0b 31', '0b ff')],
    ['has a client longer than it says', HEAD_DIGITS.replace('0b 31', '0c 31')],
    ['has a client of 257 bytes', headWith(0, 257)],
  ] as const) {
    it(`is broken when it ${name} (D-5)`, () => {
      const reader = new StreamHeadReader()
      assert.equal(reader.push(bytesOf(digits)), true)
      assert.deepEqual([reader.isBroken, reader.head], [true, null])
    })
  }

  it('asks for no more than it needs, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1_000, maxLength: 1_000 }), (bytes) => {
        assert.equal(new StreamHeadReader().push(bytes), true)
      }),
    )
  })
})
