import assert from 'node:assert/strict'
import { validateHeaderName, validateHeaderValue } from 'node:http'
import fc from 'fast-check'
import type { BodyFraming, FieldList } from '../../src/http/fields.ts'
import { MOST_FIELDS } from '../../src/http/head-reader.ts'
import {
  type AnswerHead,
  decodeAnswerHead,
  decodeFields,
  decodeInterimHead,
  decodeRequestHead,
  encodeAnswerHead,
  encodeFields,
  encodeRequestHead,
  type RequestHead,
} from '../../src/http/heads.ts'
import { hex } from '../../src/protocol/hex.ts'
import { bytesOf, joined } from '../protocol/bytes.ts'

const REQUEST: RequestHead = {
  method: 'POST',
  target: '/a?b',
  body: { kind: 'length', bytes: 5 },
  expectsContinue: true,
  upgrade: null,
  fields: ['Host', 'x:80', 'X-Empty', ''],
}
const ANSWER: AnswerHead = {
  status: 404,
  reason: 'Not Found',
  body: { kind: 'chunked' },
  isUpgrade: false,
  fields: ['Set-Cookie', 'a=1', 'set-cookie', 'b=\xe9'],
}

const TOKEN_CHARACTERS = [..."!#$%&'*+-.^_`|~09AZaz"]
const latin1 = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code))
const fieldCharacters = latin1.filter((each) => each === '\t' || (each >= ' ' && each !== '\x7f'))
const targetCharacters = fieldCharacters.filter((each) => each > ' ' && each <= '~')

const text = (characters: readonly string[], minLength: number) =>
  fc.array(fc.constantFrom(...characters), { minLength, maxLength: 40 }).map((each) => each.join(''))
const token = text(TOKEN_CHARACTERS, 1)
const fieldText = text(fieldCharacters, 0)
const fields: fc.Arbitrary<FieldList> = fc
  .array(fc.tuple(token, fieldText), { maxLength: 20 })
  .map((pairs) => pairs.flat())
const body: fc.Arbitrary<BodyFraming> = fc.oneof(
  fc.constant<BodyFraming>({ kind: 'none' }),
  fc.constant<BodyFraming>({ kind: 'chunked' }),
  fc.maxSafeNat().map((bytes): BodyFraming => ({ kind: 'length', bytes })),
)
const request: fc.Arbitrary<RequestHead> = fc.record(
  {
    method: token.filter((method) => method !== 'CONNECT'),
    target: text(targetCharacters, 1),
    body,
    expectsContinue: fc.boolean(),
    upgrade: fc.oneof(fc.constant(null), text(fieldCharacters, 1)),
    fields,
  },
  { noNullPrototype: true },
)
const answer: fc.Arbitrary<AnswerHead> = fc
  .record({ status: fc.integer({ min: 100, max: 999 }), reason: fieldText, body, fields }, { noNullPrototype: true })
  .map((head) => ({ ...head, isUpgrade: head.status === 101 }))

/** A head or an interim head, whichever its status makes it. */
const decodeAnyAnswer = (payload: Uint8Array) => decodeAnswerHead(payload) ?? decodeInterimHead(payload)

