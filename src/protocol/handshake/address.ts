// Addresses as the guards of a listener see them: bytes, of which the first are those that neighbours have in common.
//
//   IP address 16 (an IPv4 one behind ::ffff:, RFC 4291 §2.5.5.2) | port 2

import type { EndpointOptions } from '../api.ts'
import { hex } from '../hex.ts'
import type { PathId } from '../units.ts'
import { putWord } from '../wire/cursor.ts'

export const IP_BYTES = 16
export const ADDRESS_BYTES = IP_BYTES + 2

/** Whom one IPv6 customer gets (RFC 6177): whoever has one address of it has all. */
const IPV6_NEIGHBOURHOOD_BYTES = 8
const IPV4_AT = 12
const TWO_32 = 4_294_967_296

/** The bytes without the port: what a NAT leaves as it is. */
export function ipOf(address: Uint8Array): Uint8Array {
  return address.subarray(0, IP_BYTES)
}

/** Where a path leads; null: the carrier has forgotten it. Carriers without addresses have one for each path. */
export function addressAt({ addressOf }: Pick<EndpointOptions, 'addressOf'>, path: PathId): Uint8Array | null {
  return addressOf === undefined ? addressOfPath(path) : addressOf(path)
}

/** Only the port differs, if anything: the same machine, or the same NAT in front of it. An address that is forgotten is like no other. */
export function isSameIp(one: Uint8Array | null, other: Uint8Array | null): boolean {
  return one !== null && other !== null && ipOf(one).every((byte, at) => byte === other[at])
}

/** A name for all addresses that one and the same sender may have: an IPv4 address, a /64 of IPv6. */
export function neighbourhoodOf(address: Uint8Array): string {
  return hex(address.subarray(0, isIpv4(address) ? IP_BYTES : IPV6_NEIGHBOURHOOD_BYTES))
}

/** Of a program on this machine. */
export function isLoopback(address: Uint8Array): boolean {
  if (isIpv4(address)) return address[IPV4_AT] === 127
  for (let at = 0; at < IP_BYTES - 1; at++) if (address[at] !== 0) return false
  return address[IP_BYTES - 1] === 1
}

/** For carriers that have no addresses: each path is a neighbourhood of its own. */
export function addressOfPath(path: PathId): Uint8Array {
  const address = new Uint8Array(ADDRESS_BYTES)
  putWord(address, 0, Math.floor(path / TWO_32))
  putWord(address, 4, path >>> 0)
  address[ADDRESS_BYTES - 1] = 1
  return address
}

function isIpv4(address: Uint8Array): boolean {
  for (let at = 0; at < IPV4_AT; at++) if (address[at] !== (at < IPV4_AT - 2 ? 0 : 0xff)) return false
  return true
}
