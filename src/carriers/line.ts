// hot
// One connection as its carrier sees it: a number, records in, records out.

import type { OutgoingBatch } from './carrier.ts'
import type { Connection } from './connection.ts'
import { type BrokenRecord, RecordReader, RecordVerdict } from './record-reader.ts'
import { isLarge, recordBytes, type WriteBuffers, type WriteOwner, writeRecords } from './record-writer.ts'

/** What may wait for the system before the sender is asked to: four batches, a tenth of a second at 20 Mbit/s. */
export const MAX_QUEUED_BYTES = 256 * 1_024

/** How long a record may take once it has begun: 16 KiB at 4 kbit/s. */
export const RECORD_WITHIN_MS = 30_000

export interface LineOwner {
  readonly buffers: WriteBuffers
  onRecord(path: number, record: Uint8Array): void
  onWritable(path: number): void
  /** The peer broke the form of records: the connection is of no more use. */
  onBroken(line: Line, verdict: BrokenRecord): void
}

export class Line implements WriteOwner {
  readonly path: number
  readonly connection: Connection
  /** False from when too much waited until less does. */
  isWritable = true
  readonly onTaken = (): void => {
    if (this.isWritable || this.connection.queuedBytes >= MAX_QUEUED_BYTES) return
    this.isWritable = true
    this.#owner.onWritable(this.path)
  }

  readonly #owner: LineOwner
  readonly #reader: RecordReader
  /** How many records were whole when it was last looked, and since when no other has been. */
  #recordsSeen = 0
  #midwaySinceMs = 0

  constructor(path: number, connection: Connection, owner: LineOwner) {
    this.path = path
    this.connection = connection
    this.#owner = owner
    this.#reader = new RecordReader((record) => owner.onRecord(path, record))
    connection.onBytes = this.#onBytes
  }

  /** Nothing that arrives is told any more. */
  stop(): void {
    this.#reader.stop()
  }

  /** Takes the whole batch in any case. */
  send(batch: OutgoingBatch): void {
    for (let at = 0; at < batch.length; ) at = this.#write(batch, at)
    if (this.connection.queuedBytes >= MAX_QUEUED_BYTES) this.isWritable = false
  }

  /** True: a record has begun and takes too long. To be asked once a second. */
  isStalled(nowMs: number): boolean {
    if (!this.#reader.isMidway || this.#reader.records !== this.#recordsSeen) {
      this.#recordsSeen = this.#reader.records
      this.#midwaySinceMs = nowMs
    }
    return nowMs - this.#midwaySinceMs >= RECORD_WITHIN_MS
  }

  #write(batch: OutgoingBatch, at: number): number {
    const bytes = recordBytes(batch.length - at, batch.segmentBytes)
    if (!isLarge(bytes)) {
      const own = Buffer.allocUnsafe(bytes)
      const next = writeRecords(batch, at, own)
      this.connection.write(own, this.onTaken)
      return next
    }
    const write = this.#owner.buffers.take(this)
    const next = writeRecords(batch, at, write.bytes)
    this.connection.write(write.bytes.subarray(0, recordBytes(next - at, batch.segmentBytes)), write.onTaken)
    return next
  }

  readonly #onBytes = (bytes: Uint8Array): void => {
    const verdict = this.#reader.read(bytes)
    if (verdict !== RecordVerdict.ok) this.#owner.onBroken(this, verdict)
    else if (this.connection.hasMessages && this.#reader.isMidway) this.#owner.onBroken(this, RecordVerdict.cut)
  }
}
