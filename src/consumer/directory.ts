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
  isHealthy: boolean
  /** The same instance has registered it on another session since: it may have gone over to another carrier. Kept by the directory. */
  newer: Registration<P> | null
}

/** What a provider says of a service. */
export type Offer<P extends Provider> = Omit<Registration<P>, 'newer'>

export class Directory<P extends Provider> {
  readonly #byUuid = new Map<string, Registration<P>[]>()

  /** A provider that registers the same service again replaces what it said before. */
  add(offer: Offer<P>): void {
    const { provider, uuid, name, isHealthy } = offer
    const list = this.#byUuid.get(uuid) ?? []
    const at = list.findIndex((registration) => registration.provider === provider)
    // In its place: a session is none the newer for saying it again. Written out, since V8 gives each copy by `...` a shape of its own.
    list.splice(at < 0 ? list.length : at, at < 0 ? 0 : 1, { provider, uuid, name, isHealthy, newer: null })
    this.#byUuid.set(uuid, list)
    linkInstance(list, provider.instance)
  }

  /** True: it was there. */
  remove(provider: P, uuid: string): boolean {
    const list = this.#byUuid.get(uuid)
    const at = list?.findIndex((registration) => registration.provider === provider) ?? -1
    if (list === undefined || at < 0) return false
    list.splice(at, 1)
    linkInstance(list, provider.instance)
    if (list.length === 0) this.#byUuid.delete(uuid)
    return true
  }

  /** False: the provider has not registered this service, or has said so before. */
  setHealth(provider: P, uuid: string, isHealthy: boolean): boolean {
    const registration = this.#byUuid.get(uuid)?.find((candidate) => candidate.provider === provider)
    if (registration === undefined || registration.isHealthy === isHealthy) return false
    registration.isHealthy = isHealthy
    return true
  }

  /** In the order of registration. */
  providersOf(uuid: string): readonly Registration<P>[] {
    return this.#byUuid.get(uuid) ?? []
  }
}

/** From each registration of an instance to the next newer one. Done here, so that choosing among thousands need not look for them. */
function linkInstance<P extends Provider>(list: readonly Registration<P>[], instance: string): void {
  let newer: Registration<P> | null = null
  for (let at = list.length - 1; at >= 0; at--) {
    const registration = list[at]!
    if (registration.provider.instance !== instance) continue
    registration.newer = newer
    newer = registration
  }
}
