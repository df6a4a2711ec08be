// Packets over TLS on TCP: what passes firewalls that look into connections, and certificates for those who manage them.
// The protocol's own handshake runs inside all the same: who may be a provider is for its keys to say.

import tls from 'node:tls'
import { SharedReads } from '../sockets/shared-reads.ts'
import type { Dial, DialProgress } from './calls.ts'
import type { DialTarget, Reach } from './carrier.ts'
import { dialFailure } from './connection-failure.ts'
import type { Greeted, Greeter } from './door.ts'
import { hostAndPort } from './host-text.ts'
import { SocketConnection } from './socket-connection.ts'
import { StreamCarrier } from './stream-carrier.ts'
import { SOCKET_SETTINGS } from './stream-listener.ts'
import { channelOf } from './tls-channel.ts'
import { refusalOf } from './tls-failure.ts'
import { type DialTls, dialSettings, type ListenTls, listenSettings } from './tls-settings.ts'

export type TlsCarrierOptions =
  | { readonly role: 'listener'; readonly reach: Reach; readonly port: number; readonly tls: ListenTls }
  | { readonly role: 'dialler'; readonly tls: DialTls }

/** Rejects with a `CarrierError` if a listener's port cannot be had, or certificates or keys cannot be read. */
export async function openTlsCarrier(options: TlsCarrierOptions): Promise<StreamCarrier> {
  if (options.role === 'dialler') return new StreamCarrier('tls', { dial: dialWith(options.tls) })
  const settings = listenSettings(options.tls)
  const carrier = new StreamCarrier('tls', { newGreeter: (door) => newGreeter(door, settings) })
  await carrier.listen(options.reach, options.port)
  return carrier
}

/** The server of Node does not listen: it is handed the sockets that our own accepted and let in. */
function newGreeter(door: Greeted, settings: tls.TlsOptions): Greeter {
  const server = tls.createServer(settings)
  server.on('secureConnection', (socket) => door.onOpen(socket, new SocketConnection(socket, channelOf(socket))))
  server.on('tlsClientError', (error, socket) => door.onRefused(socket, refusalOf(error, socket)))
  return { receive: (socket) => ({ socket, greet: () => server.emit('connection', socket) }) }
}

function dialWith(options: DialTls): Dial {
  const settings = dialSettings(options)
  return (to: DialTarget, { onOpen, onFailure }: DialProgress) => {
    const reads = new SharedReads()
    const way = { host: to.host, port: to.port, ...SOCKET_SETTINGS, onread: reads }
    const socket = tls.connect({ ...settings, ...way })
    socket.once('error', (error) => onFailure(dialFailure(hostAndPort(to.host, to.port), error)))
    socket.once('secureConnect', () => {
      const connection = new SocketConnection(socket, channelOf(socket))
      reads.onBytes = (bytes) => connection.onBytes(bytes)
      onOpen(connection)
    })
    return () => socket.destroy()
  }
}
