// Who is served at once. A client connection takes a place with its first whole request and keeps it until it closes; when all are taken,
// the one that has been idle longest gives its place up, and only then does anybody wait. A connection that has said nothing whole yet
// takes none, so those who are slow on purpose keep nobody out.

import { IdleQueue, type Idler } from './idle-queue.ts'
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

/** A place that somebody has. */
interface Held<Client> extends Idler {
  readonly client: Client
  readonly leave: Leave
}

export class ClientPlaces<Client extends PlaceHolder> {
  readonly #most: number
  readonly #graceMs: number
  readonly #room: WaitingRoom
  readonly #held = new Map<Client, Held<Client>>()
  /** Those that hold a place and do nothing. */
  readonly #idle = new IdleQueue<Held<Client>>()
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
    const leastMs = isFull && this.#idle.first !== null ? this.#graceMs + MARGIN_MS : 0
    const entering = this.#room.enter(Math.max(waitMs, leastMs), whenGone)
    this.#evictInTime()
    const leave = await entering
    if (leave === null) return false
    this.#held.set(client, { client, leave, idleSince: -1, idledBefore: null, idledAfter: null })
    return true
  }

  /** The client has nothing under way. */
  rest(client: Client): void {
    const held = this.#held.get(client)
    if (held === undefined) return
    this.#idle.add(held)
    this.#evictInTime()
  }

  /** The client has something under way again. */
  wake(client: Client): void {
    const held = this.#held.get(client)
    if (held !== undefined) this.#idle.delete(held)
  }

  /** The client is gone, or will be served no more. */
  leave(client: Client): void {
    this.wake(client)
    this.#held.get(client)?.leave()
    this.#held.delete(client)
  }

  /** For as long as somebody waits for whom somebody idle could go. */
  #evictInTime(): void {
    if (!this.isCrowded || this.#timer !== null) return
    const inMs = this.#nextEvictionInMs()
    if (inMs === null) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      if (this.isCrowded) this.#evictOne()
      this.#evictInTime()
    }, inMs).unref()
  }

  /** Null: nobody is idle. */
  #nextEvictionInMs(): number | null {
    const { first } = this.#idle
    return first === null ? null : Math.max(0, first.idleSince + this.#graceMs - performance.now())
  }

  #evictOne(): void {
    const { first } = this.#idle
    if (first === null || this.#nextEvictionInMs() !== 0) return
    this.leave(first.client)
    first.client.onEvicted()
  }
}
