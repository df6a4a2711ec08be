// The one place where the simulator meets the real endpoint: everything random or secret in it comes from the run's seed.

import type { EndpointSettings } from '../../src/protocol/api.ts'
import { Cubic, Endpoint } from '../../src/protocol/index.ts'
import type { Micros } from '../../src/protocol/units.ts'
import type { SimEndpoint } from './node.ts'
import type { NonceLedger } from './nonce-ledger.ts'
import { NullCrypto } from './null-crypto.ts'
import type { Prng } from './prng.ts'

export interface EndpointWish {
  readonly role: 'listener' | 'dialler'
  /** Which start of the process this is. */
  readonly boot: number
  readonly random: Prng
  /** Draws what survives a restart: a fresh fork of the same label every time. */
  readonly identity: Prng
  readonly ledger: NonceLedger
  readonly settings: EndpointSettings
  readonly now: Micros
}

export function makeEndpoint(wish: EndpointWish): SimEndpoint {
  const { role, boot, random, identity, ledger, settings, now } = wish
  const instanceId = new Uint8Array(16)
  identity.fill(instanceId)
  const bootId = new Uint8Array(8)
  new DataView(bootId.buffer).setUint32(4, boot)
  return new Endpoint(
    {
      random,
      crypto: new NullCrypto({ random, resetKey: identity.uint32(), ledger }),
      settings,
      acceptsSessions: role === 'listener',
      instanceId,
      bootId,
      newController: (maxDatagramBytes) => new Cubic(maxDatagramBytes),
    },
    now,
  )
}
