// Names for requests and connections: UUIDs of version 7, which sort by time. Asking the kernel for the random part of each one costs
// more than all the rest of it, so it is asked for many at once.

import { v7 } from 'uuid'
import { systemRandom } from '../runtime/system.ts'

const RANDOM_BYTES = 16
const ASKED_AT_ONCE = 256

const pool = new Uint8Array(RANDOM_BYTES * ASKED_AT_ONCE)
let used = pool.length

export function newRequestId(): string {
  if (used === pool.length) {
    systemRandom.fill(pool)
    used = 0
  }
  const random = pool.subarray(used, used + RANDOM_BYTES)
  used += RANDOM_BYTES
  return v7({ random })
}
