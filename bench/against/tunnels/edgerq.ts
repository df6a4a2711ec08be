// edgerq as it is, always sealed: over loopback with datagrams as it finds them and with ones that are capped, on links with each of its
// controllers.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sealingNamed } from '../../../src/runtime/sealing.ts'
import { type ConsumerConfig, consumerXml, type Elements, providerXml } from '../../../stresstest/rig/daemon-config.ts'
import { launch } from '../../../stresstest/rig/daemons.ts'
import { builtProgram } from '../../../stresstest/rig/places.ts'
import { ReadyLine } from '../../../stresstest/rig/ready-line.ts'
import { chained } from '../chain.ts'
import type { Site } from '../site.ts'
import type { Controller, Family, Laid, Tunnel } from '../tunnel.ts'

/** What the bars are about. */
export const EDGERQ = { tcp: 'edgerq tcp', http: 'edgerq http' } as const
export const CAPPED_BYTES = 1400
/** What a configuration that says nothing gets; on links the others are compared with it. */
export const DEFAULT_CONTROLLER: Controller = 'bbr'

interface Variant {
  readonly name: string
  readonly protocol: 'tcp' | 'http'
  readonly isOnLinks: boolean
  /** Elements at the root of both files. */
  readonly root?: Elements
  readonly environment?: Readonly<Record<string, string>>
}

const VARIANTS: readonly Variant[] = [
  { name: EDGERQ.tcp, protocol: 'tcp', isOnLinks: true },
  { name: EDGERQ.http, protocol: 'http', isOnLinks: false },
]

const SEALERS = ['node:crypto', 'sodium-native'] as const
type Sealer = (typeof SEALERS)[number]

const UUIDS = { requests: '11111111-2222-3333-4444-555555555555', transfers: '22222222-3333-4444-5555-666666666666' }

export async function edgerq(): Promise<Family> {
  const controllers = controllersTaken()
  const sealers = await sealersHere()
  const tunnels = [...VARIANTS, ...sealers.map(capped)].map((variant) => tunnelOf(variant, controllers))
  const [tcp] = tunnels as [Tunnel, ...Tunnel[]]
  return {
    tunnels: [...tunnels, { ...chained(tcp, 2), isOnLinks: false }, chained(tcp, 3)],
    versions: [],
    left: [
      ...(controllers.includes('bbr') ? [] : ['edgerq on BBR, which it refuses: `<congestion>bbr</congestion>`']),
      ...SEALERS.filter((name) => !sealers.includes(name)).map((name) => `${name} cannot be loaded`),
    ],
  }
}

/** What a tunnel with datagrams of `CAPPED_BYTES` is called. */
export function cappedName(sealer: Sealer): string {
  return `edgerq tcp ${CAPPED_BYTES} B, ${sealer}`
}

function capped(sealer: Sealer): Variant {
  return {
    name: cappedName(sealer),
    protocol: 'tcp',
    isOnLinks: false,
    root: { max_datagram: CAPPED_BYTES },
    environment: { EDGERQ_SEALING: sealer },
  }
}

async function sealersHere(): Promise<readonly Sealer[]> {
  const found = await Promise.all(SEALERS.map(sealingNamed))
  return SEALERS.filter((_, index) => found[index] !== null)
}

/** As its own check of a file says. */
function controllersTaken(): readonly Controller[] {
  const folder = mkdtempSync(join(tmpdir(), 'edgerq-bench-check-'))
  try {
    return (['cubic', 'bbr'] as const).filter((congestion) => {
      const file = join(folder, `${congestion}.xml`)
      writeFileSync(file, consumerXml({ root: { congestion }, services: [{ uuid: UUIDS.requests }] }))
      const [program, ...args] = builtProgram('src/cli/edgerq-sc', file, '--check')
      return spawnSync(program!, args).status === 0
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function tunnelOf(variant: Variant, controllers: readonly Controller[]): Tunnel {
  const { name, isOnLinks } = variant
  return { name, whose: 'ours', isEncrypted: true, isOnLinks, controllers, lay: (site) => lay(variant, site) }
}

async function lay(variant: Variant, site: Site): Promise<Laid> {
  const congestion = site.controller === null ? {} : { congestion: site.controller }
  const root = { ...congestion, ...variant.root }
  const consumer = await consumerAt(site, variant, { root, services: servicesOf(variant) })
  provideAt(site, variant, { root, port: consumer.port('udp') })
  return { requestsPort: consumer.port(UUIDS.requests), transfersPort: consumer.port(UUIDS.transfers) }
}

function servicesOf({ protocol }: Variant): ConsumerConfig['services'] {
  return Object.values(UUIDS).map((uuid) => ({ uuid, protocol, max_connections: 1000 }))
}

/** Without keys, which cost only handshakes: packets are sealed alike. */
async function consumerAt(site: Site, { environment }: Variant, config: ConsumerConfig): Promise<ReadyLine> {
  const { outside } = site.ground
  const isHere = outside.host === '127.0.0.1'
  const open = isHere ? {} : { root: { insecure: 'yes', ...config.root }, listeners: [{ inaddr_any: 'yes' }] }
  const options = { name: 'consumer', folder: site.folder, entry: outside.entry, environment: environment ?? {} }
  const program = site.own(launch('edgerq-sc', options, consumerXml({ ...config, ...open })))
  const [line] = await program.line(/^edgerq-sc ready .*$/)
  return new ReadyLine(line)
}

function provideAt(
  site: Site,
  variant: Variant,
  { root, port }: { readonly root: Elements; readonly port: number },
): void {
  const { outside, inside } = site.ground
  const { protocol, environment = {} } = variant
  const ports = { requests: site.origins.requestsPort, transfers: site.origins.transfersPort }
  const services = (['requests', 'transfers'] as const).map((name) => ({
    uuid: UUIDS[name],
    protocol,
    port: ports[name],
  }))
  const elements = { hostname: outside.host, insecure: 'yes' }
  const options = { name: 'provider', folder: site.folder, entry: inside.entry, environment }
  site.own(launch('edgerq-sp', options, providerXml({ root, pipes: [{ port, elements, services }] })))
}
