// Whom a listener lets in: looks at everybody who connects, at once and then each second, until they have a session or are sent away.

import type net from 'node:net'
import type { BoundAddress, Reach } from './carrier.ts'
import { CarrierError } from './carrier-error.ts'
import type { Connection } from './connection.ts'
import { callerFailure } from './connection-failure.ts'
import { type Caller, ConnectionLimits, STRANGER_MS } from './connection-limits.ts'
import { hostAndPort, plainHost } from './host-text.ts'
import { boundAddress, openStreamListeners } from './stream-listener.ts'

/** Makes connections of sockets that were let in: at once or after a handshake. */
export interface Greeter {
  receive(accepted: net.Socket): Arrival
}

export interface Arrival {
  /** The one that was accepted, or another that has taken its place. */
  readonly socket: net.Socket
  greet(): void
}

/** What a greeter tells. `socket`: the one that was greeted, or the TLS socket on it. */
export interface Greeted {
  onOpen(socket: net.Socket, connection: Connection): void
  /** It did not become one; the socket ends by itself or has ended. */
  onRefused(socket: net.Socket, error: NodeJS.ErrnoException): void
}

export type NewGreeter = (door: Greeted) => Greeter

export interface DoorOwner {
  /** Answers the number of its path. */
  onOpen(connection: Connection): number
  isPathInUse(path: number): boolean
  /** Somebody left who never had a session, or was not let in. */
  onRefused(from: string, cause: Error): void
  /** Ends the connection of a path. */
  expel(path: number, cause: CarrierError): void
}

interface Visitor {
  readonly from: string
  /** As it was accepted, without TLS. */
  readonly socket: net.Socket
  readonly caller: Caller
  /** 0: still in its handshake. */
  path: number
  /** Its end is no refusal: it has had a session, or we let it go ourselves. */
  isKnown: boolean
  /** Why it ends, as far as that is known. */
  cause: CarrierError | null
}

export class Door implements Greeted {
  readonly #owner: DoorOwner
  readonly #greeter: Greeter
  readonly #limits = new ConnectionLimits()
  readonly #visitors = new Map<string, Visitor>()
  readonly #byPath = new Map<number, Visitor>()
  #servers: readonly net.Server[] = []

  constructor(owner: DoorOwner, newGreeter: NewGreeter) {
    this.#owner = owner
    this.#greeter = newGreeter(this)
  }

  get addresses(): readonly BoundAddress[] {
    return this.#servers.map(boundAddress)
  }

  /** Rejects with a `CarrierError` if the port cannot be had. */
  async listen(reach: Reach, port: number): Promise<void> {
    this.#servers = await openStreamListeners(reach, port, (socket) => this.#admit(socket))
  }

  /** Sends away those who have been without a session for too long. */
  sweep(nowMs: number): void {
    for (const visitor of this.#visitors.values()) {
      if (!this.#look(visitor, nowMs)) continue
      const cause = new CarrierError(
        `${visitor.from} was sent away: no session came about on its connection within ${STRANGER_MS / 1_000} s; ` +
          'what calls there may not be edgerq, or its key may not be known here',
        'NO_SESSION',
      )
      if (visitor.path > 0) this.#owner.expel(visitor.path, cause)
      else this.#end(visitor, cause)
    }
  }

  onOpen(socket: net.Socket, connection: Connection): void {
    const visitor = this.#visitors.get(keyOf(socket))
    if (visitor === undefined) {
      socket.destroy()
      return
    }
    visitor.path = this.#owner.onOpen(connection)
    this.#byPath.set(visitor.path, visitor)
  }

  onRefused(socket: net.Socket, error: NodeJS.ErrnoException): void {
    const visitor = this.#visitors.get(keyOf(socket)) ?? this.#visitorBelow(socket)
    if (visitor !== undefined) visitor.cause ??= callerFailure(visitor.from, error)
  }

  /** The connection of a path has ended: before anybody is told, so that a session on it is still known. */
  onGone(path: number, cause: CarrierError): void {
    const visitor = this.#byPath.get(path)
    if (visitor === undefined) return
    this.#byPath.delete(path)
    visitor.isKnown ||= this.#owner.isPathInUse(path)
    visitor.cause ??= cause
  }

  /** We end the connection ourselves: nobody is refused. */
  onDisconnect(path: number): void {
    const visitor = this.#byPath.get(path)
    if (visitor !== undefined) visitor.isKnown = true
  }

  /** Nobody is let in any more, and who is still in a handshake is sent away. Waits until the connections of all paths have ended. */
  async close(): Promise<void> {
    const closed = this.#servers.map((server) => new Promise((done) => server.close(done)))
    for (const { path, socket } of this.#visitors.values()) if (path === 0) socket.destroy()
    await Promise.all(closed)
  }

  #admit(accepted: net.Socket): void {
    const { remoteAddress, remotePort } = accepted
    if (remoteAddress === undefined || remotePort === undefined) return // gone already
    const host = plainHost(remoteAddress)
    const from = hostAndPort(host, remotePort)
    const refusal = this.#refusalOf(host)
    if (refusal !== null) {
      accepted.destroy()
      this.#owner.onRefused(from, new CarrierError(`${from} was not let in: ${refusal}`, 'TOO_MANY'))
      return
    }
    const caller = this.#limits.enter(host, performance.now())
    const arrival = this.#greeter.receive(accepted)
    const visitor = { from, socket: arrival.socket, caller, path: 0, isKnown: false, cause: null }
    const key = keyOf(arrival.socket)
    this.#visitors.set(key, visitor)
    // In a later turn: what belongs to the same end, and tells its cause, comes before.
    arrival.socket.once('close', () => setImmediate(() => this.#forget(key, visitor)))
    arrival.greet()
  }

  /** Those who have found a session since the last look make room before anybody is refused. */
  #refusalOf(host: string): string | null {
    if (this.#limits.refusalOf(host) === null) return null
    const nowMs = performance.now()
    for (const visitor of this.#visitors.values()) this.#look(visitor, nowMs)
    return this.#limits.refusalOf(host)
  }

  #look(visitor: Visitor, nowMs: number): boolean {
    const hasSession = visitor.path > 0 && this.#owner.isPathInUse(visitor.path)
    visitor.isKnown ||= hasSession
    return this.#limits.look(visitor.caller, hasSession, nowMs)
  }

  #end(visitor: Visitor, cause: CarrierError): void {
    visitor.cause ??= cause
    visitor.socket.destroy()
  }

  #forget(key: string, visitor: Visitor): void {
    this.#visitors.delete(key)
    this.#limits.leave(visitor.caller)
    if (!visitor.isKnown) this.#owner.onRefused(visitor.from, visitor.cause ?? leftInHandshake(visitor.from))
  }

  /**
   * A TLS socket that ended in its handshake has lost the address by which we know it; the socket below it, which Node keeps
   * without documenting it, has us find it. Without it the cause would be told in general words. A test watches it.
   */
  #visitorBelow(socket: net.Socket): Visitor | undefined {
    const below = (socket as { readonly _parent?: net.Socket })._parent
    for (const visitor of this.#visitors.values()) if (visitor.socket === below) return visitor
    return undefined
  }
}

function leftInHandshake(from: string): CarrierError {
  return new CarrierError(`${from} left before its connection stood`, 'PEER_CLOSED')
}

/** The same for a socket and for the TLS socket on it. */
function keyOf(socket: net.Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort} ${socket.localAddress} ${socket.localPort}`
}
