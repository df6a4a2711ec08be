// Connections to one target between their requests. A server may close one at any moment, also in the very moment in which we take it
// for the next request; the shorter it has lain here, the less likely that is.

import { Agent, type ClientRequest } from 'node:http'
import type { Socket } from 'node:net'
import type { TargetConnector } from './target-connector.ts'

/** Hardly a server closes earlier than after 5 s (Node, Apache and uvicorn do then); we are first. */
const MOST_IDLE_MS = 4_000

/** A server that announces when it closes is left so much earlier: its clock runs from its last byte, ours from when that arrived. */
const LEAVE_EARLIER_MS = 1_000

/** What a burst leaves behind; more than a service of the default size (50 connections) ever has. */
const MOST_IDLE_CONNECTIONS = 64

/** `Keep-Alive: timeout=5, max=100` (RFC 9112 appendix C.2.2). */
const ANNOUNCED = /(?:^|[\s,;])timeout=(\d{1,6})(?!\d)/i

/** All connections are to one target: there is nothing to tell them apart by. */
const KEY = 'target'

export class ConnectionPool extends Agent {
  readonly #connector: TargetConnector
  readonly #announced = new WeakMap<Socket, string>()
  /** Bytes read on the connection before the request that reuses it. */
  readonly #bytesBefore = new WeakMap<ClientRequest, number>()
  #isClosed = false

  constructor(connector: TargetConnector) {
    super({ keepAlive: true, maxFreeSockets: MOST_IDLE_CONNECTIONS, scheduling: 'lifo' })
    this.#connector = connector
  }

  /** What the server said in `Keep-Alive` about this connection. */
  announce(socket: Socket, keepAlive: string): void {
    this.#announced.set(socket, keepAlive)
  }

  /** True: at least one byte came since the request was given its connection. */
  hasAnswered(request: ClientRequest): boolean {
    return (request.socket?.bytesRead ?? 0) > (this.#bytesBefore.get(request) ?? 0)
  }

  /** Ends what is idle and keeps nothing from now on. */
  close(): void {
    this.#isClosed = true
    for (const socket of this.freeSockets[KEY] ?? []) socket.destroy()
  }

  override createConnection(): Socket {
    return this.#connector.connect()
  }

  override getName(): string {
    return KEY
  }

  /** Called by Node when an answer has been read to its end. False: the connection is closed. */
  override keepSocketAlive(socket: Socket): boolean {
    const idleMs = this.#isClosed ? 0 : idleTimeMs(this.#announced.get(socket))
    if (idleMs === 0) return false
    socket.unref()
    socket.setTimeout(idleMs) // Node closes an idle connection on 'timeout'
    socket.on('data', closeOnStray)
    return true
  }

  /** Called by Node when an idle connection is given to a request. */
  override reuseSocket(socket: Socket, request: ClientRequest): void {
    super.reuseSocket(socket, request)
    socket.setTimeout(0)
    socket.off('data', closeOnStray)
    this.#bytesBefore.set(request, socket.bytesRead)
  }
}

/** What comes unasked (a late 408, the rest of an answer that was longer than it said) must not be taken for the next answer. */
function closeOnStray(this: Socket): void {
  this.destroy()
}

/** How long a connection is kept whose target has said `announced` in its Keep-Alive; 0: not at all. */
export function idleTimeMs(announced: string | undefined): number {
  const seconds = ANNOUNCED.exec(announced ?? '')?.[1]
  if (seconds === undefined) return MOST_IDLE_MS
  return Math.max(0, Math.min(MOST_IDLE_MS, Number(seconds) * 1_000 - LEAVE_EARLIER_MS))
}
