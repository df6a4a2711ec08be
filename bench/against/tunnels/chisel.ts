// chisel: one SSH connection within a WebSocket, always encrypted; the connections of clients are channels of it.

import { freePort } from '../../free-port.ts'
import { findProgram, notFound } from '../found-program.ts'
import type { Site } from '../site.ts'
import type { Family, Laid } from '../tunnel.ts'

export function chisel(): Family {
  const program = findProgram('chisel', '--version')
  if (program === null) return { tunnels: [], versions: [], left: [notFound('chisel')] }
  const lay = (site: Site): Promise<Laid> => layChisel(site, program.path)
  const tunnel = { name: 'chisel', whose: 'others', isEncrypted: true, isOnLinks: true, lay } as const
  return { tunnels: [tunnel], versions: [program.version], left: [] }
}

async function layChisel(site: Site, path: string): Promise<Laid> {
  const [port, requestsPort, transfersPort] = [await freePort(), await freePort(), await freePort()]
  const { outside, inside } = site.ground
  const listening = ['--reverse', '--host', outside.host, '--port', String(port)]
  const remotes = [remote(requestsPort, site.origins.requestsPort), remote(transfersPort, site.origins.transfersPort)]
  const dialling = [`http://${outside.host}:${port}`, ...remotes]
  site.start(outside, { name: 'chisel server', command: [path, 'server', ...listening] })
  site.start(inside, { name: 'chisel client', command: [path, 'client', ...dialling] })
  return { requestsPort, transfersPort }
}

function remote(from: number, to: number): string {
  return `R:127.0.0.1:${from}:127.0.0.1:${to}`
}
