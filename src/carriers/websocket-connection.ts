// A connection over a WebSocket (RFC 6455): each message is binary and holds whole records.

import type { RawData, WebSocket } from 'ws'
import type { BoundAddress, Channel } from './carrier.ts'
import { CarrierError } from './carrier-error.ts'
import type { Connection } from './connection.ts'
import { closedByPeer, connectionFailure, type When } from './connection-failure.ts'
import { hostAndPort } from './host-text.ts'
import { MAX_WRITE_BYTES } from './record-writer.ts'

/** The same at both ends. Compression would cost much and gain nothing: packets are encrypted. */
export const WEBSOCKET_SETTINGS = { perMessageDeflate: false, maxPayload: MAX_WRITE_BYTES } as const

const BINARY = { binary: true } as const

/** RFC 6455 §7.4.1: all is said. */
const NORMAL = 1_000

export class WebSocketConnection implements Connection {
  readonly host: string
  readonly port: number
  readonly channel: Channel
  readonly hasMessages = true
  onBytes: (bytes: Uint8Array) => void = () => {}
  onGone: (cause: CarrierError) => void = () => {}

  readonly #webSocket: WebSocket
  #hasHeard = false
  #cause: CarrierError | null = null

  constructor(webSocket: WebSocket, peer: BoundAddress, channel: Channel) {
    this.#webSocket = webSocket
    this.host = peer.host
    this.port = peer.port
    this.channel = channel
    webSocket.on('message', (message, isBinary) => this.#onMessage(message, isBinary))
    webSocket.on('error', (error) => {
      this.#cause ??= connectionFailure(this.#peer, error, this.#when)
    })
    webSocket.on('close', () => this.onGone(this.#cause ?? closedByPeer(this.#peer, this.#when)))
  }

  get queuedBytes(): number {
    return this.#webSocket.bufferedAmount
  }

  get #when(): When {
    return this.#hasHeard ? 'later' : 'atOnce'
  }

  get #peer(): string {
    return hostAndPort(this.host, this.port)
  }

  write(bytes: Buffer, onTaken: () => void): void {
    this.#webSocket.send(bytes, BINARY, onTaken)
  }

  end(): void {
    this.#webSocket.close(NORMAL)
  }

  destroy(): void {
    this.#webSocket.terminate()
  }

  #onMessage(message: RawData, isBinary: boolean): void {
    this.#hasHeard = true
    if (isBinary) {
      this.onBytes(message as Buffer) // the form that `ws` uses unless it is told otherwise
      return
    }
    this.#cause ??= new CarrierError(
      `${this.#peer} sent a text message; what runs there is not edgerq`,
      'BROKEN_RECORD',
    )
    this.#webSocket.terminate()
  }
}
