// Who is served at once. A client connection takes a place with its first whole request and keeps it until it closes; when all are taken,
// the one that has been idle longest gives its place up, and only then does anybody wait. A connection that has said nothing whole yet
// takes none, so those who are slow on purpose keep nobody out.

import { type Leave, WaitingRoom } from './waiting-room.ts'

/** A client connection as far as its place is concerned. */
export interface PlaceHolder {
  /** Its place is given to another: it closes. It has nothing under way. */
  onEvicted(): void
}

/**
 * A client that was just answered may have its next request on the way, and could not tell whether that was carried out: nobody's place is
 * taken sooner than this after an answer. Longer than most lines need for a way there and back.
 */
const GRACE_MS = 250
/** For whoever is evicted to be gone. */
const MARGIN_MS = 250

export class ClientPlaces<Client extends PlaceHolder> {
  readonly #most: number
  readonly #graceMs: number
  readonly #room: WaitingRoom
  readonly #held = new Map<Client, Leave>()
  /** Those that hold a place and do nothing, the longest idle first, and since when on the clock of `performance.now`. */
  readonly #idle = new Map<Client, number>()
  #timer: NodeJS.Timeout | null = null

  constructor(most: number, graceMs: number = GRACE_MS) {
    this.#most = most
    this.#graceMs = graceMs
    this.#room = new WaitingRoom(most)
  }

  /** Somebody waits: whoever is done should go. */
  get isCrowded(): boolean {
    return this.#room.waiting > 0
  }

  has(client: Client): boolean {
    return this.#held.has(client)
  }

  /** True: the client has a place from now on, or had it already. False: none came free within `waitMs`, or it went away. */
  async enter(client: Client, waitMs: number, whenGone?: (giveUp: () => void) => void): Promise<boolean> {
    this.wake(client)
    if (this.#held.has(client)) return true
    const isFull = this.#room.served >= this.#most
    if (isFull && this.#room.waiting === 0) this.#evictOne()
    // Who does nothing gives its place up soon, whatever the patience of this one.
    const leastMs = isFull && this.#idle.size > 0 ? this.#graceMs + MARGIN_MS : 0
    const entering = this.#room.enter(Math.max(waitMs, leastMs), whenGone)
    this.#evictInTime()
    const leave = await entering
    if (leave === null) return false
    this.#held.set(client, leave)
    return true
  }

  /** The client has nothing under way. */
  rest(client: Client): void {
    if (!this.#held.has(client)) return
    this.#idle.set(client, performance.now())
    this.#evictInTime()
  }

  /** The client has something under way again. */
  wake(client: Client): void {
    this.#idle.delete(client)
  }

  /** The client is gone, or will be served no more. */
  leave(client: Client): void {
    this.wake(client)
    this.#held.get(client)?.()
    this.#held.delete(client)
  }

  /** For as long as somebody waits for whom somebody idle could go. */
  #evictInTime(): void {
    const inMs = this.#nextEvictionInMs()
    if (inMs === null || !this.isCrowded || this.#timer !== null) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      if (this.isCrowded) this.#evictOne()
      this.#evictInTime()
    }, inMs).unref()
  }

  /** Null: nobody is idle. */
  #nextEvictionInMs(): number | null {
    const [idleSince] = this.#idle.values()
    return idleSince === undefined ? null : Math.max(0, idleSince + this.#graceMs - performance.now())
  }

  #evictOne(): void {
    const [longestIdle] = this.#idle.keys()
    if (longestIdle === undefined || this.#nextEvictionInMs() !== 0) return
    this.leave(longestIdle)
    longestIdle.onEvicted()
  }
}
