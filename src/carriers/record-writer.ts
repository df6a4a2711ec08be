// hot
// A batch of datagrams as records, in a buffer that is used again once the system has taken it.

import type { OutgoingBatch } from './carrier.ts'
import { LENGTH_BYTES } from './record-reader.ts'

/** A whole batch (65,536 bytes) and the lengths of 2,048 datagrams; of smaller ones the batch goes out in two writes. */
export const MAX_WRITE_BYTES = 65_536 + 2_048 * LENGTH_BYTES

/** Below this a write gets memory of its own size: what waits for a slow peer then holds four times its bytes at most. */
const LEAST_SHARED_BYTES = MAX_WRITE_BYTES / 4

/** What the writes of all connections of a carrier in one turn of the event loop want at most; more are made and let go. */
const MAX_SPARE = 16

/** Told when the system has taken a write, or never will. */
export interface WriteOwner {
  readonly onTaken: () => void
}

/** Bytes to be written, and what to call when they were taken. */
export interface Write {
  readonly bytes: Buffer
  readonly onTaken: () => void
}

/** The buffers of a carrier that are large enough for any batch. */
export class WriteBuffers {
  readonly #spare: SharedWrite[] = []

  take(owner: WriteOwner): Write {
    const write = this.#spare.pop() ?? new SharedWrite(this.#spare)
    write.owner = owner
    return write
  }
}

class SharedWrite implements Write {
  readonly bytes = Buffer.allocUnsafeSlow(MAX_WRITE_BYTES)
  owner: WriteOwner | null = null
  readonly onTaken: () => void

  constructor(spare: SharedWrite[]) {
    this.onTaken = () => {
      const owner = this.owner
      this.owner = null
      if (spare.length < MAX_SPARE) spare.push(this)
      owner?.onTaken()
    }
  }
}

/** Bytes of the records of so many bytes of datagrams. */
export function recordBytes(bytes: number, segmentBytes: number): number {
  return bytes + LENGTH_BYTES * Math.ceil(bytes / segmentBytes)
}

/** True: worth a buffer that can take any batch. */
export function isLarge(bytes: number): boolean {
  return bytes >= LEAST_SHARED_BYTES
}

/** Writes the datagrams from `at` on as records, as many as there is room for; answers where in the batch the next begins. */
export function writeRecords(batch: OutgoingBatch, at: number, into: Buffer): number {
  let next = at
  let to = 0
  while (next < batch.length) {
    const bytes = Math.min(batch.segmentBytes, batch.length - next)
    if (to + LENGTH_BYTES + bytes > into.length) break
    into[to] = bytes >>> 8
    into[to + 1] = bytes
    into.set(batch.buffer.subarray(next, next + bytes), to + LENGTH_BYTES)
    to += LENGTH_BYTES + bytes
    next += bytes
  }
  return next
}
