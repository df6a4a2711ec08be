// What a link costs that does not run over UDP: one body over each carrier, beside two plain TCP pipes and beside a pair of stunnels that has
// no tunnel in it. `npm run bench -- --only carriers`

import { missingForStunnel, type StunnelOwner, StunnelSite } from '../stresstest/rig/stunnel.ts'
import type { Bar, Base } from './bars.ts'
import { speed } from './figures.ts'
import { measureTransfers } from './measure.ts'
import type { BenchOptions } from './options.ts'
import { printBench } from './report.ts'
import {
  type BenchRoute,
  layPipes,
  layTunnel,
  type OriginPorts,
  type Pass,
  startOrigins,
  type TunnelLink,
} from './routes.ts'
import { Samples } from './samples.ts'

const STUNNELS = 'a pair of stunnels'
const OVER_TCP = 'edgerq over TCP'
const OVER_STUNNELS = 'edgerq over the stunnels'

const TWO_PIPES: Base = { route: 'two TCP pipes', title: '÷ two pipes' }
const TWO_STUNNELS: Base = { route: STUNNELS, title: '÷ stunnels' }

/** What stunnel seals is sealed already, so half of its speed may be lost. */
const BARS: readonly Bar[] = [
  { figure: speed.download, route: OVER_TCP, dividedBy: TWO_PIPES, bound: '≥', limit: 0.4 },
  { figure: speed.download, route: OVER_STUNNELS, dividedBy: TWO_STUNNELS, bound: '≥', limit: 0.5 },
]

/** Bodies that go each way before anything counts: over a connection the daemons grow faster for half a gigabyte, and pipes and stunnels do not. */
const WARM_UP_BODIES = 2

/** Everything that is written goes to `folder`. */
export async function benchCarriers(folder: string, options: BenchOptions): Promise<void> {
  const routes = await layAll(folder)
  const samples = new Samples()
  const unheard = new Samples()
  for (const route of routes) {
    console.error(`warming up: ${route.name}`)
    for (let body = 0; body < WARM_UP_BODIES; body++) await measureTransfers(route, options.transferBytes, unheard)
  }
  for (let round = 0; round < options.rounds; round++) {
    for (const route of routes) {
      console.error(`round ${round + 1} of ${options.rounds}: ${route.name}`)
      await measureTransfers(route, options.transferBytes, samples)
    }
  }
  const title = `Bodies of ${options.transferBytes / 2 ** 20} MiB by tcp services over loopback, in turn`
  printBench({ name: 'carriers', title, options, samples, bases: [TWO_PIPES, TWO_STUNNELS], bars: BARS })
}

async function layAll(folder: string): Promise<BenchRoute[]> {
  const { transfersPort } = await startOrigins(folder)
  const origins = { requestsPort: transfersPort, transfersPort }
  const tunnel = (name: string, link: TunnelLink) =>
    layTunnel(folder, origins, { name, protocol: 'tcp', maxDatagramBytes: 16_000, link })
  const routes = [await layPipes(origins), await tunnel(OVER_TCP, overTcp)]
  const missing = missingForStunnel()
  if (missing.length > 0) {
    console.error(`without ${missing.join(' and ')}: neither TLS nor stunnel was measured`)
    return [...routes, await tunnel('edgerq over WebSocket', overWebSocket)]
  }
  const stunnels = new StunnelSite(ownerOf(folder))
  stunnels.makeFiles()
  return [
    ...routes,
    await layStunnels(stunnels, origins),
    await tunnel(OVER_STUNNELS, { ...overTcp, through: (port) => passThrough(stunnels, port) }),
    await tunnel('edgerq over TLS', overTls(stunnels)),
    await tunnel('edgerq over WebSocket', overWebSocket),
  ]
}

const overTcp: TunnelLink = { kind: 'tcp', listener: { carrier: 'tcp' }, pipe: () => ({ carrier: 'tcp' }) }

const overWebSocket: TunnelLink = {
  kind: 'websocket',
  listener: { carrier: 'websocket' },
  pipe: (port) => ({ carrier: { '@url': `ws://127.0.0.1:${port}/edgerq`, '#': 'websocket' } }),
}

/** With the certificates of the stunnels. */
function overTls(stunnels: StunnelSite): TunnelLink {
  const tls = (side: string) => ({
    certificate: stunnels.path(`${side}.pem`),
    private_key: stunnels.path(`${side}.key`),
    ca: stunnels.path('ca.pem'),
  })
  return {
    kind: 'tls',
    listener: { carrier: 'tcp', tls: tls('consumer') },
    pipe: () => ({ carrier: 'tcp', tls: { ...tls('provider'), name: 'server.example.org' } }),
  }
}

/** What a client meets who asks the origin through two stunnels and nothing else. */
async function layStunnels(stunnels: StunnelSite, { transfersPort }: OriginPorts): Promise<BenchRoute> {
  const { port, programs } = await passThrough(stunnels, transfersPort)
  return { name: STUNNELS, requestsPort: port, transfersPort: port, programs }
}

/** By the samples with certificates at both ends. */
async function passThrough(stunnels: StunnelSite, to: number): Promise<Pass> {
  const inner = await stunnels.start('consumer-mutual', { connect: to })
  const outer = await stunnels.start('provider-mutual', { connect: inner.port })
  return { port: outer.port, programs: [outer.program, inner.program] }
}

/** Its programs end with this process, as all others of the bench do. */
function ownerOf(folder: string): StunnelOwner {
  return { folder, own: (program) => program }
}
