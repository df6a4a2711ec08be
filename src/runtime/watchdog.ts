// Ends what moves nothing. One interval for all connections of a process: a timer for each would cost more than the bytes it guards.

import { StreamCode } from '../protocol/index.ts'
import { Roster, type RosterMember } from './roster.ts'

/** Bytes that wait this long for a reader who takes none are given up, whatever the idle timeout says. */
const STALL_MS = 60_000
/** One direction has ended and nothing moves in the other. */
const HALF_CLOSED_MS = 600_000
const SWEEP_MS = 1_000

/** A connection as the watchdog sees it. */
export interface Watched {
  /** The watchdog's own; null while it does not look at it. */
  watch: Watch | null
  /** Grows with every byte that gets anywhere. */
  readonly bytesMoved: number
  readonly isWaiting: boolean
  readonly isHalfClosed: boolean
  cut(code: StreamCode): void
}

export interface Watch extends RosterMember {
  readonly connection: Watched
  readonly idleTimeoutMs: number
  bytesMoved: number
  movedAt: number
}

export class Watchdog {
  readonly #watches = new Roster<Watch>()
  readonly #clockMs: () => number
  #interval: NodeJS.Timeout | null = null

  constructor(clockMs: () => number) {
    this.#clockMs = clockMs
  }

  /** `idleTimeoutMs` 0: only stalls and half-closed connections end. */
  watch(connection: Watched, idleTimeoutMs: number): void {
    this.forget(connection)
    const { bytesMoved } = connection
    connection.watch = { connection, idleTimeoutMs, bytesMoved, movedAt: this.#clockMs(), rosterAt: -1 }
    this.#watches.add(connection.watch)
    this.#interval ??= setInterval(() => this.sweep(), SWEEP_MS).unref()
  }

  forget(connection: Watched): void {
    if (connection.watch !== null) this.#watches.delete(connection.watch)
    connection.watch = null
  }

  /** Looks at every connection once; the interval calls it, and ends when there is none left. */
  sweep(): void {
    if (this.#watches.size === 0) this.#rest()
    const now = this.#clockMs()
    for (const watch of this.#watches) {
      const { connection, idleTimeoutMs } = watch
      if (connection.watch !== watch) continue
      if (connection.bytesMoved !== watch.bytesMoved) {
        watch.bytesMoved = connection.bytesMoved
        watch.movedAt = now
        continue
      }
      const code = verdict(connection, idleTimeoutMs, now - watch.movedAt)
      if (code !== StreamCode.none) connection.cut(code)
    }
  }

  #rest(): void {
    if (this.#interval !== null) clearInterval(this.#interval)
    this.#interval = null
  }
}

function verdict(connection: Watched, idleTimeoutMs: number, stillMs: number): StreamCode {
  if (connection.isWaiting && stillMs >= STALL_MS) return StreamCode.stalled
  if (idleTimeoutMs > 0 && stillMs >= idleTimeoutMs) return StreamCode.idle
  return connection.isHalfClosed && stillMs >= HALF_CLOSED_MS ? StreamCode.idle : StreamCode.none
}
