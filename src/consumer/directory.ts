// Which providers serve which service, as they have registered themselves. Pure: it is told, and it answers.

/** One provider's session as the directory and the balancer see it. */
export interface Provider {
  /** The instance id: stays the same when the provider comes back. */
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
}

export class Directory<P extends Provider> {
  readonly #byUuid = new Map<string, Registration<P>[]>()

  /** A provider that registers the same service again replaces what it said before. */
  add(registration: Registration<P>): void {
    this.remove(registration.provider, registration.uuid)
    const list = this.#byUuid.get(registration.uuid) ?? []
    list.push(registration)
    this.#byUuid.set(registration.uuid, list)
  }

  /** True: it was there. */
  remove(provider: P, uuid: string): boolean {
    const list = this.#byUuid.get(uuid)
    const at = list?.findIndex((registration) => registration.provider === provider) ?? -1
    if (list === undefined || at < 0) return false
    list.splice(at, 1)
    if (list.length === 0) this.#byUuid.delete(uuid)
    return true
  }

  /** The provider's session is gone. Answers the services that it served. */
  removeAll(provider: P): string[] {
    return [...this.#byUuid.keys()].filter((uuid) => this.remove(provider, uuid))
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
