// Which providers serve which service, as they have registered themselves. Pure: it is told, and it answers.

/** One provider's session as the directory and the balancer see it. */
export interface Provider {
  /** Stays the same when the provider comes back, and over all sessions that it has. */
  readonly instance: string
  readonly isSuspect: boolean
  readonly isDraining: boolean
  /** Streams it serves for us now. */
  readonly load: number
}

/** One service of one provider. */
export interface Registration<P extends Provider = Provider> {
  readonly provider: P
  readonly uuid: string
  readonly name: string
  /** False: the provider says that its target does not answer. */
  readonly isHealthy: boolean
  /** The same instance has registered it on another session since: it may have gone over to another carrier. */
  readonly newer: Registration<P> | null
}

/** What a provider says of a service. */
export type Offer<P extends Provider> = Omit<Registration<P>, 'newer'>

export class Directory<P extends Provider> {
  readonly #services = new Map<string, ServiceRoll<P>>()

  /** A provider that registers the same service again replaces what it said before. */
  add(offer: Offer<P>): void {
    let roll = this.#services.get(offer.uuid)
    if (roll === undefined) {
      roll = new ServiceRoll()
      this.#services.set(offer.uuid, roll)
    }
    roll.add(offer)
  }

  /** True: it was there. */
  remove(provider: P, uuid: string): boolean {
    const roll = this.#services.get(uuid)
    if (roll === undefined || !roll.remove(provider)) return false
    if (roll.all.length === 0) this.#services.delete(uuid)
    return true
  }

  /** False: the provider has not registered this service, or has said so before. */
  setHealth(provider: P, uuid: string, isHealthy: boolean): boolean {
    return this.#services.get(uuid)?.setHealth(provider, isHealthy) ?? false
  }

  /** Whether any session of this instance has registered it. */
  isServedBy(instance: string, uuid: string): boolean {
    return this.#services.get(uuid)?.has(instance) ?? false
  }

  /** In the order of registration. */
  providersOf(uuid: string): readonly Registration<P>[] {
    return this.#services.get(uuid)?.all ?? []
  }
}

/** A registration as it is kept: those of one instance know each other, so that choosing among thousands need not look for them. */
interface Entry<P extends Provider> extends Registration<P> {
  name: string
  isHealthy: boolean
  older: Entry<P> | null
  newer: Entry<P> | null
}

/** Who serves one service. Thousands may, and they may all come at once after a restart: nobody is searched for one by one. */
class ServiceRoll<P extends Provider> {
  /** In the order of registration. */
  readonly all: Entry<P>[] = []
  readonly #byProvider = new Map<P, Entry<P>>()
  readonly #newestOf = new Map<string, Entry<P>>()

  add({ provider, uuid, name, isHealthy }: Offer<P>): void {
    const known = this.#byProvider.get(provider)
    if (known !== undefined) {
      // In its place: a session is none the newer for saying it again.
      known.name = name
      known.isHealthy = isHealthy
      return
    }
    const older = this.#newestOf.get(provider.instance) ?? null
    const entry: Entry<P> = { provider, uuid, name, isHealthy, older, newer: null }
    if (older !== null) older.newer = entry
    this.#newestOf.set(provider.instance, entry)
    this.#byProvider.set(provider, entry)
    this.all.push(entry)
  }

  remove(provider: P): boolean {
    const entry = this.#byProvider.get(provider)
    if (entry === undefined) return false
    const { older, newer } = entry
    if (older !== null) older.newer = newer
    if (newer !== null) newer.older = older
    else if (older !== null) this.#newestOf.set(provider.instance, older)
    else this.#newestOf.delete(provider.instance)
    this.#byProvider.delete(provider)
    this.all.splice(this.all.indexOf(entry), 1)
    return true
  }

  setHealth(provider: P, isHealthy: boolean): boolean {
    const entry = this.#byProvider.get(provider)
    if (entry === undefined || entry.isHealthy === isHealthy) return false
    entry.isHealthy = isHealthy
    return true
  }

  has(instance: string): boolean {
    return this.#newestOf.has(instance)
  }
}
