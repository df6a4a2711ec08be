// One client connection of an `http` service: its requests one after the other, however many of them it sends at once, so that what the
// first one changes is there for the second; its place; and how long it may take to say something.
//
//   open ──no HTTP, or refused──▶ takes nothing more ──answers written──▶ closing ──▶ closed
//     └────────────── an answer that ends it, idle too long, evicted ────────┘

import type { Socket } from 'node:net'
import { writeDirectly } from '../sockets/direct-writes.ts'
import { joinText } from '../sockets/joined-text.ts'
import { resetConnection } from '../sockets/reset-connection.ts'
import type { BrokenHead } from './broken-head.ts'
import type { ClientPlaces, PlaceHolder } from './client-places.ts'
import type { HttpExchange } from './http-exchange.ts'
import { closeLingering, readIntoNothing } from './lingering.ts'

/** A request that waits for its turn, or has it. */
export interface Turn {
  /** Node has left the socket to us: nobody would take what is read from it. */
  readonly isTunnel: boolean
  /** The answers before it are written: it may begin. Whoever began it calls `HttpConnection.endTurn`. */
  begin(): void
}

export interface HttpConnectionParts {
  readonly socket: Socket
  /** Its address is that of a trusted proxy. */
  readonly isTrusted: boolean
  readonly places: ClientPlaces<HttpConnection>
  readonly holdMs: number
  /** Requests of all connections that wait behind others; false: there are too many. */
  readonly onQueued: (change: number) => boolean
  /** The answers to what came before `broken` are written. */
  readonly onBroken: (connection: HttpConnection, broken: BrokenHead) => void
  readonly onClosed: (connection: HttpConnection) => void
}

/** A head is sent in one go; the rest is patience with bad lines. */
const HEAD_WITHIN_MS = 10_000
/** Longer than load balancers and browsers keep an unused connection for the next request, as nginx has it. */
export const KEEP_ALIVE_MS = 75_000
/** Old clients send an empty line behind a body (RFC 9112 §2.2): that is no beginning of a head. */
const EMPTY_LINE_BYTES = 2

export class HttpConnection implements PlaceHolder {
  readonly socket: Socket
  /** As the socket told it at the start; it cannot be asked any more once the client is gone. */
  readonly address: string | undefined
  readonly isTrusted: boolean
  readonly port: number
  /** False: nothing that comes is passed on any more. */
  isOpen = true
  /** Answers the request whose turn it is; null: there is none, or it waits for a place, or we answer it ourselves. */
  exchange: HttpExchange | null = null
  /** What came behind the requests that were read; part of the last one, if that is not whole. */
  broken: BrokenHead | null = null

  readonly #parts: HttpConnectionParts
  readonly #turns: Turn[] = []
  #hasTurn = false
  #isDraining = false
  #isClosing = false
  /** When the head that is under way, or the next one, began to be waited for. */
  #headSince = performance.now()
  #bytesAtRest = 0
  #hasSpoken = false

  constructor(parts: HttpConnectionParts) {
    const { socket } = parts
    this.#parts = parts
    this.socket = socket
    this.address = socket.remoteAddress
    this.isTrusted = parts.isTrusted
    this.port = socket.remotePort ?? 0
    writeDirectly(socket)
    joinText(socket)
    socket.on('error', ignore)
    socket.on('end', this.#onClientEnd)
    socket.once('close', this.#onClosed)
    // Node calls it behind an answer that ends the connection. A client that is still sending would get a reset before it has read that.
    socket.destroySoon = () => this.close()
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
    if (this.#hasTurn || this.#isClosing || this.socket.destroyed) return false
    const isSpeaking = !this.#hasSpoken || this.socket.bytesRead > this.#bytesAtRest + EMPTY_LINE_BYTES
    if (!isSpeaking) this.#headSince = now
    return now - this.#headSince > HEAD_WITHIN_MS
  }

  queue(turn: Turn): void {
    this.#hasSpoken = true
    if (!this.#hasTurn) {
      this.#begin(turn)
    } else if (this.#parts.onQueued(1)) {
      this.#turns.push(turn)
      this.#pause()
    } else {
      // The client sees that these were not answered, and sends them again.
      this.takeNoMore()
    }
  }

  endTurn(): void {
    this.yieldTurn()
    if (this.#isClosing || this.socket.destroyed) return
    const next = this.#turns.shift()
    if (next !== undefined) {
      this.#parts.onQueued(-1)
      if (this.#turns.length === 0 && !next.isTunnel) this.socket.resume()
      this.#begin(next)
    } else if (this.broken !== null) this.#parts.onBroken(this, this.broken)
    else this.#rest()
  }

  /** Ends the turn of a request that comes once more. */
  yieldTurn(): void {
    this.#hasTurn = false
    this.exchange = null
  }

  /** What has come behind the requests that were read is no HTTP, and what comes behind that is not looked at. */
  breakOff(broken: BrokenHead): void {
    this.broken = broken
    this.takeNoMore()
  }

  /** What was queued is answered, what comes is dropped; then the connection closes. */
  takeNoMore(): void {
    this.isOpen = false
    readIntoNothing(this.socket)
  }

  /** Ends the connection behind what is written. Requests that wait are dropped: a client counts on nothing behind a close (RFC 9112 §9.6). */
  close(): void {
    if (this.#isClosing) return
    this.#isClosing = true
    this.isOpen = false
    this.#dropTurns()
    this.#parts.places.leave(this)
    closeLingering(this.socket)
  }

  /** Ends the connection now, and as a failure unless nothing is under way. */
  cut(): void {
    if (this.#isClosing) this.socket.destroy()
    else resetConnection(this.socket)
  }

  /** Its place is given to somebody who waits. */
  onEvicted(): void {
    this.close()
  }

  /** Closes as soon as nothing is under way. */
  drain(): void {
    this.#isDraining = true
    if (!this.#hasTurn) this.close()
  }

  /** It has one from its first request on, until it rests and somebody else needs it. */
  get hasPlace(): boolean {
    return this.#parts.places.has(this)
  }

  /** Resolves with whether there is a place for this connection. */
  async enter(): Promise<boolean> {
    const isIn = await this.#parts.places.enter(this, this.#parts.holdMs, (giveUp) => this.socket.once('close', giveUp))
    if (isIn && this.socket.destroyed) this.#parts.places.leave(this)
    return isIn
  }

  #begin(turn: Turn): void {
    this.#hasTurn = true
    this.#parts.places.wake(this)
    turn.begin()
  }

  #rest(): void {
    this.#bytesAtRest = this.socket.bytesRead
    this.#headSince = performance.now()
    if (!this.isOpen || this.#isDraining) this.close()
    else this.#parts.places.rest(this)
  }

  /** Node reads on by itself at the end of each request that it has parsed, so this must come after that. */
  #pause(): void {
    setImmediate(() => {
      if (this.#turns.length > 0 && this.isOpen) this.socket.pause()
    })
  }

  /** A client whose half has ended waits for nothing, unless it is being told what was wrong. */
  readonly #onClientEnd = (): void => {
    if (this.exchange !== null) this.exchange.onClientEnd()
    else if (this.#hasTurn && this.isOpen) this.socket.destroy()
  }

  readonly #onClosed = (): void => {
    this.#dropTurns()
    this.#parts.places.leave(this)
    this.#parts.onClosed(this)
  }

  #dropTurns(): void {
    this.#parts.onQueued(-this.#turns.length)
    this.#turns.length = 0
  }
}

function ignore(): void {}
