// hot
// HMAC-SHA256 (RFC 2104) for the marks on packets, which strangers can make us compute ten thousand times a second. Two one-shot hashes take
// half the time of node:crypto's createHmac, whose objects also wait for the collector (bench/micro.ts).
//
//   SHA-256( key ⊕ 5c 5c … ‖ SHA-256( key ⊕ 36 36 … ‖ message ) )

import { hash } from 'node:crypto'

const BLOCK_BYTES = 64
const SUM_BYTES = 32
const INNER_PAD = 0x36
const OUTER_PAD = 0x5c
/** Every packet that bears a mark, with room to spare. */
const MOST_MESSAGE_BYTES = 2_048

// Overwritten by each call: no memory of its own for each packet.
const inner = Buffer.alloc(BLOCK_BYTES + MOST_MESSAGE_BYTES)
const outer = Buffer.alloc(BLOCK_BYTES + SUM_BYTES)
const sum = Buffer.alloc(SUM_BYTES)

/** The HMAC of what stands before `end`; overwritten by the next call. A key has a block at most: ours have 16 or 32 bytes. */
export function hmacOf(key: Uint8Array, message: Uint8Array, end: number): Uint8Array {
  if (key.length > BLOCK_BYTES || end > MOST_MESSAGE_BYTES) throw new RangeError('too long for a mark on a packet')
  for (let at = 0; at < BLOCK_BYTES; at++) {
    const byte = at < key.length ? key[at]! : 0
    inner[at] = byte ^ INNER_PAD
    outer[at] = byte ^ OUTER_PAD
  }
  inner.set(message.subarray(0, end), BLOCK_BYTES)
  // As text of one character for each byte, which is what a one-shot hash hands out fastest.
  outer.write(hash('sha256', inner.subarray(0, BLOCK_BYTES + end), 'binary'), BLOCK_BYTES, 'latin1')
  sum.write(hash('sha256', outer, 'binary'), 'latin1')
  return sum
}
