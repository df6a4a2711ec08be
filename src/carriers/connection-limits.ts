// Who may be connected to a listener without a session, how many of them, and for how long. Knows no sockets and no clock.

import { addressBytes } from './address-bytes.ts'

/** A whole site of providers comes back at once after a restart; a stranger costs a descriptor and a few kilobytes. */
export const MAX_STRANGERS = 256

/** From one IPv4 address or one IPv6 /64, which is what one customer has (RFC 6177). */
export const MAX_STRANGERS_OF_NETWORK = 16

/** A handshake takes two round trips and perhaps a repeat. */
export const STRANGER_MS = 5_000

/** Somebody who is connected. */
export interface Caller {
  readonly network: string
  /** Since when it has had no session; null: it has one. */
  strangerSinceMs: number | null
}

export class ConnectionLimits {
  readonly #ofNetwork = new Map<string, number>()
  #strangers = 0

  get strangers(): number {
    return this.#strangers
  }

  /** Why nobody more is let in from there; null: welcome. */
  refusalOf(host: string): string | null {
    if (this.#strangers >= MAX_STRANGERS) return `${MAX_STRANGERS} connections without a session are open already`
    const network = networkOf(host)
    if ((this.#ofNetwork.get(network) ?? 0) < MAX_STRANGERS_OF_NETWORK) return null
    return `${MAX_STRANGERS_OF_NETWORK} connections without a session are open already from there`
  }

  enter(host: string, nowMs: number): Caller {
    const caller: Caller = { network: networkOf(host), strangerSinceMs: nowMs }
    this.#count(caller, 1)
    return caller
  }

  /** Tells how it is with this caller now; true: it has been a stranger for too long. */
  look(caller: Caller, hasSession: boolean, nowMs: number): boolean {
    if (hasSession !== (caller.strangerSinceMs === null)) {
      this.#count(caller, hasSession ? -1 : 1)
      caller.strangerSinceMs = hasSession ? null : nowMs
    }
    return caller.strangerSinceMs !== null && nowMs - caller.strangerSinceMs >= STRANGER_MS
  }

  leave(caller: Caller): void {
    if (caller.strangerSinceMs !== null) this.#count(caller, -1)
  }

  #count(caller: Caller, change: 1 | -1): void {
    this.#strangers += change
    if (caller.network === LOOPBACK) return
    const count = (this.#ofNetwork.get(caller.network) ?? 0) + change
    if (count === 0) this.#ofNetwork.delete(caller.network)
    else this.#ofNetwork.set(caller.network, count)
  }
}

/** From there come stunnel and reverse proxies, which stand for many; they are not counted by network. */
const LOOPBACK = 'loopback'

const IPV6_NETWORK_BYTES = 8
const MAPPED_BYTES = 12

/** A literal address, as `addressBytes` takes it. */
function networkOf(host: string): string {
  const ip = Buffer.from(addressBytes(host, 0)).subarray(0, 16)
  if (isMapped(ip)) return ip[MAPPED_BYTES] === 127 ? LOOPBACK : ip.toString('hex')
  return isIpv6Loopback(ip) ? LOOPBACK : ip.toString('hex', 0, IPV6_NETWORK_BYTES)
}

function isMapped(ip: Uint8Array): boolean {
  return ip[10] === 0xff && ip[11] === 0xff && ip.subarray(0, 10).every((byte) => byte === 0)
}

function isIpv6Loopback(ip: Uint8Array): boolean {
  return ip[15] === 1 && ip.subarray(0, 15).every((byte) => byte === 0)
}
