// ACK_FREQUENCY 0x22: its sender would like one ACK for so many packets. The number orders the wishes, since frames overtake each other.

import { type Reader, varintBytes, type Writer } from './cursor.ts'
import { FrameType } from './frame-types.ts'

/** Reused by every call of `readAckFrequency`. */
export class AckFrequencyFrame {
  sequence = 0
  packetsPerAck = 0
}

/** Reads what follows the type byte; false: cut short. */
export function readAckFrequency(reader: Reader, into: AckFrequencyFrame): boolean {
  into.sequence = reader.varint()
  into.packetsPerAck = reader.varint()
  return !reader.failed
}

/** False: no room. */
export function writeAckFrequency(writer: Writer, sequence: number, packetsPerAck: number): boolean {
  if (writer.room < 1 + varintBytes(sequence) + varintBytes(packetsPerAck)) return false
  writer.u8(FrameType.ackFrequency)
  writer.varint(sequence)
  writer.varint(packetsPerAck)
  return true
}
