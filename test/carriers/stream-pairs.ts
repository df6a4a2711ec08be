// Pairs of carriers on streams, with certificates for those that need some.

import { once } from 'node:events'
import net from 'node:net'
import tls from 'node:tls'
import { WebSocket } from 'ws'
import type { Reach } from '../../src/carriers/carrier.ts'
import type { StreamCarrier } from '../../src/carriers/stream-carrier.ts'
import { openTcpCarrier } from '../../src/carriers/tcp.ts'
import { openTlsCarrier } from '../../src/carriers/tls.ts'
import type { DialTls, ListenTls } from '../../src/carriers/tls-settings.ts'
import { openWebSocketCarrier } from '../../src/carriers/websocket.ts'
import type { CarrierPair } from '../contracts/carrier.ts'
import { Authority, hasOpenssl, type Identity } from '../provider/certificates.ts'

export const HOST = 'consumer.test'

/** Made once for all tests of a run: each certificate costs a process of openssl. Null: it is not installed. */
export const certificates = hasOpenssl() ? makeCertificates() : null

function makeCertificates() {
  const [authority, stranger] = [new Authority(), new Authority()]
  return {
    authority,
    stranger,
    server: authority.issue(`DNS:${HOST},IP:127.0.0.1`),
    client: authority.issue('URI:urn:edgerq:provider,DNS:provider.test'),
    expired: authority.issue(`DNS:${HOST}`, -1),
    foreign: stranger.issue('DNS:provider.test'),
    remove() {
      authority.remove()
      stranger.remove()
    },
  }
}

export interface StreamPair extends CarrierPair {
  readonly listener: StreamCarrier
  readonly dialler: StreamCarrier
}

export type StreamKind = 'TCP' | 'TLS' | 'WebSocket' | 'WebSocket over TLS'
const ALL_KINDS: readonly StreamKind[] = ['TCP', 'TLS', 'WebSocket', 'WebSocket over TLS']
/** Those for which there are certificates, if they need some. */
export const KINDS = ALL_KINDS.filter((kind) => certificates !== null || !kind.endsWith('TLS'))

export function openListener(kind: StreamKind, reach: Reach = 'loopback', port = 0): Promise<StreamCarrier> {
  if (kind === 'TCP') return openTcpCarrier({ role: 'listener', reach, port })
  if (kind === 'TLS') return openTlsCarrier({ role: 'listener', reach, port, tls: listenTls() })
  const secure = kind === 'WebSocket' ? null : listenTls()
  return openWebSocketCarrier({ role: 'listener', reach, port, tls: secure })
}

/** `port`: what the URL of a WebSocket says; TCP and TLS need none to be opened. */
export function openDialler(kind: StreamKind, port: number, proxy: string | null = null): Promise<StreamCarrier> {
  if (kind === 'TCP') return openTcpCarrier({ role: 'dialler' })
  if (kind === 'TLS') return openTlsCarrier({ role: 'dialler', tls: dialTls() })
  const isPlain = kind === 'WebSocket'
  const url = `${isPlain ? 'ws' : 'wss'}://${HOST}:${port}/edgerq`
  return openWebSocketCarrier({ role: 'dialler', url, tls: isPlain ? null : dialTls(), proxy })
}

export async function openStreamPair(
  kind: StreamKind,
  reach: Reach = 'loopback',
  host = '127.0.0.1',
): Promise<StreamPair> {
  const listener = await openListener(kind, reach)
  const target = { host, port: listener.addresses[0]!.port }
  const dialler = await openDialler(kind, target.port)
  return { listener, dialler, path: await dialler.connect(target), target }
}

export function listenTls(identity: Identity = certificates!.server): ListenTls {
  return { ...identity, ca: certificates!.authority.cert }
}

/** `identity`: what the dialler shows. */
export function dialTls(identity: Identity | null = certificates!.client): DialTls {
  const { cert, key } = identity ?? { cert: null, key: null }
  return { cert, key, ca: certificates!.authority.cert, servername: HOST }
}

function shown() {
  const { authority, client } = certificates!
  return { ca: authority.cert, ...client, servername: HOST }
}

/** A caller that knows nothing of records: answers what writes bytes, on a WebSocket as one message. */
export async function rawCaller(kind: StreamKind, port: number): Promise<(bytes: Buffer) => void> {
  if (kind.startsWith('WebSocket')) {
    const isPlain = kind === 'WebSocket'
    const webSocket = new WebSocket(`${isPlain ? 'ws' : 'wss'}://127.0.0.1:${port}/edgerq`, isPlain ? {} : shown())
    webSocket.on('error', () => {})
    await once(webSocket, 'open')
    return (bytes) => webSocket.send(bytes)
  }
  const to = { host: '127.0.0.1', port }
  const socket = kind === 'TCP' ? net.connect(to) : tls.connect({ ...to, ...shown() })
  socket.on('error', () => {})
  await once(socket, kind === 'TCP' ? 'connect' : 'secureConnect')
  return (bytes) => socket.write(bytes)
}
