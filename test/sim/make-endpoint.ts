// The one place where the simulator meets the real endpoint: everything random or secret in it comes from the run's seed.

import type { EndpointSettings } from '../../src/protocol/api.ts'
import { Bbr, type CongestionController, Cubic, Endpoint, LineKind } from '../../src/protocol/index.ts'
import { silentTrace } from '../../src/protocol/ports.ts'
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
  /** Told when full datagrams of a session get another size. */
  readonly onResized: (bytes: number) => void
}

/** The links of the simulator drop what is too large for them. */
const LINE = { kind: LineKind.udp, forbidsFragments: true, bindingOf: () => new Uint8Array(0) } as const

export function makeEndpoint(wish: EndpointWish): SimEndpoint {
  const { role, boot, random, identity, ledger, settings, congestion, now, onResized } = wish
  const instanceId = new Uint8Array(16)
  identity.fill(instanceId)
  const bootId = new Uint8Array(8)
  new DataView(bootId.buffer).setUint32(4, boot)
  return new Endpoint(
    {
      random,
      crypto: new NullCrypto({ random, resetKey: identity.uint32(), ledger }),
      line: LINE,
      trace: { ...silentTrace, datagramsResized: (_session, bytes) => onResized(bytes) },
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
