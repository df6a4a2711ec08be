// What a carrier says when the world fails it, in words for the person who must mend it.

/** A socket that could not be opened or broke. The message names the address, the cause and what to do. */
export class CarrierError extends Error {
  /** The system's name for it (`EADDRINUSE`, …), for programs; people read the message. */
  readonly code: string

  constructor(message: string, cause: NodeJS.ErrnoException) {
    super(message, { cause })
    this.name = 'CarrierError'
    this.code = cause.code ?? 'UNKNOWN'
  }
}
