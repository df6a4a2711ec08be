// REKEY_INIT 0x20 and REKEY_RESP 0x21: the two messages of a further handshake, sealed like everything else in a packet.
//
//   REKEY_INIT   0x20 | number | e 32 | static 32 + 16 | 16        REKEY_RESP   0x21 | number | e 32 | 16
//
// `number` is that of the keys to come. The messages carry no payload, so their length is fixed.

import { TAG_BYTES } from '../ports.ts'
import type { Reader } from './cursor.ts'
import { FrameType } from './frame-types.ts'

const EPHEMERAL_BYTES = 32
const STATIC_BYTES = 32 + TAG_BYTES
export const REKEY_INIT_BYTES = EPHEMERAL_BYTES + STATIC_BYTES + TAG_BYTES
export const REKEY_RESP_BYTES = EPHEMERAL_BYTES + TAG_BYTES

export type RekeyType = typeof FrameType.rekeyInit | typeof FrameType.rekeyResp

export class RekeyFrame {
  type: RekeyType = FrameType.rekeyInit
  number = 0
  /** A view into the datagram. */
  message: Uint8Array = new Uint8Array(0)
}

/** Reads what follows the type; false: cut short or out of range. */
export function readRekey(reader: Reader, type: RekeyType, into: RekeyFrame): boolean {
  into.type = type
  into.number = reader.varint()
  into.message = reader.bytes(type === FrameType.rekeyInit ? REKEY_INIT_BYTES : REKEY_RESP_BYTES)
  return !reader.failed
}
