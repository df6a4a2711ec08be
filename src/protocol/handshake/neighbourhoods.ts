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
/** Neighbourhoods that are remembered; the one that was seen first is forgotten first, and starts anew. */
const MOST_REMEMBERED = 4_096

export interface Neighbourhood {
  halfOpen: number
  saved: number
  countedAt: Micros
}

export class Neighbourhoods {
  readonly #known = new Map<string, Neighbourhood>()

  get size(): number {
    return this.#known.size
  }

  /** Who is there; null: the address is of this machine, and free. */
  find(address: Uint8Array, now: Micros): Neighbourhood | null {
    if (isLoopback(address)) return null
    const name = neighbourhoodOf(address)
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const fresh = { halfOpen: 0, saved: MOST_SAVED, countedAt: now }
    this.#known.set(name, fresh)
    if (this.#known.size > MOST_REMEMBERED) this.#known.delete(this.#known.keys().next().value!)
    return fresh
  }
}

/** True: it may cost us one more handshake, and has paid for it. */
export function admits(neighbourhood: Neighbourhood, now: Micros): boolean {
  const earned = ((now - neighbourhood.countedAt) / SECOND) * EARNED_PER_SECOND
  neighbourhood.saved = Math.min(neighbourhood.saved + earned, MOST_SAVED)
  neighbourhood.countedAt = now
  if (neighbourhood.saved < 1 || neighbourhood.halfOpen >= MOST_UNCONFIRMED_NEIGHBOURS) return false
  neighbourhood.saved--
  return true
}

/** The handshake that was paid for led to nothing. */
export function charge(neighbourhood: Neighbourhood): void {
  neighbourhood.saved -= PRICE_OF_FAILURE - 1
}
