// Clients for whom no provider is there now: each waits as long as the service's `hold` allows, and is told when that may have changed.

export interface WaitsForProvider {
  /** Somebody may serve it now. */
  place(): void
  /** It has waited long enough. */
  giveUp(): void
}

export class ProviderQueue<Client extends WaitsForProvider> {
  /** In the order in which they came. */
  readonly #waiting = new Map<Client, NodeJS.Timeout>()

  /** `untilMs` on the clock of `performance.now`. */
  wait(client: Client, untilMs: number): void {
    this.leave(client)
    const expire = () => {
      this.#waiting.delete(client)
      client.giveUp()
    }
    this.#waiting.set(client, setTimeout(expire, Math.max(0, untilMs - performance.now())))
  }

  leave(client: Client): void {
    clearTimeout(this.#waiting.get(client))
    this.#waiting.delete(client)
  }

  /** A provider has come, or has room again. */
  offer(): void {
    for (const client of [...this.#waiting.keys()]) {
      this.leave(client)
      client.place()
    }
  }
}
