// Addresses as people write them.

import { isIPv6 } from 'node:net'

/** Before an IPv4 address: the same, as an IPv6 socket spells it (RFC 4291 §2.5.5.2). */
export const MAPPED = '::ffff:'

/** An IPv4 peer of a dual-stack socket without what stands before it there. */
export function plainHost(host: string): string {
  return host.startsWith(MAPPED) && host.includes('.') ? host.slice(MAPPED.length) : host
}

/** An IPv6 address goes in brackets (RFC 3986 §3.2.2). */
export function hostAndPort(host: string, port: number): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`
}
