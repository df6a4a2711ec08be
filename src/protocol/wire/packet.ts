// hot
// The outside of every datagram: which kind it is, whose it is, and where its sealed part starts and ends.
//
//   INIT   1 | version 1 | token length 1 | 0 | dialler's id 8 | token | e 32 | static 48 | payload + 16 | mac1 16 | mac2 16
//   RESP   2 | version 1 | 0 0 | dialler's id 8 | listener's id 8 | e 32 | payload + 16 | mac1 16 | mac2 16
//   COOKIE 3 | version 1 | 0 0 | dialler's id 8 | nonce 12 | cookie 16 + 16                     56 bytes
//   RESET  5 | random 22 or more | token 16                                                  39 to 63 bytes in all
//   data   0x40 + key phase | receiver's id 8 | counter 8 | length 2 | frames + 16           64 bytes or more
//
// `length` counts what follows the header, tag included: several packets in one buffer can be told apart without the kernel's help.

import { CONNECTION_ID_BYTES, PROTOCOL_VERSION, SHORT_HEADER_BYTES } from '../limits.ts'
import { NONCE_BYTES, TAG_BYTES } from '../ports.ts'
import type { PacketNumber } from '../units.ts'
import { putWord, wordAt } from './cursor.ts'

export const PacketType = { init: 1, resp: 2, cookie: 3, reset: 5 } as const

/** Data packets: the high bits of byte 0; the low two are the key phase. */
export const DATA_PACKET = 0x40
export const KEY_PHASE_MASK = 0x03
export const MAC_BYTES = 16

/** Type, version, length of the token, a zero, the dialler's connection id; the token follows and belongs to the header. */
export const INIT_HEADER_BYTES = 4 + CONNECTION_ID_BYTES
/** Where the dialler's connection id stands in everything that belongs to a handshake. */
export const DIALLER_ID_AT = 4
const TOKEN_LENGTH_AT = 2
/** The same and the listener's connection id. */
export const RESP_HEADER_BYTES = 4 + 2 * CONNECTION_ID_BYTES
/** mac1 and mac2 at the end of both. */
export const MACS_BYTES = 2 * MAC_BYTES
/** A COOKIE is as long as its header, a nonce, and 16 bytes with their tag: always shorter than the INIT that it answers. */
export const COOKIE_BYTES = 16
export const COOKIE_PACKET_BYTES = INIT_HEADER_BYTES + NONCE_BYTES + COOKIE_BYTES + TAG_BYTES
/** Where the connection id stands in a data packet. */
export const DATA_CONNECTION_ID_AT = 1

const COUNTER_AT = DATA_CONNECTION_ID_AT + CONNECTION_ID_BYTES
const LENGTH_AT = COUNTER_AT + 8
const TWO_32 = 4_294_967_296
/** Counters at or above this are refused: 2^53 would no longer be exact. */
const LARGEST_COUNTER_HIGH = 0x1fffff

export function isDataPacket(firstByte: number): boolean {
  return (firstByte & ~KEY_PHASE_MASK) === DATA_PACKET
}

/** Where the sealed part of an INIT begins: behind the token, if it has one. */
export function initBodyAt(init: Uint8Array): number {
  return INIT_HEADER_BYTES + init[TOKEN_LENGTH_AT]!
}

/** Writes all of an INIT's header, token included; returns where the sealed part begins. */
export function writeInitHeader(init: Uint8Array, dialler: Uint8Array, token: Uint8Array): number {
  init[0] = PacketType.init
  init[1] = PROTOCOL_VERSION
  init[TOKEN_LENGTH_AT] = token.length
  init.set(dialler, DIALLER_ID_AT)
  init.set(token, INIT_HEADER_BYTES)
  return INIT_HEADER_BYTES + token.length
}

/** Writes all of a data header at `at` but its length. */
export function writeDataHeader(buffer: Uint8Array, at: number, connectionId: Uint8Array, counter: PacketNumber): void {
  buffer[at] = DATA_PACKET
  for (let i = 0; i < CONNECTION_ID_BYTES; i++) buffer[at + DATA_CONNECTION_ID_AT + i] = connectionId[i]!
  putWord(buffer, at + COUNTER_AT, Math.floor(counter / TWO_32))
  putWord(buffer, at + COUNTER_AT + 4, counter >>> 0)
}

/** Fills in the length once the frames are written. */
export function writeDataLength(buffer: Uint8Array, at: number, sealedBytes: number): void {
  buffer[at + LENGTH_AT] = sealedBytes >>> 8
  buffer[at + LENGTH_AT + 1] = sealedBytes
}

/** The end of the data packet that starts at `at`, or -1 if the header or the body it promises is not all there. */
export function dataPacketEnd(buffer: Uint8Array, at: number): number {
  if (buffer.length - at < SHORT_HEADER_BYTES) return -1
  const end = at + SHORT_HEADER_BYTES + buffer[at + LENGTH_AT]! * 256 + buffer[at + LENGTH_AT + 1]!
  return end > buffer.length ? -1 : end
}

/** The counter of the data packet at `at`, or -1 if it is beyond what a double counts exactly. */
export function dataPacketCounter(buffer: Uint8Array, at: number): PacketNumber {
  const high = wordAt(buffer, at + COUNTER_AT)
  return high > LARGEST_COUNTER_HIGH ? -1 : high * TWO_32 + wordAt(buffer, at + COUNTER_AT + 4)
}

/**
 * A connection id as a map key: its bytes 1 to 6. Ids are ours and random, so 48 bits are as unique as we make them;
 * byte 0 is kept for a worker's number and byte 7 is compared by whoever looks up.
 */
export function connectionKey(buffer: Uint8Array, at: number): number {
  return (buffer[at + 1]! * 256 + buffer[at + 2]!) * TWO_32 + wordAt(buffer, at + 3)
}

export function sameConnectionId(buffer: Uint8Array, at: number, id: Uint8Array): boolean {
  for (let i = 0; i < CONNECTION_ID_BYTES; i++) if (buffer[at + i] !== id[i]) return false
  return true
}
