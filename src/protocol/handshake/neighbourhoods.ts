// What one neighbourhood of addresses may cost a listener. Only INITs whose address is proven count: whoever forges addresses cannot use
// up what is another's.

import { MOST_UNCONFIRMED_NEIGHBOURS } from '../limits.ts'
import { type Micros, SECOND } from '../units.ts'
import { isLoopback, neighbourhoodOf } from './address.ts'

/** Handshakes a second: a site of a thousand providers behind one address is back within seconds. */
const EARNED_PER_SECOND = 200
const MOST_SAVED = 200
/** An INIT that leads to nothing has cost as much as ten that do: twenty of them a second. */
const PRICE_OF_FAILURE = 10
/** In one second, of all neighbourhoods together: three hundredths of a core. */
const MANY_FAILURES = 100
/** While there are many, one failure a second is all that a neighbourhood can pay: a thousand hired machines could each have twenty else. */
const PRICE_IN_A_CROWD = EARNED_PER_SECOND
/** Neighbourhoods that are remembered; the one that was seen first is forgotten first, and starts anew. */
const MOST_REMEMBERED = 4_096

export interface Neighbourhood {
  /**
   * Programs of this machine come in as they like, a thousand in a second: whoever may start one has easier ways to do harm. But what leads to
   * nothing costs them too, since a relay here (a tunnel, a proxy for UDP) makes the whole world look like one of them.
   */
  readonly isHere: boolean
  halfOpen: number
  saved: number
  countedAt: Micros
}

export class Neighbourhoods {
  readonly #known = new Map<string, Neighbourhood>()
  #failures = 0
  #failuresSince: Micros = 0

  get size(): number {
    return this.#known.size
  }

  find(address: Uint8Array, now: Micros): Neighbourhood {
    const name = neighbourhoodOf(address)
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const fresh = { isHere: isLoopback(address), halfOpen: 0, saved: MOST_SAVED, countedAt: now }
    this.#known.set(name, fresh)
    if (this.#known.size > MOST_REMEMBERED) this.#known.delete(this.#known.keys().next().value!)
    return fresh
  }

  /** The handshake that was paid for led to nothing. */
  charge(neighbourhood: Neighbourhood, now: Micros): void {
    if (now >= this.#failuresSince + SECOND) {
      this.#failuresSince = now
      this.#failures = 0
    }
    this.#failures++
    neighbourhood.saved -= (this.#failures > MANY_FAILURES ? PRICE_IN_A_CROWD : PRICE_OF_FAILURE) - 1
  }
}

/** True: it may cost us one more handshake, and has paid for it. */
export function admits(neighbourhood: Neighbourhood, now: Micros): boolean {
  const earned = ((now - neighbourhood.countedAt) / SECOND) * EARNED_PER_SECOND
  neighbourhood.saved = Math.min(neighbourhood.saved + earned, MOST_SAVED)
  neighbourhood.countedAt = now
  if (neighbourhood.saved < 1) return false
  if (neighbourhood.isHere) return true
  if (neighbourhood.halfOpen >= MOST_UNCONFIRMED_NEIGHBOURS) return false
  neighbourhood.saved--
  return true
}
