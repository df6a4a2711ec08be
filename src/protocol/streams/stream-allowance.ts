// How many streams the peer may open. It grows with use, and the place of a stream that is over for both sides is free again.
//
//   opened ░░░░░░░░ closed ████████ waiting ▒▒▒ open ──── size ────▶ limit, as last told
//
// But the place of a stream that its opener gave up may have to wait. Whoever opens and resets as fast as it can makes us work for streams
// that cost it nothing, and never has more than a few open ("rapid reset", CVE-2023-44487). A browser that aborts everything it has asked
// for must not cost a provider its session, so nobody is sent away for it: beyond a pace that no honest peer keeps up, credit comes late.

import type { EndpointSettings } from '../api.ts'
import { type Pace, TokenBucket } from '../token-bucket.ts'
import { MILLISECOND, type Micros } from '../units.ts'
import type { MemoryBudget } from './credit.ts'

/** Streams given up whose places are free at once. */
const GIVEN_UP: Pace = { perSecond: 200, atOnce: 100 }
/** Places that had to wait are told of so often: twenty in one frame instead of one each. */
const TELL_EVERY: Micros = 100 * MILLISECOND
/** So much of the allowance must have become free to be worth telling. */
const WORTH_TELLING = 0.25

export type StreamLimits = Pick<EndpointSettings, 'initialMaxStreams' | 'ceilingMaxStreams'>

export class StreamAllowance {
  /** Streams the peer may open in all, as last told. */
  limit: number
  /** MAX_STREAMS wants to be told. */
  wantsTelling = false
  /** Streams the peer has opened so far. */
  opened = 0
  /** When places that wait are to be looked at; `Infinity`: none waits. */
  deadline: Micros = Number.POSITIVE_INFINITY

  readonly #ceiling: number
  readonly #budget: Pick<MemoryBudget, 'isTight'>
  /** Null: none was given up so far. */
  #pace: TokenBucket | null = null
  /** Streams the peer may hold open at once; grows as they are used. */
  #size: number
  #freed = 0
  #waiting = 0
  /** Given up by the peer and not over yet: they are no reason to allow more. */
  #givenUp = 0

  constructor(settings: StreamLimits, budget: Pick<MemoryBudget, 'isTight'>) {
    this.#size = settings.initialMaxStreams
    this.limit = settings.initialMaxStreams
    this.#ceiling = settings.ceilingMaxStreams
    this.#budget = budget
  }

  onOpened(): void {
    this.opened++
    this.#adapt()
  }

  /** Its opener wants nothing of it any more. */
  onGivenUp(): void {
    this.#givenUp++
  }

  /** It is over for both sides, in good order. */
  onClosed(): void {
    this.#freed++
    this.#adapt()
  }

  /** The same of one that was given up. */
  onGivenUpClosed(now: Micros): void {
    this.#givenUp--
    this.#waiting++
    this.#free(now)
    this.#adapt()
  }

  /** Called when `deadline` has come; true: there is something to tell. */
  onDeadline(now: Micros): boolean {
    if (now < this.deadline) return false
    this.#free(now)
    this.wantsTelling = this.#freed + this.#size > this.limit
    return this.wantsTelling
  }

  /** The limit as it is to be told now. */
  renew(): number {
    this.wantsTelling = false
    this.limit = this.#freed + this.#size
    return this.limit
  }

  /** Frees the places that have waited long enough. */
  #free(now: Micros): void {
    this.#pace ??= new TokenBucket(GIVEN_UP, now)
    const freed = this.#pace.take(this.#waiting, now)
    this.#freed += freed
    this.#waiting -= freed
    if (this.#waiting === 0) this.deadline = Number.POSITIVE_INFINITY
    else if (this.deadline === Number.POSITIVE_INFINITY || this.deadline <= now) this.deadline = now + TELL_EVERY
  }

  /** Twice as many once half of them are in use; and what has become free is told when it is worth a frame. */
  #adapt(): void {
    const before = this.#size
    const inUse = this.opened - this.#freed - this.#waiting - this.#givenUp
    const mayGrow = this.#waiting === 0 && !this.#budget.isTight
    if (mayGrow && inUse * 2 >= before) this.#size = Math.min(before * 2, this.#ceiling)
    const untold = this.#freed + this.#size - this.limit
    if (this.#size !== before || untold >= this.#size * WORTH_TELLING) this.wantsTelling = true
  }
}
