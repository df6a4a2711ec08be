import assert from 'node:assert/strict'
import { answerFraming } from '../../src/http/body-framing.ts'
import type { BodyFraming, FieldList } from '../../src/http/fields.ts'

describe('the length of an answer', () => {
  const known: readonly (readonly [fields: FieldList, framing: BodyFraming])[] = [
    [[], { kind: 'chunked' }],
    [['Transfer-Encoding', 'chunked'], { kind: 'chunked' }],
    [['content-length', '0'], { kind: 'length', bytes: 0 }],
    [['Content-Length', '1073741824'], { kind: 'length', bytes: 1_073_741_824 }],
  ]
  for (const [fields, framing] of known) {
    it(`is ${JSON.stringify(framing)} with ${JSON.stringify(fields)}`, () =>
      assert.deepEqual(answerFraming(fields), framing))
  }

  const unknown: readonly FieldList[] = [
    ['Content-Length', ''],
    ['Content-Length', '-1'],
    ['Content-Length', '05'],
    ['Content-Length', '9007199254740992'],
    ['Content-Length', '5', 'Content-Length', '5'],
    ['Content-Length', '5, 5'],
    ['Content-Length', '5', 'Transfer-Encoding', 'chunked'],
  ]
  for (const fields of unknown) {
    it(`cannot be told with ${JSON.stringify(fields)}`, () => assert.equal(answerFraming(fields), null))
  }
})
