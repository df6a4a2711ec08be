// What a listener's sessions have in common, for tests that have no listener.

import type { ConsumerService } from '../../src/config/read.ts'
import type { Directory } from '../../src/consumer/directory.ts'
import type { ProviderHost, ProviderSession } from '../../src/consumer/provider-session.ts'
import type { Log } from '../../src/log.ts'

export function providerHost(
  directory: Directory<ProviderSession>,
  log: Log,
  services: ReadonlyMap<string, ConsumerService> = new Map(),
): ProviderHost {
  return {
    services,
    directory,
    software: 'test',
    log,
    addressOf: () => 'memory',
    forgetsPaths: false,
    onProvidersChanged() {},
  }
}
