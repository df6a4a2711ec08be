// Credit for bytes of a stream that are written to something which tells of each write when it has left: it goes back to the peer in the
// order of the stream, so that memory which a write still uses is never lent anew. Every byte that is read goes back exactly once.

import type { StreamHandle } from '../protocol/index.ts'

export class FlushedCredit {
  readonly #stream: StreamHandle
  /** Read and not released. */
  #heldBytes = 0
  /** Writes that have not left yet. */
  #writes = 0
  /** Used bytes behind the last write. */
  #looseBytes = 0

  constructor(stream: StreamHandle) {
    this.#stream = stream
  }

  /** The next bytes of the stream, or null. Each of them is then told of by one of the calls below. */
  read(): Uint8Array | null {
    const bytes = this.#stream.read()
    this.#heldBytes += bytes?.length ?? 0
    return bytes
  }

  /** So many bytes are needed no more: heads of frames, what was copied. */
  onUsed(bytes: number): void {
    if (this.#writes === 0) this.#release(bytes)
    else this.#looseBytes += bytes
  }

  /** Makes the callback for a write of so many bytes of the stream. */
  forWrite(bytes: number): () => void {
    this.#writes++
    return () => {
      this.#writes--
      this.#release(bytes)
      if (this.#writes > 0) return
      this.#release(this.#looseBytes)
      this.#looseBytes = 0
    }
  }

  /** So many bytes were read by somebody else, who leaves it to us to release them. */
  takeOver(bytes: number): void {
    this.#heldBytes += bytes
  }

  /** Somebody else releases so many of the bytes that were read. */
  handOver(bytes: number): void {
    this.#heldBytes -= bytes
  }

  /** What was being written to is closed: nothing of it will be looked at again. */
  releaseAll(): void {
    this.#release(this.#heldBytes)
  }

  #release(bytes: number): void {
    const released = Math.min(bytes, this.#heldBytes)
    if (released === 0) return
    this.#heldBytes -= released
    this.#stream.release(released)
  }
}
