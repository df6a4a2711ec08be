// The ways of a pipe to its consumer, each with the carrier and the driver that it goes by.

import type { UdpSockets } from '../carriers/udp-socket.ts'
import type { Pipe, ProviderConfig, Rung } from '../config/read.ts'
import type { Log } from '../log.ts'
import { type Crypto, type Micros, SECOND } from '../protocol/index.ts'
import type { RungParts } from '../provider/rung.ts'
import { openRungCarrier } from './carriers.ts'
import { type LinkSettings, openDialler } from './link.ts'
import { proxyFor } from './proxy.ts'
import type { PipeTlsTexts } from './tls-files.ts'

/** With what it takes to become suspect and to dial, service is back over the next carrier within five seconds. */
const ASK_AFTER_QUIET: Micros = 1.5 * SECOND

export interface RungsOwner {
  readonly config: ProviderConfig
  readonly crypto: Crypto
  readonly instanceId: Uint8Array
  readonly log: Log
  /** For proxies. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly udp: UdpSockets
}

/** The best first. `texts`: what `<tls>` of the pipe stands for; null: it has none. */
export function openRungs(pipe: Pipe, texts: PipeTlsTexts | null, own: RungsOwner): Promise<readonly RungParts[]> {
  return Promise.all(pipe.rungs.map((rung) => openRung(rung, pipe, texts, own)))
}

async function openRung(rung: Rung, pipe: Pipe, texts: PipeTlsTexts | null, own: RungsOwner): Promise<RungParts> {
  const { hostname, port, url, isTls } = rung
  const tls = texts && { ...texts, servername: pipe.tls?.serverName ?? hostname }
  const proxy = url && proxyFor(url, own.environment)
  if (proxy !== null) own.log.info('throughProxy', { pipe: pipe.name, consumer: url, proxy: new URL(proxy).host })
  const carrier = await openRungCarrier(rung, { tls, proxy, udp: own.udp })
  const { config, crypto, instanceId, log } = own
  const { surviveSeconds, maxDatagramBytes, ceilingDatagramBytes, congestion } = config
  const link: LinkSettings = { surviveSeconds, maxDatagramBytes, ceilingDatagramBytes, congestion }
  const askAfterQuiet = pipe.rungs.length > 1 ? ASK_AFTER_QUIET : undefined
  const driver = openDialler({ ...link, carrier, crypto, instanceId, log, askAfterQuiet })
  const loopbackOnly = !pipe.insecure && pipe.keys === null && !isTls
  // A proxy knows names that this side may have no server for.
  const resolve = proxy === null ? undefined : async (name: string) => [name]
  return { driver, hostname, port, loopbackOnly, resolve }
}
