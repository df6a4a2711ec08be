// One client connection of an `http` service: its requests one after the other, however many of them it sends at once, so that what the
// first one changes is there for the second; its place; and how long it may take to say something.

import type { Socket } from 'node:net'
import type { ClientPlaces, PlaceHolder } from './client-places.ts'
import { closeLingering } from './own-answer.ts'

/** A request that waits for its turn, or has it. */
export interface Turn {
  /** The answers before it are written: it may begin. Whoever began it calls `HttpConnection.endTurn`. */
  begin(): void
}

export interface HttpConnectionParts {
  readonly socket: Socket
  readonly places: ClientPlaces<HttpConnection>
  readonly holdMs: number
  /** Requests of all connections that wait behind others; false: there are too many. */
  readonly onQueued: (change: number) => boolean
  readonly onClosed: (connection: HttpConnection) => void
}

/** A head is sent in one go; the rest is patience with bad lines. */
const HEAD_WITHIN_MS = 10_000
/** Longer than load balancers and browsers keep an unused connection for the next request, as nginx has it. */
export const KEEP_ALIVE_MS = 75_000

export class HttpConnection implements PlaceHolder {
  readonly socket: Socket
  /** As the socket told it at the start; it cannot be asked any more once the client is gone. */
  readonly address: string | undefined
  readonly port: number
  /** Nothing that comes is passed on any more. */
  isRefused = false
  /** Said when the answers under way are written: what came behind them was no HTTP. */
  lastWords: (() => void) | null = null

  readonly #parts: HttpConnectionParts
  readonly #turns: Turn[] = []
  #hasTurn = false
  /** When the head that is under way, or the next one, began to be waited for. */
  #headSince = performance.now()
  #bytesAtRest = 0
  #hasSpoken = false

  constructor(parts: HttpConnectionParts) {
    const { socket } = parts
    this.#parts = parts
    this.socket = socket
    this.address = socket.remoteAddress
    this.port = socket.remotePort ?? 0
    socket.on('error', ignore)
    socket.once('close', this.#onClosed)
    // Node calls it behind an answer that ends the connection. A client that is still sending would get a reset before it has read that.
    socket.destroySoon = () => closeLingering(socket)
  }

  /** `host:port`, for logs and for the provider. */
  get client(): string {
    return `${this.address ?? 'unknown'}:${this.port}`
  }

  /** A request is being answered, or waits. */
  get isBusy(): boolean {
    return this.#hasTurn
  }

  /** No whole head has come for too long, or nothing at all. */
  isTooSlow(now: number): boolean {
    if (this.#hasTurn || this.socket.destroyed) return false
    const isSpeaking = !this.#hasSpoken || this.socket.bytesRead > this.#bytesAtRest
    if (!isSpeaking) this.#headSince = now
    return now - this.#headSince > HEAD_WITHIN_MS
  }

  /** False: too many requests wait already, and the connection was closed. */
  queue(turn: Turn): boolean {
    this.#hasSpoken = true
    if (!this.#hasTurn) {
      this.#begin(turn)
      return true
    }
    if (!this.#parts.onQueued(1)) {
      this.isRefused = true
      this.socket.destroy()
      return false
    }
    this.#turns.push(turn)
    this.socket.pause()
    return true
  }

  endTurn(): void {
    this.#hasTurn = false
    const next = this.#turns.shift()
    if (next !== undefined) {
      this.#parts.onQueued(-1)
      if (this.#turns.length === 0) this.socket.resume()
      this.#begin(next)
      return
    }
    if (this.lastWords !== null) this.lastWords()
    else this.#rest()
  }

  /** Its place is given to somebody who waits. */
  onEvicted(): void {
    this.isRefused = true
    closeLingering(this.socket)
  }

  /** Nothing new is taken; closes at once if nothing is under way. */
  drain(): void {
    if (!this.#hasTurn) this.onEvicted()
  }

  /** Resolves with whether there is a place for this connection. */
  async enter(): Promise<boolean> {
    const isIn = await this.#parts.places.enter(this, this.#parts.holdMs)
    if (isIn && this.socket.destroyed) this.#parts.places.leave(this)
    return isIn
  }

  #begin(turn: Turn): void {
    this.#hasTurn = true
    turn.begin()
  }

  #rest(): void {
    this.#bytesAtRest = this.socket.bytesRead
    this.#headSince = performance.now()
    if (!this.#parts.places.rest(this)) this.onEvicted()
  }

  readonly #onClosed = (): void => {
    this.#parts.onQueued(-this.#turns.length)
    this.#turns.length = 0
    this.#parts.places.leave(this)
    this.#parts.onClosed(this)
  }
}

function ignore(): void {}
