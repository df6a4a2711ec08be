// A connection over a socket of Node: TCP, or TLS on it.

import type net from 'node:net'
import { writeDirectly } from '../sockets/direct-writes.ts'
import type { Channel } from './carrier.ts'
import type { CarrierError } from './carrier-error.ts'
import type { Connection } from './connection.ts'
import { closedByPeer, connectionFailure } from './connection-failure.ts'
import { hostAndPort, plainHost } from './host-text.ts'

export class SocketConnection implements Connection {
  readonly host: string
  readonly port: number
  readonly channel: Channel
  readonly hasMessages = false
  onBytes: (bytes: Uint8Array) => void = () => {}
  onGone: (cause: CarrierError) => void = () => {}

  readonly #socket: net.Socket
  #error: NodeJS.ErrnoException | null = null

  /** The socket must be open. One that was made with `onread` passes what arrives to `onBytes` by that. */
  constructor(socket: net.Socket, channel: Channel) {
    this.#socket = socket
    this.host = plainHost(socket.remoteAddress ?? '')
    this.port = socket.remotePort ?? 0
    this.channel = channel
    writeDirectly(socket)
    socket.on('data', (bytes: Buffer) => this.onBytes(bytes))
    socket.on('error', (error) => {
      this.#error = error
    })
    // Whoever has ended their half listens to nothing that we could still say.
    socket.on('end', () => socket.destroy())
    socket.on('close', () => this.onGone(this.#cause()))
  }

  get queuedBytes(): number {
    return this.#socket.writableLength
  }

  write(bytes: Buffer, onTaken: () => void): void {
    this.#socket.write(bytes, onTaken)
  }

  end(): void {
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #cause(): CarrierError {
    const from = hostAndPort(this.host, this.port)
    const when = this.#socket.bytesRead > 0 ? 'later' : 'atOnce'
    return this.#error === null ? closedByPeer(from, when) : connectionFailure(from, this.#error, when)
  }
}
