// What waits in the process until the kernel's buffer has room: in order, and bounded by whoever asks for `bytes` first.

import type { OutgoingBatch } from './carrier.ts'

export interface Waiting<To> {
  /** Of its own size: a batch's whole buffer would be kept alive by one datagram in it. */
  readonly buffer: Uint8Array
  readonly segmentBytes: number
  readonly to: To
}

export class SendQueue<To> {
  /** Sum of what waits. */
  bytes = 0
  #waiting: Waiting<To>[] = []
  #next = 0

  get first(): Waiting<To> | null {
    return this.#waiting[this.#next] ?? null
  }

  /** What of the batch stands behind `from`. */
  push(batch: OutgoingBatch, from: number, to: To): void {
    const buffer = new Uint8Array(batch.buffer.subarray(from, batch.length))
    this.#waiting.push({ buffer, segmentBytes: batch.segmentBytes, to })
    this.bytes += buffer.length
  }

  /** The first has left, up to `end` of its bytes. */
  advance(end: number): void {
    const { buffer, segmentBytes, to } = this.#waiting[this.#next]!
    this.bytes -= end
    if (end < buffer.length) {
      this.#waiting[this.#next] = { buffer: buffer.subarray(end), segmentBytes, to }
      return
    }
    this.#next++
    if (this.#next < this.#waiting.length) return
    this.#waiting = []
    this.#next = 0
  }
}
