// PATH_CHALLENGE 0x1a and PATH_RESPONSE 0x1b, each followed by 8 bytes that only the addressed host can know (RFC 9000 §19.17).

import type { Reader, Writer } from './cursor.ts'

export const CHALLENGE_BYTES = 8

/** Returns a view of the 8 bytes, valid while the datagram is; the reader has failed if they are not all there. */
export function readChallenge(reader: Reader): Uint8Array {
  return reader.bytes(CHALLENGE_BYTES)
}

/** Writes a challenge or a response; false: no room. */
export function writeChallenge(writer: Writer, type: number, challenge: Uint8Array): boolean {
  if (writer.room < 1 + CHALLENGE_BYTES) return false
  writer.u8(type)
  writer.bytes(challenge)
  return true
}
