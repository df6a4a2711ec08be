// The ways to the same origin that are compared: directly, over two TCP pipes, and through edgerq with each protocol and
// size of datagram.
// Each program is a process of its own, as in life.

import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { ChildProgram } from '../stresstest/rig/child-program.ts'
import type { Elements } from '../stresstest/rig/daemon-config.ts'
import { type DaemonOptions, startConsumer, startProvider } from '../stresstest/rig/daemons.ts'
import { builtProgram } from '../stresstest/rig/places.ts'
import { ReadyLine } from '../stresstest/rig/ready-line.ts'
import { startNginx } from './nginx.ts'
import type { BenchOptions } from './options.ts'

export interface BenchRoute {
  readonly name: string
  /** Where small requests are sent. */
  readonly requestsPort: number
  /** Where bodies are moved. */
  readonly transfersPort: number
  /** What is charged for memory and CPU time: all that stands between client and origin. */
  readonly programs: readonly ChildProgram[]
  /** What seals the packets of a tunnel, in the words of its consumer. */
  readonly sealedBy?: string
}

export const DIRECT = 'direct'
export const TWO_PIPES = 'two TCP pipes'

const PROTOCOLS = ['tcp', 'http'] as const
type Protocol = (typeof PROTOCOLS)[number]

const REQUESTS_UUID = '11111111-2222-3333-4444-555555555555'
const TRANSFERS_UUID = '22222222-3333-4444-5555-666666666666'

/** Where the web server of a route is; the same twice unless somebody else answers the small requests. */
export interface OriginPorts {
  readonly requestsPort: number
  readonly transfersPort: number
}

interface Origins extends OriginPorts {
  /** What answers the small requests. */
  readonly name: string
}

export interface TunnelOptions {
  readonly name: string
  readonly protocol: Protocol
  readonly maxDatagramBytes: number
  /** Where they are not the product's as they are. */
  readonly daemons?: Pick<DaemonOptions, 'programs' | 'environment'>
  /** Default: UDP. */
  readonly link?: TunnelLink
}

/** What packets travel over between the two daemons. */
export interface TunnelLink {
  /** As the ready line of a consumer calls it. */
  readonly kind: string
  /** Elements of the listener. */
  readonly listener: Elements
  /** Elements of the pipe that is dialled at `port`. */
  readonly pipe: (port: number) => Elements
  /** What stands before the listener, if anything does: where it is dialled, and its programs. */
  readonly through?: (port: number) => Promise<Pass>
}

export interface Pass {
  readonly port: number
  readonly programs: readonly ChildProgram[]
}

const OVER_UDP: TunnelLink = { kind: 'udp', listener: {}, pipe: () => ({}) }

/** What the route through edgerq is called. */
export function tunnelName(protocol: Protocol, maxDatagramBytes: number): string {
  return `edgerq ${protocol} ${maxDatagramBytes}`
}

/** Starts the routes that are asked for; everything that is written goes to `folder`. Resolves with the origin's name, too. */
export async function layRoutes(
  folder: string,
  { ways, maxDatagramBytes }: BenchOptions,
): Promise<[origin: string, routes: BenchRoute[]]> {
  const origins = await startOrigins(folder)
  const routes: BenchRoute[] = []
  if (ways.has('direct')) routes.push({ ...origins, name: DIRECT, programs: [] })
  if (ways.has('pipes')) routes.push(await layPipes(origins))
  for (const bytes of maxDatagramBytes) {
    for (const protocol of PROTOCOLS) {
      const options = { name: tunnelName(protocol, bytes), protocol, maxDatagramBytes: bytes }
      if (ways.has(protocol)) routes.push(await layTunnel(folder, origins, options))
    }
  }
  return [origins.name, routes]
}

export async function startOrigins(folder: string): Promise<Origins> {
  const { port } = await startPeerProgram('origin', builtProgram('bench/origin'))
  const nginxPort = await startNginx(folder)
  if (nginxPort === null) return { requestsPort: port, transfersPort: port, name: 'bench/origin.ts' }
  return { requestsPort: nginxPort, transfersPort: port, name: 'nginx (transfers: bench/origin.ts)' }
}

export async function layPipes(origins: OriginPorts): Promise<BenchRoute> {
  const programs: ChildProgram[] = []
  const layTwo = async (to: number): Promise<number> => {
    const inner = await startPeerProgram('inner pipe', builtProgram('bench/tcp-pipe', '--to', String(to)))
    const outer = await startPeerProgram('outer pipe', builtProgram('bench/tcp-pipe', '--to', String(inner.port)))
    programs.push(outer.program, inner.program)
    return outer.port
  }
  const requestsPort = await layTwo(origins.requestsPort)
  const isOneOrigin = origins.transfersPort === origins.requestsPort
  const transfersPort = isOneOrigin ? requestsPort : await layTwo(origins.transfersPort)
  return { name: TWO_PIPES, requestsPort, transfersPort, programs }
}

export async function layTunnel(folder: string, origins: OriginPorts, options: TunnelOptions): Promise<BenchRoute> {
  const { name, protocol, maxDatagramBytes, link = OVER_UDP } = options
  const own = mkdtempSync(join(folder, 'tunnel-'))
  const root = { max_datagram: maxDatagramBytes }
  const uuids = [REQUESTS_UUID, TRANSFERS_UUID]
  const services = uuids.map((uuid) => ({ uuid, protocol, max_connections: 1000 }))
  const consumer = await startConsumer(
    { ...options.daemons, name: 'consumer', folder: own },
    { root, listeners: [link.listener], services },
  )
  const targets = [origins.requestsPort, origins.transfersPort].map((port, index) => {
    return { uuid: uuids[index], protocol, port }
  })
  const listener = consumer.ready.port(link.kind)
  const { port, programs: between } = (await link.through?.(listener)) ?? { port: listener, programs: [] }
  const pipe = { port, elements: link.pipe(port), services: targets }
  const provider = await startProvider({ ...options.daemons, name: 'provider', folder: own }, { root, pipes: [pipe] })
  const [requestsPort, transfersPort] = uuids.map((uuid) => consumer.ready.port(uuid)) as [number, number]
  const programs = [consumer.program, ...between, provider.program]
  return { name, requestsPort, transfersPort, programs, sealedBy: await sealerOf(consumer.program) }
}

async function sealerOf(daemon: ChildProgram): Promise<string> {
  const [line] = await daemon.line(/^.*"event":"sealing".*$/)
  return (JSON.parse(line) as { by: string }).by
}

async function startPeerProgram(
  name: string,
  command: readonly string[],
): Promise<{ readonly program: ChildProgram; readonly port: number }> {
  const program = new ChildProgram({ name, command })
  const match = await program.line(/ ready .*$/)
  return { program, port: new ReadyLine(match[0]).port('tcp') }
}
