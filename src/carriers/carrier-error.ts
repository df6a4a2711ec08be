// What a carrier says when the world fails it, in words for the person who must mend it.

/** Names of what has no name in the system: a connection that ended by one side's rules rather than by an error. */
export type OwnCode =
  | 'PEER_CLOSED'
  | 'BROKEN_RECORD'
  | 'SLOW_RECORD'
  | 'NO_SESSION'
  | 'TOO_MANY'
  | 'NO_ANSWER'
  | 'REFUSED_UPGRADE'
  | 'CLOSED'

/** A socket that could not be opened or broke. The message names the address, the cause and what to do. */
export class CarrierError extends Error {
  /** The system's name for it (`EADDRINUSE`, …) or ours, for programs; people read the message. */
  readonly code: string

  constructor(message: string, cause: NodeJS.ErrnoException | OwnCode) {
    super(message, { cause })
    this.name = 'CarrierError'
    this.code = typeof cause === 'string' ? cause : (cause.code ?? 'UNKNOWN')
  }
}
