// The body of one request: a piece of the sample content that no other request of the run sends, so that answers which were
// exchanged among requests do not look right.

import type { Hash } from 'node:crypto'
import type { ClientRequest } from 'node:http'
import { CHUNK_BYTES, contentAt } from '../content.ts'

/** Far more than any run sends, and its line numbers fit into the content. */
const OFFSETS = 2 ** 31

export class Upload {
  sentBytes = 0
  readonly #offset: number
  readonly #bytes: number
  readonly #hash: Hash | null

  /** `hash` is fed with what is sent; null when nobody will ask. */
  constructor(offset: number, bytes: number, hash: Hash | null) {
    this.#offset = offset
    this.#bytes = bytes
    this.#hash = hash
  }

  /** Once, and only when all has been sent. */
  sha256(): string {
    return this.#hash?.digest('hex') ?? ''
  }

  /** Sends it at the pace of the other side. */
  sendTo(request: ClientRequest): void {
    while (this.#bytes - this.sentBytes > CHUNK_BYTES) {
      if (!request.write(this.#next(CHUNK_BYTES))) return void request.once('drain', () => this.sendTo(request))
    }
    const rest = this.#bytes - this.sentBytes
    if (rest === 0) request.end()
    else request.end(this.#next(rest))
  }

  #next(bytes: number): Buffer {
    const chunk = contentAt(this.#offset + this.sentBytes, bytes)
    this.sentBytes += bytes
    this.#hash?.update(chunk)
    return chunk
  }
}

/** Where in the sample content the body of request `number` begins: spread by the multiplication of Knuth's hashing. */
export function uploadOffset(seed: number, number: number): number {
  return (Math.imul(seed + number, 2_654_435_761) >>> 0) % OFFSETS
}
