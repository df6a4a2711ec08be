// Which provider takes the next stream. First by how likely it is to serve it at all, then by the method of the configuration. Of several
// sessions of one provider that are equally likely the newest takes it: the provider has gone over to it.

import type { Provider, Registration } from './directory.ts'

export type BalanceMethod = 'least' | 'round_robin' | 'source_hash'

/** Draining providers and those that were tried already are never chosen. */
export class Balancer {
  readonly #method: BalanceMethod
  #turn = 0

  constructor(method: BalanceMethod) {
    this.#method = method
  }

  /** Null: nobody is left. `source` is the client's address, for `source_hash`. */
  choose<P extends Provider>(all: readonly Registration<P>[], tried: ReadonlySet<P>, source: string): P | null {
    if (all.length === 1) return isOut(all[0]!.provider, tried) ? null : all[0]!.provider
    let best = Number.POSITIVE_INFINITY
    let equals: Registration<P>[] = []
    for (const candidate of all) {
      if (isOut(candidate.provider, tried)) continue
      const doubts = doubt(candidate)
      if (doubts < best) equals = []
      if (doubts <= best) equals.push(candidate)
      best = Math.min(best, doubts)
    }
    if (equals.length === 0) return null
    const newest = equals.filter((candidate) => !isOutdone(candidate, best, tried))
    return this.#pick(newest, source)
  }

  #pick<P extends Provider>(equals: readonly Registration<P>[], source: string): P {
    switch (this.#method) {
      case 'least':
        return least(equals, this.#turn++)
      case 'round_robin':
        return equals[this.#turn++ % equals.length]!.provider
      case 'source_hash':
        return heaviest(equals, source)
    }
  }
}

function isOut<P extends Provider>(provider: P, tried: ReadonlySet<P>): boolean {
  return provider.isDraining || tried.has(provider)
}

/** The same provider has a newer session that is no more doubtful. */
function isOutdone<P extends Provider>(candidate: Registration<P>, best: number, tried: ReadonlySet<P>): boolean {
  for (let { newer } = candidate; newer !== null; newer = newer.newer) {
    if (!isOut(newer.provider, tried) && doubt(newer) === best) return true
  }
  return false
}

/** A silent path is worse than nothing better; a target that does not answer is worse still, but may be back before its next probe. */
function doubt({ provider, isHealthy }: Registration): number {
  return (isHealthy ? 0 : 2) + (provider.isSuspect ? 1 : 0)
}

/** The least loaded; among equals each in turn, so that idle providers share the first streams too. */
function least<P extends Provider>(equals: readonly Registration<P>[], turn: number): P {
  let best = equals[turn % equals.length]!.provider
  let leastLoad = best.load
  for (const { provider } of equals) {
    if (leastLoad === 0) break
    const { load } = provider
    if (load >= leastLoad) continue
    best = provider
    leastLoad = load
  }
  return best
}

/** Rendezvous hashing: a provider that goes or comes moves only its own share of the clients. */
function heaviest<P extends Provider>(equals: readonly Registration<P>[], source: string): P {
  let best = equals[0]!.provider
  let most = -1
  for (const { provider } of equals) {
    const own = weight(source, provider)
    if (own <= most) continue
    best = provider
    most = own
  }
  return best
}

function weight(source: string, provider: Provider): number {
  return fnv1a(`${source}|${provider.instance}`)
}

/** FNV-1a, 32 bits: short, well spread; nobody gains by choosing an address for it. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  // The low bits of FNV mix late characters poorly; one more round spreads them.
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b)
  return (hash ^ (hash >>> 13)) >>> 0
}
