// Clients that are slow on purpose, or look like it: heads that do not end, bodies that drip, connections that say nothing. One look a
// second at all of them; how many there may be is bounded, and the oldest go first.

import type { HttpConnection } from './http-connection.ts'
import type { HttpExchange } from './http-exchange.ts'

export type SlowConnection = Pick<HttpConnection, 'address' | 'isOpen' | 'isTooSlow' | 'socket'>
export type SlowExchange = Pick<HttpExchange, 'bodyBytes' | 'isWaitingForBody' | 'refuse'>

export interface SlowClientsParts<Connection> {
  /** Proxies hold many connections for many people. */
  readonly isTrusted: (address: string | undefined) => boolean
  /** No whole head has come in time. */
  readonly onTooSlow: (connection: Connection) => void
  readonly exchanges: Iterable<SlowExchange>
}

const SWEEP_MS = 1_000
/** Connections without a whole request yet. A client in earnest is through in a round trip, so the oldest is the least likely one. */
const MOST_SILENT = 1_024
/** From one address that is no trusted proxy: more than any browser opens, with room for a household behind it. */
const MOST_PER_ADDRESS = 200
/** A body that is slower than this on average, after a time in which anything may happen, blocks a place for nothing. */
const LEAST_BYTES_PER_SECOND = 100
const GRACE_SECONDS = 5
/** What came faster buys no longer pause than this; nginx gives a body as long between two reads. */
const MOST_PAUSE_SECONDS = 60

/** How a body comes: `ahead` are the bytes that it has come faster than it must. */
interface Pace {
  ahead: number
  bytes: number
}

export class SlowClients<Connection extends SlowConnection> {
  readonly #parts: SlowClientsParts<Connection>
  /** In the order in which they came. */
  readonly #silent = new Set<Connection>()
  readonly #connections = new Set<Connection>()
  readonly #byAddress = new Map<string, number>()
  readonly #paces = new WeakMap<SlowExchange, Pace>()
  #interval: NodeJS.Timeout | null = null

  constructor(parts: SlowClientsParts<Connection>) {
    this.#parts = parts
  }

  start(): void {
    this.#interval = setInterval(() => this.sweep(performance.now()), SWEEP_MS).unref()
  }

  stop(): void {
    if (this.#interval !== null) clearInterval(this.#interval)
  }

  /** False: its address has too many connections. */
  admit(connection: Connection): boolean {
    const { address = '' } = connection
    const count = this.#byAddress.get(address) ?? 0
    if (count >= MOST_PER_ADDRESS && !this.#parts.isTrusted(address)) return false
    this.#byAddress.set(address, count + 1)
    this.#connections.add(connection)
    this.#silent.add(connection)
    if (this.#silent.size > MOST_SILENT) this.#dropOldest()
    return true
  }

  /** Its first head is whole. */
  onSpoke(connection: Connection): void {
    this.#silent.delete(connection)
  }

  forget(connection: Connection): void {
    if (!this.#connections.delete(connection)) return
    this.#silent.delete(connection)
    const { address = '' } = connection
    const count = this.#byAddress.get(address) ?? 0
    if (count > 1) this.#byAddress.set(address, count - 1)
    else this.#byAddress.delete(address)
  }

  /** Looks at every connection once; the interval calls it. */
  sweep(now: number): void {
    for (const connection of this.#connections) {
      if (connection.isOpen && connection.isTooSlow(now)) this.#parts.onTooSlow(connection)
    }
    for (const exchange of this.#parts.exchanges) {
      if (this.#isDripping(exchange)) exchange.refuse('EDGERQ-REQUEST-TIMEOUT', 'the body came too slowly')
    }
  }

  /** Only seconds in which we waited for the client count. */
  #isDripping(exchange: SlowExchange): boolean {
    if (!exchange.isWaitingForBody) return false
    const pace = this.#paces.get(exchange) ?? { ahead: GRACE_SECONDS * LEAST_BYTES_PER_SECOND, bytes: 0 }
    this.#paces.set(exchange, pace)
    const came = exchange.bodyBytes - pace.bytes
    pace.bytes = exchange.bodyBytes
    pace.ahead = Math.min(pace.ahead + came, MOST_PAUSE_SECONDS * LEAST_BYTES_PER_SECOND) - LEAST_BYTES_PER_SECOND
    return pace.ahead < 0
  }

  #dropOldest(): void {
    const [oldest] = this.#silent
    if (oldest === undefined) return
    this.#silent.delete(oldest)
    oldest.socket.destroy()
  }
}
