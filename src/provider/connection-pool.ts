// Connections to one target between their requests. A server may close one at any moment, also in the very moment in which we take it
// for the next request; the shorter it has lain here, the less likely that is.

import { Agent, type ClientRequest, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { valuesOf } from '../http/fields.ts'
import type { TargetConnector } from './target-connector.ts'

/** Hardly a server closes earlier than after 5 s (Node, Apache and uvicorn do then); we are first. */
const MOST_IDLE_MS = 4_000

/** A server that announces when it closes is left so much earlier: its clock runs from its last byte, ours from when that arrived. */
const LEAVE_EARLIER_MS = 1_000

/** What a burst leaves behind; more than a service of the default size (50 connections) ever has. */
const MOST_IDLE_CONNECTIONS = 64

/** `Keep-Alive: timeout=5, max=100` (RFC 9112 appendix C.2.2). */
const ANNOUNCED = /(?:^|[\s,;])timeout=(\d{1,6})(?!\d)/i

interface Connection {
  readonly socket: Socket
  /** Whose it is, or was last. */
  request: ClientRequest
  /** Something came since then. */
  isHeard: boolean
  /** The final one, once its head has come. */
  answer: IncomingMessage | null
  /** When it is closed if it stays idle, on the clock of `performance.now`. */
  closesAt: number
  /** What the server said in `Keep-Alive`. */
  announced: string | undefined
}

/**
 * Node's ClientRequest asks an Agent for its connection. What Node's own does between two requests (copies of the options, lists by name,
 * a timer for each connection, new ids for async_hooks) costs more than all of this (docs/decisions.md).
 */
export class ConnectionPool extends Agent {
  readonly #connector: TargetConnector
  readonly #connections = new WeakMap<Socket, Connection>()
  /** The one that was used last comes last, and is used next. */
  readonly #idle: Connection[] = []
  /** Rings when the first of them may have been idle for too long. */
  #timer: NodeJS.Timeout | undefined
  #ringsAt = Number.POSITIVE_INFINITY
  #isClosed = false

  constructor(connector: TargetConnector) {
    // So that Node asks for it, and tells of it when an answer has been read to its end.
    super({ keepAlive: true })
    this.#connector = connector
  }

  /** Called by Node as it makes a request, which is told of the connection when that has returned. */
  addRequest(request: ClientRequest): void {
    const idle = this.#takeIdle()
    if (idle === null) {
      request.onSocket(this.#connect(request))
      return
    }
    request.reusedSocket = true
    idle.request = request
    idle.isHeard = false
    idle.answer = null
    idle.socket.ref()
    request.onSocket(idle.socket)
  }

  /** To be told of the answer of every request here. */
  readonly noteAnswer = (answer: IncomingMessage): void => {
    const connection = this.#connections.get(answer.socket)
    if (connection === undefined) return
    connection.answer = answer
    const [keepAlive] = valuesOf(answer.rawHeaders, 'keep-alive')
    if (keepAlive !== undefined) connection.announced = keepAlive
  }

  /** True: at least one byte came since the request was given its connection. */
  hasAnswered(request: ClientRequest): boolean {
    const connection = request.socket === null ? undefined : this.#connections.get(request.socket)
    return connection?.request === request && connection.isHeard
  }

  /** Ends what is idle and keeps nothing from now on. */
  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    for (const { socket } of this.#idle.splice(0)) socket.destroy()
  }

  #connect(request: ClientRequest): Socket {
    const socket = this.#connector.connect()
    const connection: Connection = {
      socket,
      request,
      isHeard: false,
      answer: null,
      closesAt: 0,
      announced: undefined,
    }
    this.#connections.set(socket, connection)
    socket.on('data', () => onBytes(connection))
    socket.on('free', () => this.#onFree(connection))
    socket.once('close', () => this.#forget(connection))
    return socket
  }

  #takeIdle(): Connection | null {
    for (let last = this.#idle.pop(); last !== undefined; last = this.#idle.pop()) {
      if (isUsable(last.socket)) return last
    }
    return null
  }

  /** Node is done with a request: its answer was read to its end, or it was ended before it had its connection. */
  #onFree(connection: Connection): void {
    const { socket, request, announced } = connection
    const idleMs = this.#isClosed ? 0 : idleTimeMs(announced)
    const mayStay = request.socket === socket && request.shouldKeepAlive && isUsable(socket)
    if (!mayStay || idleMs === 0 || this.#idle.length === MOST_IDLE_CONNECTIONS) {
      socket.destroy()
      return
    }
    socket.unref()
    connection.closesAt = performance.now() + idleMs
    this.#idle.push(connection)
    this.#ringAt(connection.closesAt)
  }

  #forget(connection: Connection): void {
    const at = this.#idle.indexOf(connection)
    if (at >= 0) this.#idle.splice(at, 1)
  }

  /** Rather too early than a timer for each time that a connection comes and goes. */
  #ringAt(time: number): void {
    if (time >= this.#ringsAt) return
    clearTimeout(this.#timer)
    this.#ringsAt = time
    this.#timer = setTimeout(this.#closeOld, Math.ceil(time - performance.now())).unref()
  }

  readonly #closeOld = (): void => {
    const now = performance.now()
    this.#ringsAt = Number.POSITIVE_INFINITY
    for (const { socket, closesAt } of this.#idle) {
      if (closesAt <= now) socket.destroy()
      else this.#ringAt(closesAt)
    }
  }
}

/** What comes unasked (a late 408, the rest of an answer that was longer than it said) must not be taken for the next answer. */
function onBytes(connection: Connection): void {
  connection.isHeard = true
  if (connection.answer?.complete) connection.socket.destroy()
}

/** False: it is closed, or will be as soon as all is read that the server has said. */
function isUsable(socket: Socket): boolean {
  return !socket.destroyed && socket.writable
}

/** How long a connection is kept whose target has said `announced` in its Keep-Alive; 0: not at all. */
export function idleTimeMs(announced: string | undefined): number {
  const seconds = ANNOUNCED.exec(announced ?? '')?.[1]
  if (seconds === undefined) return MOST_IDLE_MS
  return Math.max(0, Math.min(MOST_IDLE_MS, Number(seconds) * 1_000 - LEAVE_EARLIER_MS))
}
