// The address of a client as people write it, whatever kind of socket it came in by.

/** Sockets for both families tell an IPv4 address so. */
const MAPPED_IPV4 = /^::ffff:(?=\d+\.)/i

/** Without the mapping into IPv6, and without the zone, which means something on this machine only. */
export function plainAddress(address: string): string {
  return address.replace(MAPPED_IPV4, '').replace(/%.*$/, '')
}
