// The one place where the simulator meets the real endpoint: everything random or secret in it comes from the run's seed.

import type { EndpointSettings } from '../../src/protocol/api.ts'
import { Bbr, type CongestionController, Cubic, Endpoint } from '../../src/protocol/index.ts'
import type { Micros } from '../../src/protocol/units.ts'
import type { SimEndpoint } from './node.ts'
import type { NonceLedger } from './nonce-ledger.ts'
import { NullCrypto } from './null-crypto.ts'
import type { Prng } from './prng.ts'

export type CongestionName = 'bbr' | 'cubic'

export interface EndpointWish {
  readonly role: 'listener' | 'dialler'
  /** Which start of the process this is. */
  readonly boot: number
  readonly random: Prng
  /** Draws what survives a restart: a fresh fork of the same label every time. */
  readonly identity: Prng
  readonly ledger: NonceLedger
  readonly settings: EndpointSettings
  readonly congestion: CongestionName
  readonly now: Micros
}

export function makeEndpoint(wish: EndpointWish): SimEndpoint {
  const { role, boot, random, identity, ledger, settings, congestion, now } = wish
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
      newController: CONTROLLERS[congestion](random),
    },
    now,
  )
}

const CONTROLLERS: Readonly<
  Record<CongestionName, (random: Prng) => (maxDatagramBytes: number) => CongestionController>
> = {
  bbr: (random) => {
    const own = random.fork('bbr')
    return (maxDatagramBytes) => new Bbr(maxDatagramBytes, own)
  },
  cubic: () => (maxDatagramBytes) => new Cubic(maxDatagramBytes),
}
