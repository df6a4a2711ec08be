// Two ends of one TCP connection on loopback, as a service's port makes them, and what became of an end.

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { wasResetByPeer } from '../../src/sockets/peer-reset.ts'

export interface SocketPair {
  readonly client: Socket
  /** Paused, half-open: as `Listener` gives it. */
  readonly accepted: Socket
}

export async function socketPair(): Promise<SocketPair> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true })
  const port = await listening(server)
  const client = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
  const [[accepted]] = (await Promise.all([once(server, 'connection'), once(client, 'connect')])) as [[Socket], unknown]
  server.close()
  return { client, accepted }
}

export async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** What a socket has seen; it reads from the first moment unless the test pauses it. */
export class Seen {
  bytes = 0
  readonly chunks: Buffer[] = []
  hasEnded = false
  isClosed = false
  /** The `code` of the error, or empty. */
  error = ''

  constructor(socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.bytes += chunk.length
      this.chunks.push(chunk)
    })
    socket.on('end', () => {
      // Node may take a reset for an end; where it can be told, it is told here.
      if (!socket.writableEnded && wasResetByPeer(socket)) {
        this.error = 'ECONNRESET'
        socket.destroy()
      } else this.hasEnded = true
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.error = error.code ?? error.message
    })
    socket.on('close', () => {
      this.isClosed = true
    })
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString()
  }
}
