// Who may connect and what they may serve. Without keys everybody may do everything; keyed-admission.ts asks the file of the operator.

import type { Refusal } from '../keys/authority.ts'
import type { RefusalCode, SessionHandle } from '../protocol/index.ts'
import { type Authorise, welcomeEverybody } from '../runtime/noise-crypto.ts'

/** Why a session may not begin. */
export interface EntryRefusal {
  readonly code: string
  /** For logs and for the provider. */
  readonly sentence: string
  /** The id of the token that it showed and that will never let it in. */
  readonly token?: string | undefined
}

/** Why a service is not taken from a peer. */
export interface ServiceRefusal {
  readonly code: RefusalCode
  /** For logs and for the provider; what to change as well. */
  readonly sentence: string
}

/** What one peer is allowed, as of the moment in which it is asked. */
export interface Permit {
  /** The fingerprint of the peer's key, for logs; undefined: it showed none that says anything. */
  readonly key: string | undefined
  /** The names of the peer's certificate, for logs; undefined: it was asked for none. */
  readonly certificate?: string | undefined
  /** Streams that we may have open at this peer at once. */
  readonly mostStreams: number
  /** Its session has opened: may it begin? Null: yes, and it counts until `leave`. */
  enter(): EntryRefusal | null
  /** True: what is asked below has the answers that it had when all of it was asked last. */
  isAsBefore(): boolean
  /** May the session go on? Null: yes. */
  stayRefusal(): Refusal | null
  /** May it serve this? Null: yes, for now; asked for every stream. */
  serviceRefusal(uuid: string): ServiceRefusal | null
  /** The session is gone. Harmless if it was never let in. */
  leave(): void
}

export interface Admission {
  /** Asked by the handshake, before anything is answered. */
  readonly authorise: Authorise
  /** Set by the consumer: what peers are allowed may have changed, and those who are here are to be asked about anew. */
  onChange: () => void
  /** `address`: where the peer is now, without its port. */
  permitOf(session: SessionHandle, address: () => string): Permit
  /** Reads anew what the decisions come from; without it they come from nothing that can change. */
  reload?(): void
  close(): void
}

const ANYBODY: Permit = {
  key: undefined,
  mostStreams: Number.POSITIVE_INFINITY,
  enter: () => null,
  isAsBefore: () => true,
  stayRefusal: () => null,
  serviceRefusal: () => null,
  leave() {},
}

/** For a consumer that has no keys. */
export const admitEverybody: Admission = {
  authorise: welcomeEverybody,
  onChange() {},
  permitOf: () => ANYBODY,
  close() {},
}
