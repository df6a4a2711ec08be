import assert from 'node:assert/strict'
import { createHash, hkdfSync } from 'node:crypto'
import fc from 'fast-check'
import { hostPortText, readHostPort } from '../../src/keys/host-port.ts'
import {
  claimBytes,
  readClaim,
  readToken,
  secretHash,
  type Token,
  tokenPreSharedKey,
  tokenText,
} from '../../src/keys/token.ts'

const TOKEN: Token = {
  address: { host: '192.0.2.1', port: 12_345 },
  consumerKey: Buffer.from('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a', 'hex'),
  id: '00f1e2d3c4b5a697',
  secret: Buffer.from('abcdef0123456789abcdef0123456789', 'hex'),
}
const TEXT =
  'eqtok1.MTkyLjAuMi4xOjEyMzQ1.hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo.00f1e2d3c4b5a697.q83vASNFZ4mrze8BI0VniQ'

function plain(token: Token): unknown {
  const { address, consumerKey, id, secret } = token
  return {
    address,
    id,
    consumerKey: Buffer.from(consumerKey).toString('hex'),
    secret: Buffer.from(secret).toString('hex'),
  }
}

describe('a token', () => {
  it('has this form', () => {
    assert.equal(tokenText(TOKEN), TEXT)
    const reading = readToken(TEXT)
    assert.ok(reading.ok)
    assert.deepEqual(plain(reading.value), plain(TOKEN))
  })

  it('is one word for every shell, whatever address is in it', () => {
    const hosts = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain())
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
    fc.assert(
      fc.property(
        hosts,
        fc.integer({ min: 1, max: 65_535 }),
        bytes(31),
        bytes(8),
        bytes(16),
        (host, port, key, id, secret) => {
          const consumerKey = Buffer.concat([key, Buffer.from([0x40])])
          const token = { address: { host, port }, consumerKey, id: Buffer.from(id).toString('hex'), secret }
          const text = tokenText(token)
          assert.match(text, /^[\w.-]+$/)
          const reading = readToken(text)
          assert.ok(reading.ok, text)
          assert.deepEqual(plain(reading.value), plain(token))
        },
      ),
    )
  })

  it('with one character changed, added or left out is refused, or is another token', () => {
    const others = (at: number) => [
      ...[...'AQgw09_-.=: '].map((character) => TEXT.slice(0, at) + character + TEXT.slice(at + 1)),
      `${TEXT.slice(0, at)}A${TEXT.slice(at)}`,
      TEXT.slice(0, at) + TEXT.slice(at + 1),
    ]
    for (let at = 0; at <= TEXT.length; at++) {
      for (const text of others(at)) {
        const reading = readToken(text)
        if (text === TEXT || !reading.ok) continue
        assert.notDeepEqual(plain(reading.value), plain(TOKEN), text)
        assert.equal(tokenText(reading.value), text)
      }
    }
  })

  it('that was cut anywhere is refused', () => {
    for (let end = 0; end < TEXT.length; end++) assert.ok(!readToken(TEXT.slice(0, end)).ok, TEXT.slice(0, end))
  })

  const refused: [string, string, RegExp][] = [
    ['is empty', '', /must begin with eqtok1\./],
    ['is a key', 'eqpk1:hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo', /must begin with eqtok1\./],
    ['is of a later form', TEXT.replace('eqtok1', 'eqtok2'), /the form eqtok2, which this version does not know/],
    ['has an id in capitals', TEXT.replace('00f1', '00F1'), /damaged/],
    ['leads to no host', TEXT.replace('MTkyLjAuMi4xOjEyMzQ1', Buffer.from('nowhere').toString('base64url')), /damaged/],
    ['leads to port 0', TEXT.replace('MTkyLjAuMi4xOjEyMzQ1', Buffer.from('a:0').toString('base64url')), /damaged/],
    ['has a key that is none', TEXT.replace(/hSD\w+/, 'A'.repeat(43)), /damaged/],
    ['has more behind it', `${TEXT}.`, /damaged/],
  ]
  for (const [how, text, expected] of refused) {
    it(`is refused if it ${how}, without a word of its secret`, () => {
      const reading = readToken(text)
      assert.ok(!reading.ok)
      assert.match(reading.what, expected)
      assert.ok(!reading.what.includes('q83vASNFZ4m'))
    })
  }

  it('is shown as the 8 bytes of its id and its secret, and nothing of another size is taken for one', () => {
    const { id, secret } = TOKEN
    const bytes = claimBytes(TOKEN)
    assert.equal(Buffer.from(bytes).toString('hex'), '00f1e2d3c4b5a697abcdef0123456789abcdef0123456789')
    const claim = readClaim(bytes)!
    assert.deepEqual([claim.id, Buffer.from(claim.secret)], [id, Buffer.from(secret)])
    for (const length of [0, 8, 16, 23]) assert.equal(readClaim(bytes.subarray(0, length)), null)
    assert.equal(readClaim(new Uint8Array(25)), null)
  })

  it('has one hash for its consumer and one key for the handshake, and the hash does not tell the key', () => {
    assert.deepEqual(secretHash(TOKEN.secret), createHash('sha256').update(TOKEN.secret).digest())
    const key = Buffer.from(tokenPreSharedKey(TOKEN.secret))
    const expected = hkdfSync('sha256', TOKEN.secret, '', 'edgerq token pre-shared key', 32)
    assert.deepEqual(key, Buffer.from(expected))
    assert.notDeepEqual(key, secretHash(TOKEN.secret))
  })
})

describe('a host with a port', () => {
  const good = [
    'example.org:1',
    'EXAMPLE.org.:65535',
    'a_b.c:80',
    '192.0.2.1:12345',
    '[::1]:7000',
    '[2001:db8::192.0.2.1]:7',
  ]
  for (const text of good) {
    it(`may be ${text}`, () => assert.equal(hostPortText(readHostPort(text)!), text))
  }

  const bad = [
    '',
    ':1',
    'a',
    'a:',
    'a:0',
    'a:65536',
    'a:080',
    'a:1:2',
    '::1:7000',
    '[::1]',
    '[::1:7000',
    '[a]:1',
    '[]:1',
  ]
  bad.push(
    'a b:1',
    'a..b:1',
    '-a:1',
    '1.2.3:1',
    '256.0.0.1:1',
    '0x7f.0x1:1',
    'https://a:1',
    'a:1/',
    'a:1\n',
    'ä:1',
    '[fe80::1%eth0]:1',
  )
  for (const text of bad) {
    it(`may not be ${JSON.stringify(text)}`, () => assert.equal(readHostPort(text), null))
  }
})
