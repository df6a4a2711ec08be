// Who may do what: asked when a provider connects, registers a service or opens a stream, and again when the file has changed.

import { canonicalUuid } from './authorized-options.ts'
import type { AuthorizedProvider } from './authorized-providers.ts'
import { isInOneOf } from './network.ts'

export interface Refusal {
  readonly code: 'unknownKey' | 'revoked' | 'expired' | 'wrongAddress' | 'tooManySessions'
  /** For logs and for the provider; says nothing that the holder of the key may not know. */
  readonly sentence: string
}

/** What is asked about. */
export interface Attempt {
  /** Of the peer, without a port. */
  readonly address: string
  /** Unix time in ms: expiry is a matter of the calendar. */
  readonly nowMs: number
}

/**
 * Is the first message of this key to be answered? Null: yes. Anybody can send it again from anywhere, so where it comes from and how
 * many sessions there are is asked when its sender has shown to be there; whose time is over is told so then.
 */
export function answerRefusal(provider: AuthorizedProvider | undefined): Refusal | null {
  if (provider === undefined) return UNKNOWN_KEY
  return provider.isRevoked ? REVOKED : null
}

/**
 * May this key have a session more, when other providers have `sessions` of it? Null: yes. `provider` undefined: the key is not in the file.
 */
export function connectRefusal(
  provider: AuthorizedProvider | undefined,
  attempt: Attempt & { readonly sessions: number },
): Refusal | null {
  const refusal = stayRefusal(provider, attempt)
  if (refusal !== null || attempt.sessions < provider!.maxSessions) return refusal
  return {
    code: 'tooManySessions',
    sentence: `The consumer allows this key no more than ${counted(provider!)} at once.`,
  }
}

/** May a session that this key has go on? Null: yes. To be asked anew when the file has changed, and at `expiresAtMs`. */
export function stayRefusal(provider: AuthorizedProvider | undefined, attempt: Attempt): Refusal | null {
  if (provider === undefined || provider.isRevoked) return answerRefusal(provider)
  if (attempt.nowMs >= provider.expiresAtMs) return expired(provider)
  const isFromThere = provider.from === null || isInOneOf(provider.from, attempt.address)
  return isFromThere ? null : WRONG_ADDRESS
}

/** Is the service one that this key is listed for? `uuid` may be written in either case. Whether the key is good is asked elsewhere. */
export function mayServe(provider: AuthorizedProvider | undefined, uuid: string): boolean {
  const canonical = canonicalUuid(uuid)
  return provider !== undefined && !provider.isRevoked && canonical !== null && provider.services.has(canonical)
}

const UNKNOWN_KEY: Refusal = {
  code: 'unknownKey',
  sentence: "The consumer does not know this key: its line is missing from the consumer's authorized providers.",
}
const REVOKED: Refusal = { code: 'revoked', sentence: 'The consumer has revoked this key.' }
const WRONG_ADDRESS: Refusal = {
  code: 'wrongAddress',
  sentence: 'The consumer does not take this key from this address.',
}

function expired({ expiresAtMs }: AuthorizedProvider): Refusal {
  const minute = new Date(expiresAtMs).toISOString().slice(0, 16)
  return { code: 'expired', sentence: `The consumer takes this key no more: it expired at ${minute} UTC.` }
}

function counted({ maxSessions }: AuthorizedProvider): string {
  return maxSessions === 1 ? 'one session' : `${maxSessions} sessions`
}
