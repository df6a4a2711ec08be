// The far end of a stream under a test's hand: reads as fast as it is told, writes at the pace of the stream.

import { StreamCode, type StreamHandle } from '../../src/protocol/index.ts'
import type { StreamOwner } from '../../src/runtime/stream-owner.ts'

export class Talker implements StreamOwner {
  readonly stream: StreamHandle
  readonly chunks: Uint8Array[] = []
  bytesRead = 0
  bytesWritten = 0
  /** False: bytes wait, and hold back the other side. */
  reads: boolean
  #toWrite: Uint8Array = new Uint8Array(0)
  #finishes = false

  constructor(stream: StreamHandle, pace: 'reads' | 'waits' = 'reads') {
    this.stream = stream
    this.reads = pace === 'reads'
    stream.owner = this
    this.onStreamReady()
  }

  /** Writes `bytes` piece by piece, then ends the half. */
  say(bytes: Uint8Array): void {
    this.#toWrite = bytes
    this.#finishes = true
    this.#write()
  }

  readOn(): void {
    this.reads = true
    this.onStreamReady()
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString()
  }

  get hasEnded(): boolean {
    return this.stream.readState === 'ended'
  }

  /** The name of the reset's code; empty: there is none. */
  get reset(): string {
    return this.stream.readState === 'reset' ? nameOf(this.stream.resetCode) : ''
  }

  onStreamReady(): void {
    this.#write()
    if (!this.reads) return
    for (let bytes = this.stream.read(); bytes !== null; bytes = this.stream.read()) {
      this.bytesRead += bytes.length
      this.chunks.push(bytes)
      this.stream.release(bytes.length)
    }
  }

  #write(): void {
    const piece = 65_536
    while (this.bytesWritten < this.#toWrite.length && this.stream.isWritable) {
      const next = this.#toWrite.subarray(this.bytesWritten, this.bytesWritten + piece)
      this.stream.write(next)
      this.bytesWritten += next.length
    }
    if (this.#finishes && this.bytesWritten === this.#toWrite.length) this.stream.finish()
  }
}

function nameOf(code: number): string {
  return Object.entries(StreamCode).find(([, number]) => number === code)?.[0] ?? String(code)
}
