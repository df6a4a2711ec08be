import assert from 'node:assert/strict'
import { readDnsName, readIpAddress } from '../../src/certificates/names.ts'

const LABEL_OF_63 = 'a'.repeat(63)
const NAME_OF_253 = `${`${LABEL_OF_63}.`.repeat(3)}${'a'.repeat(61)}`

describe('the names in a certificate', () => {
  for (const [text, value] of [
    ['example.org', 'example.org'],
    ['Example.ORG', 'example.org'],
    ['localhost', 'localhost'],
    ['*.example.org', '*.example.org'],
    ['xn--strae-oqa.example', 'xn--strae-oqa.example'],
    ['3com.example', '3com.example'],
    [NAME_OF_253, NAME_OF_253],
  ] as const) {
    it(`may be of a host: ${text.slice(0, 30)}`, () => assert.deepEqual(readDnsName(text), { type: 'dns', value }))
  }

  for (const text of [
    '',
    '.',
    'example.org.',
    'a..b',
    '-a.example',
    'a-.example',
    'a_b.example',
    'straße.example',
    'a b',
    '*',
    '*.org',
    'a.*.example',
    'w*.example.org',
    '192.0.2.1',
    'a.1',
    '::1',
    'DNS:a',
    'a,b',
    'a\n',
    `${LABEL_OF_63}a.example`,
    `a${NAME_OF_253}`,
  ]) {
    it(`may not be ${JSON.stringify(text.slice(0, 30))}, which no host is called`, () =>
      assert.equal(readDnsName(text), null))
  }

  for (const text of ['192.0.2.1', '::1', '2001:db8::1', '::ffff:192.0.2.1']) {
    it(`may be an address: ${text}`, () => assert.deepEqual(readIpAddress(text), { type: 'ip', value: text }))
  }

  for (const text of [
    '',
    '192.0.2',
    '192.0.2.256',
    '010.0.0.1',
    '[::1]',
    'fe80::1%eth0',
    '10.0.0.0/8',
    'example.org',
  ]) {
    it(`may not be ${JSON.stringify(text)}, which is no address that means the same everywhere`, () =>
      assert.equal(readIpAddress(text), null))
  }
})
