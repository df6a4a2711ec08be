// hot
// All sessions of an endpoint, by the connection id that we chose for each.

import { CONNECTION_ID_BYTES } from './limits.ts'
import type { Random } from './ports.ts'
import type { Session } from './session.ts'
import type { Micros, PathId } from './units.ts'
import { connectionKey, sameConnectionId } from './wire/packet.ts'

export class SessionTable {
  readonly #random: Random
  readonly #byLocalId = new Map<number, Session>()
  readonly #pathsInUse = new Set<PathId>()
  #pathsGatheredAt: Micros = -1
  /** Native code fills it, and what that was given lies outside V8's heap from then on: the ids of sessions are copies. */
  readonly #drawn = new Uint8Array(CONNECTION_ID_BYTES)
  /** Most datagrams come for the session of the one before. */
  #lastFound: Session | null = null

  constructor(random: Random) {
    this.#random = random
  }

  get size(): number {
    return this.#byLocalId.size
  }

  all(): Iterable<Session> {
    return this.#byLocalId.values()
  }

  /** An id that no session has. */
  newId(): Uint8Array {
    const id = this.#drawn
    do this.#random.fill(id)
    while (this.#byLocalId.has(connectionKey(id, 0)))
    // Byte 0 is kept for a worker's number, should a consumer ever run as several processes.
    id[0] = 0
    return new Uint8Array(id)
  }

  add(session: Session): void {
    this.#byLocalId.set(connectionKey(session.localId, 0), session)
    this.#pathsGatheredAt = -1
  }

  remove(session: Session): void {
    this.#byLocalId.delete(connectionKey(session.localId, 0))
    if (this.#lastFound === session) this.#lastFound = null
  }

  /** Whose id stands at `at`; null: nobody's. */
  find(buffer: Uint8Array, at: number): Session | null {
    const last = this.#lastFound
    if (last !== null && sameConnectionId(buffer, at, last.localId)) return last
    const session = this.#byLocalId.get(connectionKey(buffer, at))
    if (session === undefined || !sameConnectionId(buffer, at, session.localId)) return null
    this.#lastFound = session
    return session
  }

  /** Asked for thousands of paths in a row when the carrier's table is full: the answer is gathered once for each moment. */
  isPathInUse(path: PathId, now: Micros): boolean {
    if (this.#pathsGatheredAt !== now) {
      this.#pathsInUse.clear()
      for (const session of this.#byLocalId.values()) this.#pathsInUse.add(session.path)
      this.#pathsGatheredAt = now
    }
    return this.#pathsInUse.has(path)
  }
}
