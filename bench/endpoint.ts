// Endpoints of the core without sockets, for measurements in one process.

import { type Crypto, Cubic, DEFAULT_SETTINGS, Endpoint, type EndpointSettings } from '../src/protocol/index.ts'
import { systemRandom } from '../src/runtime/system.ts'

export type Role = 'dialler' | 'listener'

/** An instance of its own each time. */
export function newEndpoint(role: Role, crypto: Crypto, settings: Partial<EndpointSettings> = {}): Endpoint {
  const instanceId = new Uint8Array(16)
  systemRandom.fill(instanceId)
  return new Endpoint(
    {
      random: systemRandom,
      crypto,
      settings: { ...DEFAULT_SETTINGS, ...settings },
      acceptsSessions: role === 'listener',
      instanceId,
      bootId: new Uint8Array(8),
      newController: (bytes) => new Cubic(bytes),
    },
    0,
  )
}
