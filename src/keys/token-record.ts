// What a consumer keeps about one token, as one line of JSON: enough to recognise its secret, not enough to make it.

import { canonicalUuid } from './authorized-options.ts'
import { readKey } from './key-text.ts'

export interface TokenRecord {
  /** Of the consumer that the token leads to, `eqpk1:…`: several may share a state directory. */
  readonly consumerKey: string
  /** UUIDs in lower case. */
  readonly services: readonly string[]
  /** SHA-256 of the secret, in hex. */
  readonly secretHash: string
  /** Unix times in ms. */
  readonly createdAtMs: number
  readonly expiresAtMs: number
  /** How it ended before its time; null: it did not. */
  readonly end: TokenEnd | null
}

export interface TokenEnd {
  readonly atMs: number
  /** The provider's public key, `eqpk1:…`; null: the token was revoked. */
  readonly usedBy: string | null
}

export function recordText(record: TokenRecord): string {
  return `${JSON.stringify(record)}\n`
}

/** Null: nothing that `recordText` wrote. */
export function readRecord(text: string): TokenRecord | null {
  const parsed = parsedJson(text) as Partial<TokenRecord> | null
  if (typeof parsed !== 'object' || parsed === null) return null
  const { consumerKey, services, secretHash, createdAtMs, expiresAtMs, end } = parsed
  const isGood =
    isPublicKey(consumerKey) &&
    Array.isArray(services) &&
    services.every((uuid) => typeof uuid === 'string' && canonicalUuid(uuid) === uuid) &&
    typeof secretHash === 'string' &&
    /^[\da-f]{64}$/.test(secretHash) &&
    isTime(createdAtMs) &&
    isTime(expiresAtMs) &&
    isEnd(end)
  return isGood ? { consumerKey, services, secretHash, createdAtMs, expiresAtMs, end } : null
}

function isEnd(end: unknown): end is TokenEnd | null {
  if (end === null) return true
  if (typeof end !== 'object') return false
  const { atMs, usedBy } = end as Partial<TokenEnd>
  return isTime(atMs) && (usedBy === null || isPublicKey(usedBy))
}

function isPublicKey(text: unknown): text is string {
  return typeof text === 'string' && readKey('public', text) !== null
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value)
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
