// The tokens of a consumer: made once, used once, by one provider, whatever else runs at the same moment.
//
// Of a secret only the hash is kept, so whoever reads the records cannot join with a token that is still open. The pre-shared key of
// the handshake must then come from the secret itself, which the provider sends in its first message, under the consumer's public
// key. The price: that message, if it was recorded, and the consumer's private key, if it is ever stolen, together tell the secret of
// a token that is used up. To keep pre-shared keys instead would give every open token to whoever reads the records once.

import { randomBytes, timingSafeEqual } from 'node:crypto'
import { appendProvider } from './append-provider.ts'
import { canonicalUuid } from './authorized-options.ts'
import type { HostPort } from './host-port.ts'
import { keyText } from './key-text.ts'
import { isTokenId, secretHash, TOKEN_ID_BYTES, TOKEN_SECRET_BYTES, tokenText } from './token.ts'
import type { TokenRecord } from './token-record.ts'
import { TokenStore } from './token-store.ts'

export interface TokenOrder {
  /** UUIDs of what a provider that joins with the token may serve; at least one. */
  readonly services: readonly string[]
  readonly ttlMs: number
  /** Where providers reach the consumer's listener. */
  readonly address: HostPort
  /** 32 bytes. */
  readonly consumerKey: Uint8Array
}

export interface NewToken {
  /** The whole token: the only time that its secret is told. */
  readonly text: string
  readonly id: string
  readonly expiresAtMs: number
}

export type TokenState = 'open' | 'expired' | 'used' | 'revoked'

export interface KnownToken extends TokenRecord {
  readonly id: string
  readonly state: TokenState
}

/** What a provider shows. */
export interface TokenClaim {
  /** 16 hex digits. */
  readonly id: string
  readonly secret: Uint8Array
  /** 32 bytes: the consumer's, for several may share a state directory. */
  readonly consumerKey: Uint8Array
}

export interface Newcomer {
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  /** Of the file that gets the line. */
  readonly authorizedPath: string
}

export interface TokenRefusal {
  /** `unknownToken` for a wrong secret too: strangers must not learn which ids there are. */
  readonly code: 'unknownToken' | 'expiredToken' | 'usedToken' | 'revokedToken' | 'listedKey'
  /** For logs and for the provider. */
  readonly sentence: string
}

export const DEFAULT_TOKEN_TTL_MS = 24 * 3_600_000

/** How long `list` still tells what became of a token after its time: a month of questions. */
const KEPT_AFTER_EXPIRY_MS = 30 * 24 * 3_600_000

/** All methods throw a KeyFileError if the disk refuses, or holds what this program did not write. Times are Unix times in ms. */
export class Enrolment {
  readonly #store: TokenStore

  constructor(stateDirectory: string) {
    this.#store = new TokenStore(stateDirectory)
  }

