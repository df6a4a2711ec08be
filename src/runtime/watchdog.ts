// Ends what moves nothing. One interval for all connections of a process: a timer for each would cost more than the bytes it guards.

import { StreamCode } from '../protocol/index.ts'

/** Bytes that wait this long for a reader who takes none are given up, whatever the idle timeout says. */
const STALL_MS = 60_000
/** One direction has ended and nothing moves in the other. */
const HALF_CLOSED_MS = 600_000
const SWEEP_MS = 1_000

/** A connection as the watchdog sees it. */
export interface Watched {
  /** Grows with every byte that gets anywhere. */
  readonly bytesMoved: number
  readonly isWaiting: boolean
  readonly isHalfClosed: boolean
  cut(code: StreamCode): void
}

interface Entry {
  readonly idleTimeoutMs: number
  bytesMoved: number
  movedAt: number
}

export class Watchdog {
  readonly #entries = new Map<Watched, Entry>()
  readonly #clockMs: () => number
  #interval: NodeJS.Timeout | null = null

  constructor(clockMs: () => number) {
    this.#clockMs = clockMs
  }

  /** `idleTimeoutMs` 0: only stalls and half-closed connections end. */
  watch(connection: Watched, idleTimeoutMs: number): void {
    this.#entries.set(connection, { idleTimeoutMs, bytesMoved: connection.bytesMoved, movedAt: this.#clockMs() })
    this.#interval ??= setInterval(() => this.sweep(), SWEEP_MS).unref()
  }

  forget(connection: Watched): void {
    this.#entries.delete(connection)
    if (this.#entries.size > 0 || this.#interval === null) return
    clearInterval(this.#interval)
    this.#interval = null
  }

  /** Looks at every connection once; the interval calls it. */
  sweep(): void {
    const now = this.#clockMs()
    for (const [connection, entry] of this.#entries) {
      if (connection.bytesMoved !== entry.bytesMoved) {
        entry.bytesMoved = connection.bytesMoved
        entry.movedAt = now
        continue
      }
      const code = verdict(connection, entry.idleTimeoutMs, now - entry.movedAt)
      if (code !== StreamCode.none) connection.cut(code)
    }
  }
}

function verdict(connection: Watched, idleTimeoutMs: number, stillMs: number): StreamCode {
  if (connection.isWaiting && stillMs >= STALL_MS) return StreamCode.stalled
  if (idleTimeoutMs > 0 && stillMs >= idleTimeoutMs) return StreamCode.idle
  return connection.isHalfClosed && stillMs >= HALF_CLOSED_MS ? StreamCode.idle : StreamCode.none
}
