// The two marks at the end of INIT and RESP. mac1 says that the sender has heard of the listener, mac2 that it gets what is sent to its
// address: it is made of mac1, which covers everything else, with the cookie that was sent there. Without one it is zero.

import type { Crypto } from '../ports.ts'
import { MAC_BYTES, MACS_BYTES } from '../wire/packet.ts'

/** Writes mac1 at `end`; what follows it stays as it is. */
export function writeMac1(crypto: Crypto, packet: Uint8Array, end: number): void {
  crypto.mac(packet, end, packet, end)
}

export function mac1Of(packet: Uint8Array): Uint8Array {
  return packet.subarray(packet.length - MACS_BYTES, packet.length - MAC_BYTES)
}

export function isMac1Right(crypto: Crypto, packet: Uint8Array): boolean {
  crypto.mac(packet, packet.length - MACS_BYTES, expected, 0)
  return crypto.equal(expected, mac1Of(packet))
}

/** Puts in place of mac2 what only somebody with this cookie can make. */
export function writeMac2(crypto: Crypto, packet: Uint8Array, cookie: Uint8Array): void {
  crypto.macWith(cookie, mac1Of(packet), MAC_BYTES, packet, packet.length - MAC_BYTES)
}

export function hasMac2(packet: Uint8Array): boolean {
  for (let at = packet.length - MAC_BYTES; at < packet.length; at++) if (packet[at] !== 0) return true
  return false
}

export function isMac2Right(crypto: Crypto, packet: Uint8Array, cookie: Uint8Array): boolean {
  crypto.macWith(cookie, mac1Of(packet), MAC_BYTES, expected, 0)
  return crypto.equal(expected, packet.subarray(packet.length - MAC_BYTES))
}

/** Overwritten by each check, and read at once. */
const expected = new Uint8Array(MAC_BYTES)