  create(order: TokenOrder, nowMs: number): NewToken {
    this.#forgetOld(nowMs)
    const { address, consumerKey } = order
    const id = randomBytes(TOKEN_ID_BYTES).toString('hex')
    const secret = randomBytes(TOKEN_SECRET_BYTES)
    const expiresAtMs = nowMs + order.ttlMs
    this.#store.add(id, {
      consumerKey: keyText('public', consumerKey),
      services: [...new Set(order.services.map(canonical))],
      secretHash: secretHash(secret).toString('hex'),
      createdAtMs: nowMs,
      expiresAtMs,
      end: null,
    })
    return { text: tokenText({ address, consumerKey, id, secret }), id, expiresAtMs }
  }

  /** All that are kept, the oldest first. */
  list(nowMs: number): readonly KnownToken[] {
    const tokens = this.#store.ids().map((id) => this.#find(id, nowMs))
    return tokens.filter((token) => token !== null).toSorted((a, b) => a.createdAtMs - b.createdAtMs)
  }

  /** What the token was until now: one that was `open` or `expired` is revoked by it, any other stays as it is. Null: there is none. */
  revoke(id: string, nowMs: number): TokenState | null {
    const token = isTokenId(id) ? this.#find(id, nowMs) : null
    if (token === null || token.end !== null) return token?.state ?? null
    const isDone = this.#store.end(id, { ...recordOf(token), end: { atMs: nowMs, usedBy: null } })
    return isDone ? token.state : this.#find(id, nowMs)!.state
  }

  /** Would this token be taken now? Null: yes. Changes nothing: asked before the handshake is answered. */
  refusal(claim: TokenClaim, nowMs: number): TokenRefusal | null {
    const found = this.#recognise(claim, nowMs)
    return 'code' in found ? found : null
  }

  /**
   * Lets one provider in: its key gets a line in the authorized file, and the token has ended. Null: done. To be called when the
   * provider has shown that it holds its key, and that key has no line. If no line can be written, the token stays open.
   */
  use(claim: TokenClaim, newcomer: Newcomer, nowMs: number): TokenRefusal | null {
    const publicKey = keyText('public', newcomer.publicKey)
    const token = this.#recognise(claim, nowMs)
    if ('code' in token) return token.code === 'usedToken' && this.#isUser(claim.id, publicKey) ? USED_BY_IT : token
    // First the end, then the line: a process that dies in between costs a token, and does not let two in with it.
    if (!this.#store.end(token.id, { ...recordOf(token), end: { atMs: nowMs, usedBy: publicKey } })) {
      return ENDED[this.#find(token.id, nowMs)?.state === 'revoked' ? 'revoked' : 'used']
    }
    let isAdded = false
    try {
      const comment = `joined ${new Date(nowMs).toISOString().slice(0, 10)} by token ${token.id}`
      isAdded = appendProvider(newcomer.authorizedPath, { publicKey, services: token.services, comment }) === 'added'
    } finally {
      if (!isAdded) this.#store.reopen(token.id)
    }
    return isAdded ? null : LISTED_KEY
  }

  #recognise(claim: TokenClaim, nowMs: number): KnownToken | TokenRefusal {
    const token = isTokenId(claim.id) ? this.#find(claim.id, nowMs) : null
    if (token === null || token.consumerKey !== keyText('public', claim.consumerKey)) return UNKNOWN_TOKEN
    const isSecret = timingSafeEqual(secretHash(claim.secret), Buffer.from(token.secretHash, 'hex'))
    if (!isSecret) return UNKNOWN_TOKEN
    return token.state === 'open' ? token : ENDED[token.state]
  }

  #isUser(id: string, publicKey: string): boolean {
    return this.#store.read(id)?.end?.usedBy === publicKey
  }

  #find(id: string, nowMs: number): KnownToken | null {
    const record = this.#store.read(id)
    return record && { ...record, id, state: stateOf(record, nowMs) }
  }

  #forgetOld(nowMs: number): void {
    for (const token of this.list(nowMs)) {
      if (nowMs > token.expiresAtMs + KEPT_AFTER_EXPIRY_MS) this.#store.forget(token.id)
    }
  }
}

function stateOf({ end, expiresAtMs }: TokenRecord, nowMs: number): TokenState {
  if (end !== null) return end.usedBy === null ? 'revoked' : 'used'
  return nowMs < expiresAtMs ? 'open' : 'expired'
}

function recordOf({ id: _id, state: _state, ...record }: KnownToken): TokenRecord {
  return record
}

function canonical(uuid: string): string {
  const text = canonicalUuid(uuid)
  if (text === null) throw new RangeError(`no UUID: ${uuid}`)
  return text
}

const UNKNOWN_TOKEN: TokenRefusal = { code: 'unknownToken', sentence: 'The consumer does not know this token.' }

const ENDED: Readonly<Record<Exclude<TokenState, 'open'>, TokenRefusal>> = {
  expired: { code: 'expiredToken', sentence: 'The token has expired; have a new one made on the consumer.' },
  used: { code: 'usedToken', sentence: 'The token was used before; each provider needs one of its own.' },
  revoked: { code: 'revokedToken', sentence: 'The token was revoked on the consumer.' },
}

/** The same provider asks again: it would take "used before" for somebody else's deed. */
const USED_BY_IT: TokenRefusal = {
  code: 'usedToken',
  sentence: 'This key joined with the token once, and was taken off the list of the consumer since.',
}

const LISTED_KEY: TokenRefusal = {
  code: 'listedKey',
  sentence: 'The consumer has a line for this key already; change that line, or join with a new key.',
}
