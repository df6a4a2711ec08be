import assert from 'node:assert/strict'
import fc from 'fast-check'
import { peerNames } from '../../src/carriers/peer-names.ts'

function valuesIn(text: string): readonly string[] {
  return peerNames(text).map(({ value }) => value)
}

describe('the names in a certificate', () => {
  it('are those of the kinds that say who somebody is', () => {
    const text = 'DNS:a.test, IP Address:192.0.2.1, URI:urn:x:y, email:a@b.test, Registered ID:1.2.3, DirName:CN = x'
    assert.deepEqual(peerNames(text), [
      { kind: 'dns', value: 'a.test' },
      { kind: 'ip', value: '192.0.2.1' },
      { kind: 'uri', value: 'urn:x:y' },
      { kind: 'email', value: 'a@b.test' },
    ])
  })

  it('are taken out of quotes, and what looks like another name in there is none', () => {
    assert.deepEqual(valuesIn('DNS:"a.test, DNS:forged.test", DNS:b.test'), ['a.test, DNS:forged.test', 'b.test'])
    assert.deepEqual(valuesIn('URI:"http://a/\\u002c\\"x", DNS:b.test'), ['http://a/,"x', 'b.test'])
    assert.deepEqual(valuesIn('DirName:"CN = x, DNS:forged.test", DNS:b.test'), ['b.test'])
  })

  it('are none at all where the text is not what it should be', () => {
    for (const text of [
      '',
      'a.test',
      'DNS:"a.test',
      'DNS:a.test,DNS:b.test',
      'DNS:a"b',
      'DNS:"a\\x", DNS:b',
      'DNS:a.test, ?',
    ]) {
      assert.deepEqual(peerNames(text), [], text)
    }
  })

  it('come back whatever they are, as long as they are written as Node writes them', () => {
    const name = fc.string({ minLength: 1, unit: 'grapheme' })
    fc.assert(
      fc.property(fc.array(name, { minLength: 1 }), (names) => {
        const isPlain = (text: string) => /^[a-z0-9.:/@]+$/.test(text)
        const text = names.map((one) => `URI:${isPlain(one) ? one : JSON.stringify(one)}`).join(', ')
        assert.deepEqual(valuesIn(text), names)
      }),
    )
  })
})
