// rathole: a TCP connection of its own for each connection of a client, in the clear, under Noise (NK, ChaCha20-Poly1305) or under TLS.

import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../free-port.ts'
import { type FoundProgram, findProgram, notFound } from '../found-program.ts'
import { makeIdentity, missingForIdentity } from '../identity.ts'
import type { Site } from '../site.ts'
import type { Family, Laid, Tunnel } from '../tunnel.ts'

type Transport = 'clear' | 'noise' | 'tls'

const NAMES: Readonly<Record<Transport, string>> = {
  clear: 'rathole in the clear',
  noise: 'rathole Noise',
  tls: 'rathole TLS',
}

/** What stands under `transport` in the files of the two ends. */
interface TransportToml {
  readonly server: string
  readonly client: string
}

export function rathole(): Family {
  const program = findProgram('rathole', '--version')
  if (program === null) return { tunnels: [], versions: [], left: [notFound('rathole')] }
  const missing = missingForIdentity()
  const transports: readonly Transport[] = missing === null ? ['clear', 'noise', 'tls'] : ['clear', 'noise']
  return {
    tunnels: transports.map((transport) => tunnelOf(transport, program)),
    versions: [program.version],
    left: missing === null ? [] : [`rathole TLS: ${missing}`],
  }
}

function tunnelOf(transport: Transport, { path }: FoundProgram): Tunnel {
  return {
    name: NAMES[transport],
    whose: 'others',
    isEncrypted: transport !== 'clear',
    isOnLinks: transport === 'noise',
    lay: (site) => lay(transport, site, path),
  }
}

async function lay(transport: Transport, site: Site, path: string): Promise<Laid> {
  const [port, requestsPort, transfersPort] = [await freePort(), await freePort(), await freePort()]
  const { outside, inside } = site.ground
  const address = `${outside.host}:${port}`
  const toml = transportToml(transport, site.folder)
  const serverFile = join(site.folder, 'server.toml')
  const services = { requests: requestsPort, transfers: transfersPort }
  writeFileSync(serverFile, `[server]\nbind_addr = "${address}"\n${toml.server}${servicesToml('server', services)}`)
  const clientFile = join(site.folder, 'client.toml')
  const targets = { requests: site.origins.requestsPort, transfers: site.origins.transfersPort }
  writeFileSync(clientFile, `[client]\nremote_addr = "${address}"\n${toml.client}${servicesToml('client', targets)}`)
  const environment = { RUST_LOG: 'warn' }
  site.start(outside, { name: 'rathole server', command: [path, '--server', serverFile], environment })
  site.start(inside, { name: 'rathole client', command: [path, '--client', clientFile], environment })
  return { requestsPort, transfersPort }
}

function servicesToml(end: 'server' | 'client', ports: Readonly<Record<string, number>>): string {
  const key = end === 'server' ? 'bind_addr' : 'local_addr'
  const services = Object.entries(ports).map(
    ([name, port]) => `[${end}.services.${name}]\ntoken = "bench"\n${key} = "127.0.0.1:${port}"\n`,
  )
  return services.join('')
}

function transportToml(transport: Transport, folder: string): TransportToml {
  if (transport === 'clear') return { server: '', client: '' }
  return transport === 'noise' ? noiseToml() : tlsToml(folder)
}

function noiseToml(): TransportToml {
  const { d, x } = generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' })
  const section = (end: string, key: string, value = ''): string => {
    const base64 = Buffer.from(value, 'base64url').toString('base64')
    return `[${end}.transport]\ntype = "noise"\n[${end}.transport.noise]\n${key} = "${base64}"\n`
  }
  return { server: section('server', 'local_private_key', d), client: section('client', 'remote_public_key', x) }
}

function tlsToml(folder: string): TransportToml {
  const { certificateFile, pkcs12File, password, name } = makeIdentity(folder)
  const section = (end: string, lines: string): string =>
    `[${end}.transport]\ntype = "tls"\n[${end}.transport.tls]\n${lines}\n`
  return {
    server: section('server', `pkcs12 = "${pkcs12File}"\npkcs12_password = "${password}"`),
    client: section('client', `trusted_root = "${certificateFile}"\nhostname = "${name}"`),
  }
}
