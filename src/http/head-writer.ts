// Writes heads: numbers as varints, texts as latin1 behind their length. One buffer is used again for all of them.

import type { BodyFraming, FieldList } from './fields.ts'
import { MOST_VARINT_BYTES, writeVarint } from './varint.ts'

/** Nearly every head fits. */
const SCRATCH_BYTES = 16_384

/** How a body's framing begins on the wire. */
export const BodyKind = { none: 0, length: 1, chunked: 2 } as const

export class HeadWriter {
  #buffer = new Uint8Array(SCRATCH_BYTES)
  #position = 0

  /** Begins a head; what an unfinished one has left is forgotten. */
  begin(): this {
    this.#position = 0
    return this
  }

  number(value: number): this {
    this.#makeRoom(MOST_VARINT_BYTES)
    this.#position = writeVarint(this.#buffer, this.#position, value)
    return this
  }

  /** Throws for a character that is not latin1: cut down to a byte it could become the end of a line. */
  text(text: string): this {
    this.number(text.length)
    this.#makeRoom(text.length)
    let seen = 0
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      seen |= code
      this.#buffer[this.#position + i] = code
    }
    if (seen > 0xff) throw new RangeError('a head holds latin1 only')
    this.#position += text.length
    return this
  }

  fields(fields: FieldList): this {
    this.number(fields.length / 2)
    for (const text of fields) this.text(text)
    return this
  }

  body(body: BodyFraming): this {
    this.number(BodyKind[body.kind])
    return body.kind === 'length' ? this.number(body.bytes) : this
  }

  finish(): Uint8Array {
    const head = this.#buffer.slice(0, this.#position)
    // A single huge head must not hold its memory for as long as the program lives.
    if (this.#buffer.length > SCRATCH_BYTES) this.#buffer = new Uint8Array(SCRATCH_BYTES)
    return head
  }

  #makeRoom(bytes: number): void {
    const needed = this.#position + bytes
    if (needed <= this.#buffer.length) return
    const grown = new Uint8Array(Math.max(needed, 2 * this.#buffer.length))
    grown.set(this.#buffer)
    this.#buffer = grown
  }
}
