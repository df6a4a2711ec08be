// Keys as people see, copy and compare them: one word that says what it is and can be written in one way only.
//
//   eqpk1:hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo     a public key: a prefix, then 32 bytes in base64url
//   eqsk1:…                                               a private key, which never leaves its file
//   eqps1:…                                               a pre-shared key, which both sides hold
//
// The prefixes are of one length and differ, so that a private key in the place of a public one is noticed and not believed.

import { createHash } from 'node:crypto'
import { base64urlOf, bytesOfBase64url } from './base64url.ts'

export const KEY_BYTES = 32

const PREFIXES = { public: 'eqpk1:', private: 'eqsk1:', preShared: 'eqps1:' } as const
export type KeyKind = keyof typeof PREFIXES

export function keyText(kind: KeyKind, key: Uint8Array): string {
  if (key.length !== KEY_BYTES) throw new RangeError(`a key has ${KEY_BYTES} bytes, not ${key.length}`)
  return PREFIXES[kind] + base64urlOf(key)
}

/** Null: not exactly such a key. What `keyText` writes is taken and nothing else: no blanks, no padding, no other spelling. */
export function readKey(kind: KeyKind, text: string): Uint8Array | null {
  if (!text.startsWith(PREFIXES[kind])) return null
  const key = bytesOfBase64url(text.slice(PREFIXES[kind].length))
  if (key === null || key.length !== KEY_BYTES) return null
  return kind === 'public' && !isUsablePoint(key) ? null : key
}

/** What a text that is meant for a key looks like from its beginning; null: like none of ours. */
export function apparentKind(text: string): KeyKind | null {
  const kinds = Object.keys(PREFIXES) as KeyKind[]
  return kinds.find((kind) => text.startsWith(PREFIXES[kind])) ?? null
}

/** 128 bits: nobody finds a second key with the same ones, and people still read them to each other. */
const FINGERPRINT_DIGITS = 32

/**
 * The short form of a public key, for comparing by eye or by telephone. Anybody can check it:
 * `printf %s eqpk1:… | sha256sum` begins with the same digits.
 */
export function fingerprint(publicKey: Uint8Array): string {
  const digest = createHash('sha256').update(keyText('public', publicKey)).digest('hex')
  return `SHA256:${digest.slice(0, FINGERPRINT_DIGITS).replace(/.{4}(?=.)/g, '$&-')}`
}

/**
 * X25519 takes any 32 bytes, but some are a second spelling of another key, which would be one holder under two names, and some
 * are points of small order, with which every shared secret is 0 (RFC 7748 §5, §6.1).
 */
function isUsablePoint(key: Uint8Array): boolean {
  return isBelowPrime(key) && !SMALL_ORDER.has(Buffer.from(key).toString('hex'))
}

/** Little-endian; the prime 2^255 - 19 is ed ff … ff 7f. */
function isBelowPrime(key: Uint8Array): boolean {
  const top = key[KEY_BYTES - 1]!
  if (top !== 0x7f) return top < 0x7f
  return key[0]! < 0xed || key.subarray(1, KEY_BYTES - 1).some((byte) => byte !== 0xff)
}

/** All that are below the prime: 0, 1, the two of order 8, and -1. */
const SMALL_ORDER: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
])
