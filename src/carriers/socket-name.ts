// Addresses as the kernel reads and writes them (struct sockaddr_in and sockaddr_in6), with host and port as people do.
//
//   IPv4   family 2 | port 2 | address 4 | zero 8                        16 bytes
//   IPv6   family 2 | port 2 | flow 4 | address 16 | scope 4             28 bytes
//
// Family and scope are in the machine's order, the port in the network's.

import type { BoundAddress } from './carrier.ts'
import type { Libc } from './libc.ts'

export const IPV4 = 2
export const IPV6 = 10

/** Room for either. */
export const MOST_NAME_BYTES = 28

const PORT_AT = 2
const IPV4_AT = 4
const IPV6_AT = 8
const SCOPE_AT = 24
const TEXT_BYTES = 46

export function nameBytesOf(family: number): number {
  return family === IPV4 ? 16 : MOST_NAME_BYTES
}

/** Names are written here, and kept as copies: what native code was given lies outside V8's heap, and takes twice as much. */
const WRITTEN = new Uint8Array(MOST_NAME_BYTES)

/** `host`: a literal of the family, IPv6 perhaps with a zone (`fe80::1%eth0`). */
export function writeName(libc: Libc, family: number, { host, port }: BoundAddress): Uint8Array {
  const name = WRITTEN.fill(0).subarray(0, nameBytesOf(family))
  const fields = new DataView(name.buffer)
  fields.setUint16(0, family, true)
  fields.setUint16(PORT_AT, port)
  const [address, zone] = host.split('%')
  libc.inet_pton(family, address!, name.subarray(family === IPV4 ? IPV4_AT : IPV6_AT))
  if (zone !== undefined) fields.setUint32(SCOPE_AT, libc.if_nametoindex(zone), true)
  return new Uint8Array(name)
}

/** As Node spells it: a zone stands behind addresses of one link alone. */
export function readName(libc: Libc, name: Uint8Array): BoundAddress {
  const fields = new DataView(name.buffer, name.byteOffset)
  const family = fields.getUint16(0, true)
  const port = fields.getUint16(PORT_AT)
  const address = name.subarray(family === IPV4 ? IPV4_AT : IPV6_AT)
  const host = libc.inet_ntop(family, address, new Uint8Array(TEXT_BYTES), TEXT_BYTES)!
  const scope = family === IPV4 ? 0 : fields.getUint32(SCOPE_AT, true)
  if (scope === 0 || !isLinkLocal(address)) return { host, port }
  return { host: `${host}%${libc.if_indextoname(scope, new Uint8Array(TEXT_BYTES)) ?? scope}`, port }
}

/** fe80::/10 (RFC 4291 §2.4). */
function isLinkLocal(address: Uint8Array): boolean {
  return address[0] === 0xfe && (address[1]! & 0xc0) === 0x80
}
