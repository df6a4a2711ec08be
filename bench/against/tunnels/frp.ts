// frp: one TCP connection, on which the connections of clients are streams (yamux); TLS unless it is told otherwise.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../free-port.ts'
import { type FoundProgram, findProgram, notFound } from '../found-program.ts'
import type { Site } from '../site.ts'
import type { Family, Laid, Tunnel } from '../tunnel.ts'

interface Variant {
  readonly name: string
  readonly protocol: 'tcp' | 'http'
  readonly hasTls: boolean
  /** frp's own encryption of a proxy: AES-128 in CFB mode, without a checksum. */
  readonly hasOwnEncryption: boolean
}

const VARIANTS: readonly Variant[] = [
  { name: 'frp', protocol: 'tcp', hasTls: true, hasOwnEncryption: false },
  { name: 'frp, useEncryption', protocol: 'tcp', hasTls: false, hasOwnEncryption: true },
  { name: 'frp in the clear', protocol: 'tcp', hasTls: false, hasOwnEncryption: false },
  { name: 'frp http', protocol: 'http', hasTls: true, hasOwnEncryption: false },
]

export function frp(): Family {
  const [frps, frpc] = [findProgram('frps', '--version'), findProgram('frpc', '--version')]
  if (frps === null || frpc === null) {
    return { tunnels: [], versions: [], left: [notFound(frps === null ? 'frps' : 'frpc')] }
  }
  return { tunnels: VARIANTS.map((variant) => tunnelOf(variant, frps, frpc)), versions: [frps.version], left: [] }
}

function tunnelOf(variant: Variant, frps: FoundProgram, frpc: FoundProgram): Tunnel {
  return {
    name: variant.name,
    whose: 'others',
    isEncrypted: variant.hasTls || variant.hasOwnEncryption,
    isOnLinks: variant.name === 'frp',
    lay: (site) => lay(variant, site, [frps.path, frpc.path]),
  }
}

async function lay(variant: Variant, site: Site, [frps, frpc]: readonly [string, string]): Promise<Laid> {
  const [bindPort, firstPort, secondPort] = [await freePort(), await freePort(), await freePort()]
  const isHttp = variant.protocol === 'http'
  // One port for all of HTTP: what a request is for is told by its path.
  const ports = { requestsPort: firstPort, transfersPort: isHttp ? firstPort : secondPort }
  const { outside, inside } = site.ground
  const serverFile = join(site.folder, 'frps.toml')
  writeFileSync(serverFile, serverToml(outside.host, bindPort, isHttp ? firstPort : null))
  const clientFile = join(site.folder, 'frpc.toml')
  const proxies = isHttp ? httpProxies(site) : tcpProxies(site, ports, variant.hasOwnEncryption)
  writeFileSync(clientFile, `${clientToml(outside.host, bindPort, variant.hasTls)}\n${proxies}`)
  site.start(outside, { name: 'frps', command: [frps, '-c', serverFile] })
  site.start(inside, { name: 'frpc', command: [frpc, '-c', clientFile] })
  return ports
}

function serverToml(host: string, port: number, httpPort: number | null): string {
  const http = httpPort === null ? '' : `vhostHTTPPort = ${httpPort}\n`
  return `bindAddr = "${host}"\nbindPort = ${port}\nproxyBindAddr = "127.0.0.1"\n${http}log.level = "warn"\n`
}

function clientToml(host: string, port: number, hasTls: boolean): string {
  return `serverAddr = "${host}"
serverPort = ${port}
loginFailExit = false
transport.tls.enable = ${hasTls}
log.level = "warn"
`
}

function tcpProxies({ origins }: Site, { requestsPort, transfersPort }: Laid, own: boolean): string {
  const proxy = (name: string, from: number, to: number): string =>
    `[[proxies]]\nname = "${name}"\ntype = "tcp"\nlocalPort = ${to}\nremotePort = ${from}\ntransport.useEncryption = ${own}\n`
  const requests = proxy('requests', requestsPort, origins.requestsPort)
  return requests + proxy('transfers', transfersPort, origins.transfersPort)
}

function httpProxies({ origins }: Site): string {
  const proxy = (name: string, to: number, paths: string): string =>
    `[[proxies]]\nname = "${name}"\ntype = "http"\nlocalPort = ${to}\ncustomDomains = ["bench", "127.0.0.1"]\nlocations = [${paths}]\n`
  return proxy('requests', origins.requestsPort, '"/"') + proxy('transfers', origins.transfersPort, '"/bytes", "/sink"')
}
