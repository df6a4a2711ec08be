// What a stream of bytes to one peer looks like to those who put records on it, be it TCP, TLS or WebSocket.

import type { Channel } from './carrier.ts'
import type { CarrierError } from './carrier-error.ts'

export interface Connection {
  readonly host: string
  readonly port: number
  readonly channel: Channel
  /** True: what is told at once is a message, and holds whole records. */
  readonly hasMessages: boolean
  /** Bytes that were written and not yet taken by the system. */
  readonly queuedBytes: number
  /** Told of what arrives, which is borrowed until the call returns. Set by whoever is handed the connection, at once. */
  onBytes: (bytes: Uint8Array) => void
  /** Told once, when it has ended, whoever ended it. */
  onGone: (cause: CarrierError) => void
  /** `bytes` are the connection's until `onTaken`, which is called in any case, also when the connection breaks. */
  write(bytes: Buffer, onTaken: () => void): void
  /** Ends it once all that was written has left. */
  end(): void
  destroy(): void
}
