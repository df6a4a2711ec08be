// Who is served at once. A client connection takes a place with its first whole request and keeps it until it closes; when all are taken,
// the one that has been idle longest gives its place up, and only then does anybody wait. A connection that has said nothing whole yet
// takes none, so those who are slow on purpose keep nobody out.

import { type Leave, WaitingRoom } from './waiting-room.ts'

/** A client connection as far as its place is concerned. */
export interface PlaceHolder {
  /** Its place is given to another: it closes. It has nothing under way. */
  onEvicted(): void
}

export class ClientPlaces<Client extends PlaceHolder> {
  readonly #most: number
  readonly #room: WaitingRoom
  readonly #held = new Map<Client, Leave>()
  /** Those that hold a place and do nothing, the longest idle first. */
  readonly #idle = new Set<Client>()

  constructor(most: number) {
    this.#most = most
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
    if (this.#room.served >= this.#most) this.#evictOne()
    const leave = await this.#room.enter(waitMs, whenGone)
    if (leave === null) return false
    this.#held.set(client, leave)
    return true
  }

  /** The client has nothing under way and stays. False: somebody waits, so it should not. */
  rest(client: Client): boolean {
    if (!this.#held.has(client)) return true
    if (this.isCrowded) return false
    this.#idle.add(client)
    return true
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

  #evictOne(): void {
    const [longestIdle] = this.#idle
    if (longestIdle === undefined) return
    this.leave(longestIdle)
    longestIdle.onEvicted()
  }
}
