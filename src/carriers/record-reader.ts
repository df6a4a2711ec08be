// hot
// Finds the records in a stream of bytes, however it is cut into chunks:
//
//   ┌────────────┬───────────────────┐
//   │ length (2) │ packet (1–16,384) │   big endian; the length counts the packet only
//   └────────────┴───────────────────┘

/** A packet on a stream is as large as the record of TLS that it will mostly travel in (RFC 8446 §5.1). */
export const MAX_RECORD_BYTES = 16_384

export const LENGTH_BYTES = 2

/** What may be said of a peer's bytes; `cut`: by those who know that a record should have ended. */
export const RecordVerdict = { ok: 0, tooLong: 1, empty: 2, cut: 3, tls: 4 } as const
export type RecordVerdict = (typeof RecordVerdict)[keyof typeof RecordVerdict]
export type BrokenRecord = Exclude<RecordVerdict, typeof RecordVerdict.ok>

/**
 * How TLS begins, a handshake and an alert (RFC 8446 §5.1), taken for a length. A first record of such a length there is not: the messages
 * of our handshake are shorter.
 */
const TLS_LENGTHS: readonly number[] = [0x16_03, 0x15_03]

const NOTHING = new Uint8Array(0)
const NONE = -1

export class RecordReader {
  readonly #onRecord: (record: Uint8Array) => void
  /** Records that were whole so far: whoever looks now and then sees whether one has come to its end. */
  records = 0
  /** The first half of a length whose second is in the next chunk. */
  #highByte = NONE
  /** Of the record whose bytes come next; 0: its length does. */
  #length = 0
  /** Where a record that lies in several chunks is put together; made for the first of them. */
  #held = NOTHING
  #heldBytes = 0
  #isStopped = false

  /** `onRecord`: borrows a record, from the chunk or from here, until it returns, and may write to it. */
  constructor(onRecord: (record: Uint8Array) => void) {
    this.#onRecord = onRecord
  }

  /** True: the end of a record is still to come. */
  get isMidway(): boolean {
    return this.#length > 0 || this.#highByte !== NONE
  }

  /** Nothing is told any more, not even what is left of a chunk that is being read. */
  stop(): void {
    this.#isStopped = true
  }

  /** After a verdict other than `ok` nobody knows where the next record would begin: the reader has stopped. */
  read(chunk: Uint8Array): RecordVerdict {
    let at = 0
    while (at < chunk.length && !this.#isStopped) {
      if (this.#length > 0) at = this.#readPacket(chunk, at)
      else if (this.#highByte === NONE) this.#highByte = chunk[at++]!
      else {
        this.#length = this.#highByte * 256 + chunk[at++]!
        this.#highByte = NONE
        const verdict = this.#verdictOfLength()
        if (verdict !== RecordVerdict.ok) {
          this.#isStopped = true
          return verdict
        }
      }
    }
    return RecordVerdict.ok
  }

  #verdictOfLength(): RecordVerdict {
    if (this.#length === 0) return RecordVerdict.empty
    if (this.#length > MAX_RECORD_BYTES) return RecordVerdict.tooLong
    return this.records === 0 && TLS_LENGTHS.includes(this.#length) ? RecordVerdict.tls : RecordVerdict.ok
  }

  /** Answers where in the chunk to go on. */
  #readPacket(chunk: Uint8Array, at: number): number {
    const end = at + this.#length - this.#heldBytes
    if (this.#heldBytes > 0 || end > chunk.length) return this.#hold(chunk, at, Math.min(end, chunk.length))
    this.#tell(chunk.subarray(at, end))
    return end
  }

  #hold(chunk: Uint8Array, at: number, end: number): number {
    if (this.#held === NOTHING) this.#held = new Uint8Array(MAX_RECORD_BYTES)
    this.#held.set(chunk.subarray(at, end), this.#heldBytes)
    this.#heldBytes += end - at
    if (this.#heldBytes === this.#length) this.#tell(this.#held.subarray(0, this.#length))
    return end
  }

  #tell(record: Uint8Array): void {
    this.#length = 0
    this.#heldBytes = 0
    this.records++
    this.#onRecord(record)
  }
}
