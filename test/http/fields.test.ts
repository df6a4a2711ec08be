import assert from 'node:assert/strict'
import { connectionOptions, fieldsThat, isToken, listMembers, valuesOf } from '../../src/http/fields.ts'

describe('a list of fields', () => {
  const fields = ['Accept', 'a', 'X', 'accept', 'aCCept', '', 'Accept-Charset', 'b']

  it('gives the values of a name in their order, however it is spelled, and takes no value for a name', () => {
    assert.deepEqual(valuesOf(fields, 'accept'), ['a', ''])
    assert.deepEqual(valuesOf(fields, 'a'), [])
    assert.deepEqual(valuesOf([], 'accept'), [])
  })

  it('keeps order and spelling of the fields that pass', () => {
    assert.deepEqual(
      fieldsThat((name) => name !== 'accept', fields),
      ['X', 'accept', 'Accept-Charset', 'b'],
    )
  })
})

describe('a list in a field', () => {
  it('has members between commas, over several fields, and none that are empty', () => {
    assert.deepEqual(listMembers([' a ,\tb,, c d ', '', ',', 'e']), ['a', 'b', 'c d', 'e'])
    assert.deepEqual(listMembers([]), [])
  })

  it('has no other blanks than those of HTTP', () => assert.deepEqual(listMembers(['\xa0a\xa0']), ['\xa0a\xa0']))

  it('of Connection is read without regard to case', () => {
    const options = connectionOptions(['Connection', 'Close, X-A', 'connection', 'UPGRADE'])
    assert.deepEqual([...options], ['close', 'x-a', 'upgrade'])
  })
})

describe('a token', () => {
  const all = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code))

  it('has the 77 characters of RFC 9110 and no others, and at least one', () => {
    assert.equal(
      all.filter(isToken).join(''),
      "!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~",
    )
    assert.equal(isToken(''), false)
    assert.equal(isToken('a b'), false)
  })
})
