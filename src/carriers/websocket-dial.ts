// How a dialler comes to a WebSocket: directly or through an HTTP proxy, with TLS or without.

import net from 'node:net'
import tls, { type TLSSocket } from 'node:tls'
import { HttpsProxyAgent } from 'https-proxy-agent'
import { type ClientOptions, WebSocket } from 'ws'
import type { Dial, DialProgress } from './calls.ts'
import { type DialTarget, NO_CHANNEL } from './carrier.ts'
import { dialFailure, refusedUpgrade } from './connection-failure.ts'
import { hostAndPort } from './host-text.ts'
import { SOCKET_SETTINGS } from './stream-listener.ts'
import { channelOf } from './tls-channel.ts'
import { type DialTls, dialSettings } from './tls-settings.ts'
import { WEBSOCKET_SETTINGS, WebSocketConnection } from './websocket-connection.ts'

export interface WebSocketDialOptions {
  /** `ws:` or `wss:`; its host is what HTTP calls the other side, wherever the literal address that is dialled comes from. */
  readonly url: string
  /** For `wss:`; null: the authorities that Node knows, the URL's host, and no certificate of ours. */
  readonly tls: DialTls | null
  /** URL of an HTTP proxy that connects us (CONNECT) to the URL's host, which it looks up itself; null: none. */
  readonly proxy: string | null
}

/** Throws if the URL is none, and a `CarrierError` if the texts for TLS cannot be used. */
export function dialWebSocket({ url, tls: given, proxy }: WebSocketDialOptions): Dial {
  const { protocol, hostname } = new URL(url)
  const servername = hostname.replace(/^\[|\]$/g, '')
  const secure = protocol === 'wss:' ? dialSettings(given ?? { ca: null, servername, cert: null, key: null }) : null
  return (to, progress) => {
    const way = proxy === null ? directly(to, secure) : through(proxy, secure)
    const name = proxy === null ? hostAndPort(to.host, to.port) : `${new URL(url).host} through ${new URL(proxy).host}`
    return open(new WebSocket(url, { ...WEBSOCKET_SETTINGS, ...way }), name, to, progress)
  }
}

/** HTTP keeps the name out of the URL, whatever address its socket was connected to. */
function directly({ host, port }: DialTarget, secure: tls.ConnectionOptions | null): ClientOptions {
  const to = { host, port, ...SOCKET_SETTINGS }
  return { createConnection: () => (secure === null ? net.connect(to) : tls.connect({ ...to, ...secure })) }
}

/** What TLS is to do goes with the request: the agent hands it on once the proxy has connected. */
function through(proxy: string, secure: tls.ConnectionOptions | null): ClientOptions {
  return { ...(secure as object), agent: new HttpsProxyAgent(proxy, SOCKET_SETTINGS) }
}

/** `name`: as messages call what is dialled. */
function open(webSocket: WebSocket, name: string, to: DialTarget, { onOpen, onFailure }: DialProgress): () => void {
  let channel = NO_CHANNEL
  webSocket.once('upgrade', ({ socket }) => {
    if ('encrypted' in socket) channel = channelOf(socket as TLSSocket)
  })
  webSocket.once('unexpected-response', (request, { statusCode }) => {
    onFailure(refusedUpgrade(name, statusCode ?? 0))
    request.destroy()
  })
  webSocket.on('error', (error) => onFailure(dialFailure(name, error)))
  webSocket.once('open', () => onOpen(new WebSocketConnection(webSocket, to, channel)))
  return () => webSocket.terminate()
}
