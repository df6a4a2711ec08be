// wstunnel: for each connection of a client a WebSocket, over TCP in the clear or over TLS with a certificate that it brings; or a stream of
// WebTransport, over QUIC.

import { freePort } from '../../free-port.ts'
import { findProgram, notFound } from '../found-program.ts'
import type { Site } from '../site.ts'
import type { Family, Laid, Tunnel } from '../tunnel.ts'

const SCHEMES = ['ws', 'wss', 'wts'] as const
type Scheme = (typeof SCHEMES)[number]

export function wstunnel(): Family {
  const program = findProgram('wstunnel', '--version')
  if (program === null) return { tunnels: [], versions: [], left: [notFound('wstunnel')] }
  const tunnels = SCHEMES.map((scheme) => tunnelOf(scheme, program.path))
  return { tunnels, versions: [program.version], left: [] }
}

function tunnelOf(scheme: Scheme, path: string): Tunnel {
  return {
    name: `wstunnel ${scheme}`,
    whose: 'others',
    isEncrypted: scheme !== 'ws',
    isOnLinks: scheme !== 'ws',
    // That of its QUIC library (quinn), of which nothing else can be chosen.
    ...(scheme === 'wts' ? { controllers: ['cubic'] } : {}),
    lay: (site) => lay(scheme, site, path),
  }
}

async function lay(scheme: Scheme, site: Site, path: string): Promise<Laid> {
  const [port, requestsPort, transfersPort] = [await freePort(), await freePort(), await freePort()]
  const { outside, inside } = site.ground
  const address = `${scheme}://${outside.host}:${port}`
  const quiet = ['--log-lvl', 'WARN']
  const remotes = [remote(requestsPort, site.origins.requestsPort), remote(transfersPort, site.origins.transfersPort)]
  site.start(outside, { name: 'wstunnel server', command: [path, ...quiet, 'server', address] })
  site.start(inside, {
    name: 'wstunnel client',
    command: [path, ...quiet, 'client', ...remotes.flatMap((each) => ['-R', each]), address],
  })
  return { requestsPort, transfersPort }
}

function remote(from: number, to: number): string {
  return `tcp://127.0.0.1:${from}:127.0.0.1:${to}`
}
