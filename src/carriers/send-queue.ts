// What waits in the process until the kernel's buffer has room: in order, and bounded by whoever asks for `bytes` first.

import type { OutgoingBatch } from './carrier.ts'

/** Datagrams back to back, wherever they go. */
export type Sendable = Readonly<Pick<OutgoingBatch, 'buffer' | 'length' | 'segmentBytes'>>

export interface Waiting<To> extends Sendable {
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
  push(batch: Sendable, from: number, to: To): void {
    // Of its own size: a batch's whole buffer would be kept alive by one datagram in it.
    const buffer = new Uint8Array(batch.buffer.subarray(from, batch.length))
    const { length } = buffer
    this.#waiting.push({ buffer, length, segmentBytes: batch.segmentBytes, to })
    this.bytes += length
  }

  /** The first has left, up to `end` of its bytes. */
  advance(end: number): void {
    const first = this.#waiting[this.#next]!
    this.bytes -= end
    if (end < first.length) {
      this.#waiting[this.#next] = { ...first, buffer: first.buffer.subarray(end), length: first.length - end }
      return
    }
    this.#next++
    if (this.#next < this.#waiting.length) return
    this.#waiting = []
    this.#next = 0
  }
}
