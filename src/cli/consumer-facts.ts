// What a token must know of its consumer, taken from consumer.xml.

import { dirname, resolve } from 'node:path'
import { type Listener, readConsumer } from '../config/read.ts'
import type { HostPort } from '../keys/host-port.ts'
import { readConfigFile } from './config-file.ts'

export interface ConsumerFacts {
  /** Null: it has no `<identity>`. */
  readonly identityPath: string | null
  /** Null: how providers reach the listener cannot be told from the configuration. */
  readonly address: HostPort | null
  /** UUIDs in lower case. */
  readonly services: readonly string[]
}

/** Throws an ExitError with the problems of the file. */
export function readConsumerFacts(configPath: string): ConsumerFacts {
  const { keys, listeners, services } = readConfigFile(configPath, readConsumer)
  return {
    identityPath: keys && resolve(dirname(configPath), keys.identityPath),
    address: addressOf(listeners),
    services: services.map(({ uuid }) => uuid),
  }
}

/** Who joins calls over UDP. By which name others reach this machine is written nowhere; that a listener is on loopback is. */
function addressOf(listeners: readonly Listener[]): HostPort | null {
  const [listener, ...others] = listeners.filter(({ carrier }) => carrier === 'udp')
  if (listener === undefined || others.length > 0 || listener.inaddrAny || listener.port === 0) return null
  return { host: '127.0.0.1', port: listener.port }
}
