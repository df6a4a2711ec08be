import assert from 'node:assert/strict'
import { createHash, createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { apparentKind, fingerprint, type KeyKind, keyText, readKey } from '../../src/keys/key-text.ts'

/** RFC 7748 §6.1: Alice's keys. */
const PRIVATE = '77076d0a7318a57d3c16c17251b26645c5c6c6a8c0d7c8d3b5b8f9e0a1b2c3d4'
const PUBLIC_HEX = '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a'
const PUBLIC = 'eqpk1:hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo'

const KINDS: readonly KeyKind[] = ['public', 'private', 'preShared']
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const bytes32 = () => fc.uint8Array({ minLength: 32, maxLength: 32 })

describe('the text of a key', () => {
  it('is its prefix and 43 characters of base64url', () => {
    assert.equal(keyText('public', Buffer.from(PUBLIC_HEX, 'hex')), PUBLIC)
    assert.match(keyText('private', Buffer.from(PRIVATE, 'hex')), /^eqsk1:[\w-]{43}$/)
    assert.match(keyText('preShared', Buffer.alloc(32)), /^eqps1:A{43}$/)
  })

  it('is never made of a number of bytes that no key has', () => {
    for (const length of [0, 31, 33]) assert.throws(() => keyText('public', new Uint8Array(length)), RangeError)
  })

  it('is read as the bytes that it was made of, and as a key of no other kind', () => {
    fc.assert(
      fc.property(bytes32(), fc.constantFrom(...KINDS), (key, kind) => {
        if (kind === 'public') key[31]! &= 0x3f
        const text = keyText(kind, key)
        assert.deepEqual(Buffer.from(readKey(kind, text)!), Buffer.from(key))
        assert.equal(apparentKind(text), kind)
        for (const other of KINDS) if (other !== kind) assert.equal(readKey(other, text), null)
      }),
    )
  })

  it('with one character changed is refused, or is another key', () => {
    for (let at = 0; at < PUBLIC.length; at++) {
      for (const character of `${BASE64URL}=+/ :`) {
        if (character === PUBLIC[at]) continue
        const text = PUBLIC.slice(0, at) + character + PUBLIC.slice(at + 1)
        const key = readKey('public', text)
        if (key === null) continue
        assert.notEqual(Buffer.from(key).toString('hex'), PUBLIC_HEX, text)
        assert.equal(keyText('public', key), text)
      }
    }
  })

  it('can be written in no second way: whatever is read is what would be written', () => {
    const almost = fc.tuple(fc.constantFrom('eqpk1:', 'eqsk1:', 'eqps1:', 'eqpk2:'), fc.base64String(), fc.string())
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          almost.map((parts) => parts.join('')),
        ),
        (text) => {
          for (const kind of KINDS) {
            const key = readKey(kind, text)
            if (key !== null) assert.equal(keyText(kind, key), text)
          }
        },
      ),
    )
  })

  const others: [string, string][] = [
    ['has a blank before it', ` ${PUBLIC}`],
    ['has a line end behind it', `${PUBLIC}\n`],
    ['is padded', `${PUBLIC}=`],
    ['is in plain base64', PUBLIC.replace('_', '/')],
    ['has unused bits set', `${PUBLIC.slice(0, -1)}p`],
    ['is cut short', PUBLIC.slice(0, -1)],
    ['is too long by one byte', `${PUBLIC}AA`],
    ['has a prefix in capitals', PUBLIC.replace('eqpk1', 'EQPK1')],
    ['is of another form', PUBLIC.replace('eqpk1', 'eqpk2')],
    ['is a prefix alone', 'eqpk1:'],
    ['is empty', ''],
  ]
  for (const [how, text] of others) {
    it(`is refused if it ${how}`, () => assert.equal(readKey('public', text), null))
  }
})

describe('a public key', () => {
  const generated = generateKeyPairSync('x25519')

  it('is refused if every shared secret with it would be 0', () => {
    const smallOrder = [
      '00'.repeat(32),
      `01${'00'.repeat(31)}`,
      'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
      '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
      `ec${'ff'.repeat(30)}7f`,
    ]
    for (const hex of smallOrder) {
      const key = Buffer.from(hex, 'hex')
      assert.equal(readKey('public', keyText('public', key)), null, hex)
      const publicKey = createPublicKey({
        key: { kty: 'OKP', crv: 'X25519', x: key.toString('base64url') },
        format: 'jwk',
      })
      assert.throws(() => diffieHellman({ privateKey: generated.privateKey, publicKey }), hex)
    }
  })

  it('is refused in the spellings that mean another key: at or above the prime, or with the highest bit set', () => {
    for (let low = 0xed; low <= 0xff; low++) {
      const key = Buffer.alloc(32, 0xff)
      key[0] = low
      key[31] = 0x7f
      assert.equal(readKey('public', keyText('public', key)), null)
    }
    const key = Buffer.from(PUBLIC_HEX, 'hex')
    key[31]! |= 0x80
    assert.equal(readKey('public', keyText('public', key)), null)
  })

  it('just below the prime is a key', () => {
    const key = Buffer.alloc(32, 0xff)
    key[0] = 0xeb
    key[31] = 0x7f
    assert.notEqual(readKey('public', keyText('public', key)), null)
  })

  it('is taken whenever it belongs to a private key', () => {
    fc.assert(
      fc.property(bytes32(), (secret) => {
        const der = Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), secret])
        const { x } = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })).export({
          format: 'jwk',
        })
        assert.notEqual(readKey('public', `eqpk1:${x}`), null)
      }),
      { numRuns: 50 },
    )
  })
})

describe('a fingerprint', () => {
  it('is the beginning of what sha256sum says about the text of the key, in groups of four', () => {
    const digest = createHash('sha256').update(PUBLIC).digest('hex')
    const shown = fingerprint(Buffer.from(PUBLIC_HEX, 'hex'))
    assert.match(shown, /^SHA256:[\da-f]{4}(?:-[\da-f]{4}){7}$/)
    assert.equal(shown.slice('SHA256:'.length).replaceAll('-', ''), digest.slice(0, 32))
  })

  it('is another one for another key', () => {
    fc.assert(
      fc.property(bytes32(), bytes32(), (a, b) => {
        fc.pre(Buffer.compare(a, b) !== 0)
        assert.notEqual(fingerprint(a), fingerprint(b))
      }),
    )
  })
})
