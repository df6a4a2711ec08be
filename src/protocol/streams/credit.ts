// hot
// Flow control (RFC 9000 §4): what we let the peer send, and how that adapts. Bytes count as consumed only when they have left this
// process, so a reader that stalls stops the writer at the far end through any number of hops.

import type { Micros } from '../units.ts'
import { BlockPool } from './block-pool.ts'
import { StallList } from './stall-list.ts'

/**
 * A window holds so many round trips' worth of bytes, or it grows: one that is on its way, one for news of credit, and those that wait behind
 * a packet which is lost again and again. At 5 % loss somebody always waits for a third copy.
 */
const TUNE_ROUND_TRIPS = 8
/** It grows at once to so many, and to twice its size at least: a sender that starts doubles each round trip. */
const GROWN_ROUND_TRIPS = 4
/** New credit is told when this part of the window has been consumed. */
const RENEW_FRACTION = 0.25
/** Of the memory budget: windows stop growing beyond the first; beyond the second new streams are refused and the longest stalled are reset. */
const TIGHT_FRACTION = 0.8
const FULL_FRACTION = 0.95

/** Wants credit that it may not give while the process holds too much. */
export interface BudgetWaiter {
  onBudgetRoom(): void
}

/** Bytes that all sessions of the process hold for slow readers, against what they may hold. */
export class MemoryBudget {
  heldBytes = 0
  /** Memory to hold bytes of streams in, shared by all of them. */
  readonly blocks = new BlockPool()
  /** Streams of all sessions that hold some of it, but for control streams, which must not be reset. */
  readonly stalls = new StallList()
  readonly #most: number
  /** At most one for each session. */
  readonly #waiting = new Set<BudgetWaiter>()

  constructor(most: number) {
    this.#most = most
  }

  get isTight(): boolean {
    return this.heldBytes > this.#most * TIGHT_FRACTION
  }

  get isFull(): boolean {
    return this.heldBytes > this.#most * FULL_FRACTION
  }

  hold(bytes: number): void {
    this.heldBytes += bytes
  }

  /** Gives up streams that have stood still for the longest, until there is room for those that move. */
  relieve(): void {
    for (let stream = this.stalls.first; stream !== null && this.isFull; stream = this.stalls.first) {
      this.stalls.remove(stream)
      stream.evict()
    }
  }

  release(bytes: number): void {
    this.heldBytes -= bytes
    for (const waiter of this.#waiting) {
      // Whoever is told may make it tight again, and then waits anew.
      if (this.isTight) return
      this.#waiting.delete(waiter)
      waiter.onBudgetRoom()
    }
  }

  /** `waiter` is told once, as soon as the budget is no longer tight: without that it would depend on its own readers alone. */
  wait(waiter: BudgetWaiter): void {
    this.#waiting.add(waiter)
  }

  forget(waiter: BudgetWaiter): void {
    this.#waiting.delete(waiter)
  }
}

/** What we let the peer send on one stream or on one session. */
export class ReceiveWindow {
  /** The peer may send bytes below this offset. */
  limit: number
  size: number
  readonly #ceiling: number
  readonly #budget: MemoryBudget
  #epochStartedAt: Micros = 0
  #epochFrom = 0

  constructor(size: number, ceiling: number, budget: MemoryBudget) {
    this.limit = size
    this.size = size
    this.#ceiling = ceiling
    this.#budget = budget
  }

  /** Enough has left us to be worth telling. */
  isWorthRenewing(consumed: number): boolean {
    return consumed + this.size - this.limit >= this.size * RENEW_FRACTION
  }

  /** Raises the limit to a window beyond what has left us, and widens the window if it was used up too fast. */
  renew(consumed: number, smoothedRtt: Micros, now: Micros): void {
    this.#tune(consumed, smoothedRtt, now)
    this.raise(consumed + this.size)
  }

  /** A limit never goes back. */
  raise(limit: number): void {
    if (limit > this.limit) this.limit = limit
  }

  /** Makes the window at least this large, within the ceiling. */
  widen(size: number): void {
    this.size = Math.max(this.size, Math.min(size, this.#ceiling))
  }

  #tune(consumed: number, smoothedRtt: Micros, now: Micros): void {
    const used = consumed - this.#epochFrom
    if (used <= this.size / 2) return
    const perRoundTrip = (used * smoothedRtt) / Math.max(now - this.#epochStartedAt, 1)
    const isFast = this.size < TUNE_ROUND_TRIPS * perRoundTrip
    if (isFast && this.#epochStartedAt > 0 && !this.#budget.isTight)
      this.widen(Math.max(this.size * 2, Math.ceil(GROWN_ROUND_TRIPS * perRoundTrip)))
    this.#epochStartedAt = now
    this.#epochFrom = consumed
  }
}
