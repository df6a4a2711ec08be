// Packets over TCP, without anything between: for networks that let no UDP through, and behind stunnel.

import net from 'node:net'
import { SharedReads, withSharedReads } from '../sockets/shared-reads.ts'
import type { DialProgress } from './calls.ts'
import { type DialTarget, NO_CHANNEL, type Reach } from './carrier.ts'
import { dialFailure } from './connection-failure.ts'
import type { Greeted, Greeter } from './door.ts'
import { hostAndPort } from './host-text.ts'
import { SocketConnection } from './socket-connection.ts'
import { StreamCarrier } from './stream-carrier.ts'
import { SOCKET_SETTINGS } from './stream-listener.ts'

export type TcpCarrierOptions =
  | { readonly role: 'listener'; readonly reach: Reach; readonly port: number }
  | { readonly role: 'dialler' }

/** Rejects with a `CarrierError` if a listener's port cannot be had. */
export async function openTcpCarrier(options: TcpCarrierOptions): Promise<StreamCarrier> {
  if (options.role === 'dialler') return new StreamCarrier('tcp', { dial })
  const carrier = new StreamCarrier('tcp', { newGreeter })
  await carrier.listen(options.reach, options.port)
  return carrier
}

function newGreeter(door: Greeted): Greeter {
  return {
    receive: (accepted) => {
      const reads = new SharedReads()
      const socket = withSharedReads(accepted, reads)
      return { socket, greet: () => door.onOpen(socket, connectionOn(socket, reads)) }
    },
  }
}

function dial(to: DialTarget, { onOpen, onFailure }: DialProgress): () => void {
  const reads = new SharedReads()
  const socket = net.connect({ host: to.host, port: to.port, ...SOCKET_SETTINGS, onread: reads })
  socket.once('error', (error) => onFailure(dialFailure(hostAndPort(to.host, to.port), error)))
  socket.once('connect', () => onOpen(connectionOn(socket, reads)))
  return () => socket.destroy()
}

function connectionOn(socket: net.Socket, reads: SharedReads): SocketConnection {
  const connection = new SocketConnection(socket, NO_CHANNEL)
  reads.onBytes = (bytes) => connection.onBytes(bytes)
  socket.resume()
  return connection
}
