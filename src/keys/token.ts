// An enrolment token: what a provider must know to reach a consumer, to be sure that it is the right one, and to be let in once.
//
//   eqtok1.MTkyLjAuMi4xOjEyMzQ1.hSDwCYkw…bTmo.00f1e2d3c4b5a697.q83vASNFZ4mrze8BI0VniQ
//   │      │                    │             │                └ secret, 128 bits in base64url
//   │      │                    │             └ id, 64 bits in hex: it names the token in lists, is no secret, and never begins with -
//   │      │                    └ the consumer's public key, base64url
//   │      └ host:port in base64url: names and addresses have dots and colons of their own
//   └ the form; another one would have another number
//
// Nothing in it is a blank, a quote or anything else that a shell or a chat would change.

import { createHash, hkdfSync } from 'node:crypto'
import { base64urlOf, bytesOfBase64url } from './base64url.ts'
import { type HostPort, hostPortText, readHostPort } from './host-port.ts'
import { keyText, readKey } from './key-text.ts'

export interface Token {
  /** Of the consumer's listener. */
  readonly address: HostPort
  /** 32 bytes. */
  readonly consumerKey: Uint8Array
  /** 16 hex digits. */
  readonly id: string
  /** 16 bytes. */
  readonly secret: Uint8Array
}

export const TOKEN_ID_BYTES = 8
export const TOKEN_SECRET_BYTES = 16

const FORM = 'eqtok1'
const PUBLIC_PREFIX = 'eqpk1:'

export function tokenText({ address, consumerKey, id, secret }: Token): string {
  const key = keyText('public', consumerKey).slice(PUBLIC_PREFIX.length)
  return [FORM, base64urlOf(Buffer.from(hostPortText(address))), key, id, base64urlOf(secret)].join('.')
}

export type TokenReading =
  | { readonly ok: true; readonly value: Token }
  /** What is wrong and what to do, without any part of a secret. */
  | { readonly ok: false; readonly what: string }

/** Takes what `tokenText` writes and nothing else. */
export function readToken(text: string): TokenReading {
  const [form = '', addressPart = '', keyPart = '', id = '', secretPart = '', ...more] = text.split('.')
  if (form !== FORM) {
    if (/^eqtok\d+$/.test(form)) return refused(`it is a token of the form ${form}, which this version does not know`)
    return refused(`it must begin with ${FORM}.`)
  }
  const address = readHostPort(Buffer.from(bytesOfBase64url(addressPart) ?? []).toString('latin1'))
  const consumerKey = readKey('public', PUBLIC_PREFIX + keyPart)
  const secret = bytesOfBase64url(secretPart)
  const isWhole = more.length === 0 && isTokenId(id) && secret?.length === TOKEN_SECRET_BYTES
  if (address === null || consumerKey === null || !isWhole) return refused('it is damaged or was cut short')
  return { ok: true, value: { address, consumerKey, id, secret: secret! } }
}

export function isTokenId(text: string): boolean {
  return text.length === 2 * TOKEN_ID_BYTES && /^[\da-f]+$/.test(text)
}

/** What a provider shows of its token in its first message, where only the consumer can read it: the id's 8 bytes, then the secret. */
export function claimBytes({ id, secret }: Pick<Token, 'id' | 'secret'>): Uint8Array {
  return Buffer.concat([Buffer.from(id, 'hex'), secret])
}

/** Null: nothing that `claimBytes` makes. */
export function readClaim(bytes: Uint8Array): Pick<Token, 'id' | 'secret'> | null {
  if (bytes.length !== TOKEN_ID_BYTES + TOKEN_SECRET_BYTES) return null
  return { id: Buffer.from(bytes.subarray(0, TOKEN_ID_BYTES)).toString('hex'), secret: bytes.slice(TOKEN_ID_BYTES) }
}

/** What a consumer keeps of a secret: it recognises the secret by it, and whoever reads it cannot make the secret from it. */
export function secretHash(secret: Uint8Array): Buffer {
  return createHash('sha256').update(secret).digest()
}

/** Names the use, so that no other use of the secret, such as its hash, leads to this key. */
const PRE_SHARED_KEY_LABEL = 'edgerq token pre-shared key'

/** The pre-shared key of the handshake in which the token is used. 32 bytes. */
export function tokenPreSharedKey(secret: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(0), PRE_SHARED_KEY_LABEL, 32))
}

function refused(reason: string): TokenReading {
  return { ok: false, what: `this is no token that can be used: ${reason}; copy it whole, or have a new one made` }
}
