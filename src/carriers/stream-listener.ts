// Which TCP sockets a listener is made of: as for UDP, one for all addresses, or one for each loopback address.

import net from 'node:net'
import { bindFailure, isFamilyMissing } from './bind-failure.ts'
import type { BoundAddress, Reach } from './carrier.ts'

/** Batches leave at once, and the kernel asks a peer that has been silent for a minute whether it is there. */
export const SOCKET_SETTINGS = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 }

/** With port 0 the IPv4 socket chooses, and the number may be taken in IPv6: so often in a row is no accident. */
const MAX_PORT_CHOICES = 8

/** Rejects with a `CarrierError` if the port cannot be had. */
export async function openStreamListeners(
  reach: Reach,
  port: number,
  onSocket: (socket: net.Socket) => void,
): Promise<net.Server[]> {
  return reach === 'any' ? [await openAny(port, onSocket)] : openLoopback(port, onSocket)
}

export function boundAddress(server: net.Server): BoundAddress {
  const { address, port } = server.address() as net.AddressInfo
  return { host: address, port }
}

async function openAny(port: number, onSocket: (socket: net.Socket) => void): Promise<net.Server> {
  try {
    return await open('::', port, onSocket)
  } catch (error) {
    if (!isFamilyMissing(error)) throw error
    return open('0.0.0.0', port, onSocket)
  }
}

async function openLoopback(port: number, onSocket: (socket: net.Socket) => void): Promise<net.Server[]> {
  for (let choice = 1; ; choice++) {
    const ipv4 = await open('127.0.0.1', port, onSocket)
    try {
      return [ipv4, await open('::1', boundAddress(ipv4).port, onSocket)]
    } catch (error) {
      if (isFamilyMissing(error)) return [ipv4]
      ipv4.close()
      if (port !== 0 || choice === MAX_PORT_CHOICES) throw error
    }
  }
}

/** `exclusive` keeps a cluster's worker from sharing it through its parent. */
function open(host: string, port: number, onSocket: (socket: net.Socket) => void): Promise<net.Server> {
  return new Promise((resolve, reject) => {
    const server = net.createServer(SOCKET_SETTINGS, onSocket)
    server.once('error', (error) => reject(bindFailure('TCP', host, port, error)))
    server.listen({ host, port, exclusive: true }, () => {
      // From now on it is told of calls that could not be accepted: the caller is gone, or comes again.
      server.removeAllListeners('error').on('error', () => {})
      resolve(server)
    })
  })
}
