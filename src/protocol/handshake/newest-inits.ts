// The newest INIT of each dialler, by the dialler's own clock: an INIT that was recorded and is sent again is not newer than what we
// have had from that dialler since.

import { type Micros, SECOND } from '../units.ts'

/**
 * After this an older INIT counts again. A dialler whose clock was set back, as that of a board without a battery is when it loses power, is
 * let in then; whoever sends an old recording has a half-open session of five seconds.
 */
const REMEMBERED_FOR: Micros = 600 * SECOND
/** The dialler that was quiet for longest is forgotten first. */
const MOST_REMEMBERED = 16_384

interface Newest {
  readonly sentAtMs: number
  readonly answeredAt: Micros
  wasConfirmed: boolean
}

export class NewestInits {
  readonly #byPeer = new Map<string, Newest>()

  get size(): number {
    return this.#byPeer.size
  }

  /**
   * `peer` names a dialler and its key; empty: nobody in particular. False: an older INIT, or one whose session was confirmed. The newest may come again while it was not: the network may have been away
   * for longer than we keep a session that nobody confirms.
   */
  isNew(peer: string, sentAtMs: number, now: Micros): boolean {
    const newest = this.#byPeer.get(peer)
    if (newest === undefined || now >= newest.answeredAt + REMEMBERED_FOR) return true
    return sentAtMs > newest.sentAtMs || (sentAtMs === newest.sentAtMs && !newest.wasConfirmed)
  }

  onAnswered(peer: string, sentAtMs: number, now: Micros): void {
    if (peer === '') return
    this.#byPeer.delete(peer)
    this.#byPeer.set(peer, { sentAtMs, answeredAt: now, wasConfirmed: false })
    if (this.#byPeer.size > MOST_REMEMBERED) this.#byPeer.delete(this.#byPeer.keys().next().value!)
  }

  /** The dialler has shown that it is there and holds the keys. */
  onConfirmed(peer: string, sentAtMs: number): void {
    const newest = this.#byPeer.get(peer)
    if (newest?.sentAtMs === sentAtMs) newest.wasConfirmed = true
  }
}
