// Somebody on the line between a provider and a consumer, by real sockets: passes every datagram on, and keeps a copy of each.

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'

const HOST = '127.0.0.1'

export interface Caught {
  readonly to: 'consumer' | 'provider'
  readonly bytes: Buffer
}

/** For one provider at a time: what comes back goes to whoever spoke last. */
export class UdpRelay {
  readonly caught: Caught[] = []
  readonly #front: Socket
  readonly #back: Socket
  readonly #consumerPort: number
  #provider: RemoteInfo | null = null

  private constructor(front: Socket, back: Socket, consumerPort: number) {
    this.#front = front
    this.#back = back
    this.#consumerPort = consumerPort
    front.on('message', (bytes, from) => {
      this.#provider = from
      this.caught.push({ to: 'consumer', bytes })
      back.send(bytes, consumerPort, HOST)
    })
    back.on('message', (bytes) => {
      this.caught.push({ to: 'provider', bytes })
      if (this.#provider !== null) front.send(bytes, this.#provider.port, HOST)
    })
  }

  /** In front of a consumer's listener. */
  static async to(consumerPort: number): Promise<UdpRelay> {
    return new UdpRelay(await openSocket(), await openSocket(), consumerPort)
  }

  /** Where providers call. */
  get port(): number {
    return this.#front.address().port
  }

  /** Sends the consumer once more what it had, from where its provider seems to be. */
  replay(datagrams: readonly Buffer[]): void {
    for (const bytes of datagrams) this.#back.send(bytes, this.#consumerPort, HOST)
  }

  async close(): Promise<void> {
    await Promise.all([this.#front, this.#back].map((socket) => new Promise<void>((done) => socket.close(done))))
  }
}

/** Bound to any free port of this machine. */
export async function openSocket(): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 22 })
  socket.bind(0, HOST)
  await once(socket, 'listening')
  return socket
}