describe('heads', () => {
  it('are written as the protocol says', () => {
    assert.equal(
      hex(encodeRequestHead(REQUEST)),
      hex(
        bytesOf(
          [
            '04 504f5354', // POST
            '04 2f613f62', // /a?b
            '01 05', // 5 bytes
            '01', // expects 100
            '00', // no upgrade
            '02', // two fields
            '04 486f7374 04 783a3830',
            '07 582d456d707479 00',
          ].join(''),
        ),
      ),
    )
    assert.equal(
      hex(encodeAnswerHead(ANSWER)),
      hex(
        bytesOf('4194 09 4e6f7420466f756e64 02 02 0a 5365742d436f6f6b6965 03 613d31 0a 7365742d636f6f6b6965 03 623de9'),
      ),
    )
  })

  it('of requests are read back as they were written', () => {
    fc.assert(fc.property(request, (head) => assert.deepEqual(decodeRequestHead(encodeRequestHead(head)), head)))
  })

  it('of answers are read back as they were written, interim ones only where these stand (M-6)', () => {
    fc.assert(
      fc.property(answer, (head) => {
        const payload = encodeAnswerHead(head)
        const isInterim = head.status < 200 && head.status !== 101
        assert.deepEqual(decodeInterimHead(payload), isInterim ? head : null)
        assert.deepEqual(decodeAnswerHead(payload), isInterim ? null : head)
      }),
      { examples: [100, 101, 199, 200, 999].map((status) => [{ ...ANSWER, status, isUpgrade: status === 101 }]) },
    )
  })

  it('of trailers are read back as they were written', () => {
    fc.assert(fc.property(fields, (fields) => assert.deepEqual(decodeFields(encodeFields(fields)), fields)))
  })

  it('may lie anywhere in a larger buffer', () => {
    const around = joined(bytesOf('ffff'), encodeRequestHead(REQUEST), bytesOf('ffff'))
    assert.deepEqual(decodeRequestHead(around.subarray(2, -2)), REQUEST)
  })

  it('of 16 MiB pass', () => {
    const cookie = 'a'.repeat(16 * 1_048_576 - 100)
    const read = decodeRequestHead(encodeRequestHead({ ...REQUEST, fields: ['Cookie', cookie] }))
    assert.ok(read?.fields[1] === cookie)
    assert.deepEqual(decodeRequestHead(encodeRequestHead(REQUEST)), REQUEST)
  })

  it(`hold ${MOST_FIELDS} fields at most (M-4)`, () => {
    const many = Array.from({ length: MOST_FIELDS }, (_, i) => [`x-${i}`, String(i)]).flat()
    assert.deepEqual(decodeFields(encodeFields(many)), many)
    assert.equal(decodeFields(encodeFields([...many, 'x', 'y'])), null)
    assert.equal(decodeFields(bytesOf('c01fffffffffffff')), null)
  })

  describe('that were cut short or have something behind them are refused (M-5):', () => {
    const PAYLOADS: readonly (readonly [string, Uint8Array, (payload: Uint8Array) => unknown])[] = [
      ['a request', encodeRequestHead(REQUEST), decodeRequestHead],
      ['an answer', encodeAnswerHead(ANSWER), decodeAnswerHead],
      ['an interim answer', encodeAnswerHead({ ...ANSWER, status: 103 }), decodeInterimHead],
      ['trailers', encodeFields(ANSWER.fields), decodeFields],
    ]
    for (const [what, payload, decode] of PAYLOADS) {
      it(what, () => {
        assert.notEqual(decode(payload), null)
        for (let end = 0; end < payload.length; end++)
          assert.equal(decode(payload.subarray(0, end)), null, `${end} bytes`)
        assert.equal(decode(joined(payload, Uint8Array.of(0))), null)
      })
    }
  })

  // The encoder writes what it is told, as a peer that means harm would.
  it('with a line end, a NUL or another control anywhere are refused (M-4)', () => {
    const controls = latin1.filter((each) => (each < ' ' && each !== '\t') || each === '\x7f')
    assert.equal(controls.length, 32)
    for (const control of controls) {
      for (const bad of [`${control}a`, `a${control}b`, `a${control}`]) {
        const requests = [
          { method: bad },
          { target: `/${bad}` },
          { upgrade: bad },
          { fields: [bad, 'x'] },
          { fields: ['x', bad] },
        ]
        for (const change of requests) refuses(decodeRequestHead, encodeRequestHead({ ...REQUEST, ...change }), change)
        const answers = [{ reason: bad }, { fields: [bad, 'x'] }, { fields: ['x', bad] }]
        for (const change of answers) refuses(decodeAnyAnswer, encodeAnswerHead({ ...ANSWER, ...change }), change)
        refuses(decodeFields, encodeFields(['x', bad]), bad)
        refuses(decodeFields, encodeFields([bad, 'x']), bad)
      }
    }
  })

  it('with a name or a method that is no token are refused (M-4, M-6)', () => {
    const forbidden = latin1.filter((each) => !/[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(each))
    for (const bad of ['', ...forbidden, 'a b', 'a:', ' a', 'a ', 'a\tb', 'a(b)', '\xe9']) {
      refuses(decodeRequestHead, encodeRequestHead({ ...REQUEST, method: bad }), bad)
      refuses(decodeFields, encodeFields(['x', 'y', bad, '']), bad)
    }
  })

  it('with a target that is empty or has more than visible ASCII are refused (M-4)', () => {
    for (const bad of ['', ' ', '/a b', '/a\tb', '/ HTTP/1.1', ' /', '/ ', '/\x80', '/\xa0', '/\xff']) {
      refuses(decodeRequestHead, encodeRequestHead({ ...REQUEST, target: bad }), bad)
    }
  })

  it('with the method CONNECT are refused (M-6)', () => {
    refuses(decodeRequestHead, encodeRequestHead({ ...REQUEST, method: 'CONNECT' }), 'CONNECT')
    assert.notEqual(decodeRequestHead(encodeRequestHead({ ...REQUEST, method: 'connect' })), null)
  })

  it('with a number out of range are refused', () => {
    for (const [what, digits] of [
      ['body 3', '0147 012f 03 00 00 00'],
      ['expects 2', '0147 012f 00 02 00 00'],
      ['a length above 2^53 − 1', '0147 012f 01c020000000000000 00 00 00'],
      ['a text longer than the head', '0147 c01fffffffffffff 00 00 00 00'],
    ] as const) {
      refuses(decodeRequestHead, bytesOf(digits), what)
    }
    assert.notEqual(decodeRequestHead(bytesOf('0147 012f 00 00 00 00')), null)
    for (const [what, digits] of [
      ['status 0', '00 00 00 00'],
      ['status 99', '4063 00 00 00'],
      ['status 1000', '43e8 00 00 00'],
    ] as const) {
      refuses(decodeAnyAnswer, bytesOf(digits), what)
    }
    assert.notEqual(decodeAnyAnswer(bytesOf('43e7 00 00 00')), null)
  })

  it('that got a byte changed are refused, or are heads that Node itself would write (M-7)', () => {
    const changed = (payload: Uint8Array, at: number, change: number) => {
      payload[at % payload.length]! ^= change
      return payload
    }
    const change = fc.integer({ min: 1, max: 255 })
    fc.assert(
      fc.property(request, fc.nat(), change, (head, at, change) => {
        const read = decodeRequestHead(changed(encodeRequestHead(head), at, change))
        if (read === null) return
        assertWritable(read.fields)
        validateHeaderName(read.method)
        assert.match(read.target, /^[!-~]+$/)
        assert.deepEqual(decodeRequestHead(encodeRequestHead(read)), read)
      }),
    )
    fc.assert(
      fc.property(answer, fc.nat(), change, (head, at, change) => {
        const read = decodeAnyAnswer(changed(encodeAnswerHead(head), at, change))
        if (read === null) return
        assertWritable([...read.fields, 'reason', read.reason])
        assert.deepEqual(decodeAnyAnswer(encodeAnswerHead(read)), read)
      }),
    )
  })

  it('are not written with a character that a byte does not hold: it could become a line end', () => {
    // U+010A cut down to a byte is LF.
    assert.throws(() => encodeRequestHead({ ...REQUEST, fields: ['x', 'a\u010ab'] }), RangeError)
    assert.throws(() => encodeFields(['x', '\u20ac']), RangeError)
    assert.deepEqual(decodeRequestHead(encodeRequestHead(REQUEST)), REQUEST)
  })

  it('are not written with an upgrade that is not 101, or a 101 that is none', () => {
    assert.throws(() => encodeAnswerHead({ ...ANSWER, isUpgrade: true }), RangeError)
    assert.throws(() => encodeAnswerHead({ ...ANSWER, status: 101 }), RangeError)
  })
})

function refuses(decode: (payload: Uint8Array) => unknown, payload: Uint8Array, what: unknown): void {
  assert.equal(decode(payload), null, JSON.stringify(what))
}

/** Throws where Node would. */
function assertWritable(fields: FieldList): void {
  for (let i = 0; i < fields.length; i += 2) {
    validateHeaderName(fields[i]!)
    validateHeaderValue(fields[i]!, fields[i + 1]!)
  }
}
