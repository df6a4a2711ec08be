// Reads the one line that a program prints when it serves: `NAME ready key=host:port key=host:port …`

export interface ReadyAddress {
  readonly host: string
  readonly port: number
}

export class ReadyLine {
  readonly #addresses = new Map<string, ReadyAddress[]>()

  constructor(line: string) {
    for (const [, key, host, port] of line.matchAll(/(\S+?)=(\[[^\]]+\]|[^\s:]+):(\d+)/g)) {
      const address = { host: host!.replace(/^\[|\]$/g, ''), port: Number(port) }
      this.#addresses.set(key!, [...(this.#addresses.get(key!) ?? []), address])
    }
  }

  /** All addresses of `udp`, of a service's UUID, or of a pipe; empty when the line does not name it. */
  addresses(key: string): readonly ReadyAddress[] {
    return this.#addresses.get(key) ?? []
  }

  port(key: string): number {
    const address = this.addresses(key)[0]
    if (address === undefined) throw new Error(`the ready line names no ${key}`)
    return address.port
  }
}
