// hot
// Numbers for remote addresses, so that the core compares paths as integers and never sees a host name. Strangers can fill
// the table with forged source addresses, so what nobody uses is forgotten when it is full.

/** One remote address as seen from one local socket. Made once for each new address, not for each datagram. */
export interface RemoteAddress {
  readonly path: number
  /** Index of the carrier's socket that hears this address. */
  readonly socket: number
  /** As the socket spells it: an IPv4 peer of a dual-stack socket is `::ffff:192.0.2.1`. */
  readonly host: string
  readonly port: number
  /** The same as the kernel wants it, once something was sent there by system calls of our own. */
  name: Uint8Array | null
  /** Nobody cuts batches on the way there. */
  isUnbatched: boolean
}

/** Entries kept beyond those in use: a sweep then costs a flood of forged addresses less than one question each. */
export const SPARE_ENTRIES = 4_096

/** Room for the socket index beside a 16-bit port in one number. */
const PORTS = 65_536

const NOBODY: RemoteAddress = { path: 0, socket: -1, host: '', port: 0, name: null, isUnbatched: false }

/** Numbers are never given out twice, so a stale one means `unknown` and never somebody else. */
export class AddressBook {
  readonly #isInUse: (path: number) => boolean
  readonly #spareEntries: number
  readonly #byPath = new Map<number, RemoteAddress>()
  /** Host, then socket and port as one number: looking an address up builds no string. */
  readonly #byHost = new Map<string, Map<number, RemoteAddress>>()
  /** Most datagrams come from where the one before came from. */
  #last = NOBODY
  #nextPath = 1
  #sweepAt: number

  constructor(isInUse: (path: number) => boolean, spareEntries = SPARE_ENTRIES) {
    this.#isInUse = isInUse
    this.#spareEntries = spareEntries
    this.#sweepAt = spareEntries
  }

  get size(): number {
    return this.#byPath.size
  }

  /** The number of this address; a new one if it is unknown or was forgotten. */
  intern(socket: number, host: string, port: number): number {
    const last = this.#last
    if (last.port === port && last.socket === socket && last.host === host) return last.path
    const known = this.#byHost.get(host)?.get(socket * PORTS + port)
    this.#last = known ?? this.#add(socket, host, port)
    return this.#last.path
  }

  /** Null: never given out, or forgotten. */
  find(path: number): RemoteAddress | null {
    return this.#byPath.get(path) ?? null
  }

  #add(socket: number, host: string, port: number): RemoteAddress {
    if (this.#byPath.size >= this.#sweepAt) this.#forgetUnused()
    const ofHost = this.#byHost.get(host)
    const address = this.#newAddress(socket, sharedText(ofHost) ?? host, port)
    if (ofHost === undefined) this.#byHost.set(host, new Map([[socket * PORTS + port, address]]))
    else ofHost.set(socket * PORTS + port, address)
    return address
  }

  #newAddress(socket: number, host: string, port: number): RemoteAddress {
    const address = { path: this.#nextPath++, socket, host, port, name: null, isUnbatched: false }
    this.#byPath.set(address.path, address)
    return address
  }

  #forgetUnused(): void {
    for (const address of this.#byPath.values()) {
      if (!this.#isInUse(address.path)) this.#forget(address)
    }
    this.#last = NOBODY
    this.#sweepAt = this.#byPath.size + this.#spareEntries
  }

  #forget(address: RemoteAddress): void {
    this.#byPath.delete(address.path)
    const ofHost = this.#byHost.get(address.host)
    ofHost?.delete(address.socket * PORTS + address.port)
    if (ofHost?.size === 0) this.#byHost.delete(address.host)
  }
}

/** Of a host's addresses all have the same text, and not each a copy of it. */
function sharedText(ofHost: ReadonlyMap<number, RemoteAddress> | undefined): string | undefined {
  return ofHost?.values().next().value?.host
}
