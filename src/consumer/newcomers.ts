// Those who are not listed and show a token: what the handshake is to answer them, and how one of them gets onto the list.
//
//   INIT with a claim ─▶ is the secret right? ─┬ no:  silence, as to every stranger
//                                              └ yes: answered, and told afterwards if the token is of no use any more
//   session confirmed ─▶ the token ends, and the key gets its line in the file; of two at once only one makes the end of the token

import { Enrolment, type TokenClaim, type TokenRefusal } from '../keys/enrolment.ts'
import { fingerprint, keyText } from '../keys/key-text.ts'
import { readClaim, type Token } from '../keys/token.ts'
import type { Log } from '../log.ts'
import { helloOfInit } from '../protocol/index.ts'

export interface NewcomerParts {
  /** Of the consumer: where `edgerq token` keeps the tokens. */
  readonly stateDirectory: string
  /** 32 bytes: the consumer's own. */
  readonly consumerKey: Uint8Array
  readonly authorizedPath: string
  readonly log: Log
}

/** What an INIT shows of a token. */
export type Claim = Pick<Token, 'id' | 'secret'>

/** Why somebody who showed a token may not begin. */
export interface NewcomerRefusal {
  readonly code: TokenRefusal['code'] | 'notEnrolled'
  readonly sentence: string
  /** The id of a token that will let this peer in no more; undefined: it may yet. */
  readonly token: string | undefined
}

/** As many as sessions may wait for their confirmation, and only of peers who know the secret of a token. */
const MOST_CLAIMS = 256

const NOT_ENROLLED: NewcomerRefusal = {
  code: 'notEnrolled',
  sentence: 'The consumer could not add this key to its list; its log says why. The token can still be used.',
  token: undefined,
}

export class Newcomers {
  readonly #parts: NewcomerParts
  readonly #enrolment: Enrolment
  /** What was shown in INITs that were answered and may be confirmed yet, by key. */
  readonly #claims = new Map<string, Claim>()

  constructor(parts: NewcomerParts) {
    this.#parts = parts
    this.#enrolment = new Enrolment(parts.stateDirectory)
  }

  /** Is the INIT of a key that is not listed to be answered? Yes, if it shows a token of ours with its secret, whatever became of it. */
  isExpected(peerKey: Uint8Array, claim: Claim): boolean {
    const { log } = this.#parts
    const fields = { key: fingerprint(peerKey), token: claim.id }
    try {
      const refusal = this.#enrolment.refusal(this.#whole(claim), Date.now())
      if (refusal?.code !== 'unknownToken') return true
      log.some('strangerRefused', { ...fields, code: refusal.code, why: UNKNOWN_TOKEN }, fields.key)
    } catch (error) {
      log.some('strangerRefused', { ...fields, code: 'unreadableToken', why: (error as Error).message }, fields.key)
    }
    return false
  }

  /** The INIT is answered. */
  remember(peerKey: Uint8Array, claim: Claim): void {
    const key = keyText('public', peerKey)
    this.#claims.delete(key)
    this.#claims.set(key, claim)
    if (this.#claims.size > MOST_CLAIMS) this.#claims.delete(this.#claims.keys().next().value!)
  }

  /** Its session is confirmed. Null: it is on the list now. Undefined: it has shown no token. */
  enrol(peerKey: Uint8Array, address: string): NewcomerRefusal | null | undefined {
    const key = keyText('public', peerKey)
    const claim = this.#claims.get(key)
    if (claim === undefined) return undefined
    this.#claims.delete(key)
    const { authorizedPath, log } = this.#parts
    try {
      const refusal = this.#enrolment.use(this.#whole(claim), { publicKey: peerKey, authorizedPath }, Date.now())
      // Whoever is listed by now was written there by hand in this moment: its line counts.
      if (refusal !== null && refusal.code !== 'listedKey') return { ...refusal, token: claim.id }
      log.info('providerJoined', {
        provider: address,
        key: fingerprint(peerKey),
        token: claim.id,
        file: authorizedPath,
      })
      return null
    } catch (error) {
      log.error('providerNotEnrolled', { provider: address, token: claim.id, cause: (error as Error).message })
      return NOT_ENROLLED
    }
  }

  /** The session of a key that is on the list anyway is confirmed: a token that it showed stays open, which somebody should know. */
  welcomeBack(peerKey: Uint8Array): void {
    const key = keyText('public', peerKey)
    const claim = this.#claims.get(key)
    if (claim === undefined) return
    this.#claims.delete(key)
    if (!this.#isOpen(claim)) return
    const remedy = `this key is listed already, with what its line says; end the token if nobody else needs it: edgerq token revoke ${claim.id}`
    this.#parts.log.warn('tokenStillOpen', { key: fingerprint(peerKey), token: claim.id, remedy })
  }

  #isOpen(claim: Claim): boolean {
    try {
      return this.#enrolment.refusal(this.#whole(claim), Date.now()) === null
    } catch {
      return false // Nothing depends on it: who must know that the record cannot be read is told when it is needed.
    }
  }

  #whole(claim: Claim): TokenClaim {
    return { ...claim, consumerKey: this.#parts.consumerKey }
  }
}

/** For this log alone: a provider hears nothing, so its operator must find the reason here. */
const UNKNOWN_TOKEN =
  'There is no such token in the state directory of this consumer: it was made with another one, for another key, or is long over.'

/** Null: the INIT shows none. */
export function claimIn(initPayload: Uint8Array): Claim | null {
  const credential = helloOfInit(initPayload)?.credential
  return credential === undefined ? null : readClaim(credential)
}
