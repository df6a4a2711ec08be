// The connections under an endpoint on a reliable line: whose session each carries, which take nothing more for now, and which are of no more
// use. One carries one session, from its INIT to its end, and ends with it.
//
//   driver ── hold, release, onPathGone ──▶ Connections ── next ──▶ driver: disconnect

import type { Session } from './session.ts'
import type { Micros, PathId } from './units.ts'

export interface ConnectionsHost {
  clock: Micros
  /** The driver has something to do. */
  wake(): void
}

/** Of a session whose connection brought what its peer cannot have sent, or not so. */
const BROKEN = 'The connection brought something else than what the peer had sent.'

export class Connections {
  readonly #host: ConnectionsHost
  readonly #sessions = new Map<PathId, Session>()
  /** To be ended by the driver in its next turn; never more than the carrier has. */
  readonly #useless = new Set<PathId>()

  constructor(host: ConnectionsHost) {
    this.#host = host
  }

  // ---- What the driver tells and asks ----

  /** The connection takes nothing more for now: its session fills no packet until `release`. Others go on. */
  hold(path: PathId): void {
    const session = this.#sessions.get(path)
    if (session !== undefined) session.isHeld = true
  }

  /** It takes more again. */
  release(path: PathId): void {
    const session = this.#sessions.get(path)
    if (session === undefined || !session.isHeld) return
    session.isHeld = false
    session.onWork()
  }

  /** The connection has ended; `reason` is for operators. What was under way on it is lost. */
  onPathGone(path: PathId, reason: string, now: Micros): void {
    this.#host.clock = now
    const session = this.#sessions.get(path)
    this.#sessions.delete(path)
    this.#useless.delete(path)
    session?.endWithLine(reason)
  }

  /** A connection that is to be ended once what was sent on it has left; null: none. */
  next(): PathId | null {
    for (const path of this.#useless) {
      this.#useless.delete(path)
      return path
    }
    return null
  }

  // ---- What the endpoint tells and asks ----

  isTaken(path: PathId): boolean {
    return this.#sessions.has(path)
  }

  /** The session lives on its path from now on. */
  carry(session: Session): void {
    this.#sessions.set(session.path, session)
  }

  /** Its connection carries no other. */
  onSessionGone(session: Session): void {
    if (this.#sessions.delete(session.path)) this.#giveUp(session.path)
  }

  /** Something came that is not taken. Nothing is repeated here, so what is missing now is missing for good. */
  onRefused(path: PathId): void {
    const session = this.#sessions.get(path)
    if (session === undefined) this.#giveUp(path)
    else session.endWithLine(BROKEN)
  }

  #giveUp(path: PathId): void {
    this.#useless.add(path)
    this.#host.wake()
  }
}
