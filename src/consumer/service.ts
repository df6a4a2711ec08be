// What every kind of service is to the consumer.

import type { ConsumerService } from '../config/read.ts'
import type { Log } from '../log.ts'
import type { Watchdog } from '../runtime/watchdog.ts'
import type { Directory } from './directory.ts'
import type { ProviderSession } from './provider-session.ts'

export interface ServiceParts {
  readonly service: ConsumerService
  readonly directory: Directory<ProviderSession>
  readonly watchdog: Watchdog
  readonly log: Log
  /** Eight bytes that name this consumer in the hop list of a stream. */
  readonly hopId: Uint8Array
}

export interface Service {
  readonly service: ConsumerService
  /** `host:port` of the first socket. */
  readonly address: string
  /** Rejects with a `ListenError`. */
  listen(): Promise<void>
  /** A provider has come, or has room again: those who wait are placed in the order in which they came. */
  onProvidersChanged(): void
  /** Nothing was heard of the provider for a while, and something is outstanding. */
  onProviderSuspect(provider: ProviderSession): void
  /** Takes no new clients; resolves when the last of those that are here has gone. */
  drain(): Promise<void>
  /** Ends every client at once, with a reset. */
  cut(): void
}
