// Reads heads that a peer has written, and believes nothing: whatever comes out of here can be written to a socket as it is. What would
// be a second line, a second field or a second request there is refused here.

import { type BodyFraming, type FieldList, isToken } from './fields.ts'
import { BodyKind } from './head-writer.ts'
import { readVarint, varintBytesFrom } from './varint.ts'

/** Of one head; a gate lets far fewer in. */
export const MOST_FIELDS = 1_000

// What must not stand in a text. Asked for like this, and not for what may stand there, a search walks a text of 16 MiB once and needs no
// memory to go back.

/** RFC 9110 §5.5: controls, CR, LF and NUL above all. The upper half may stand: targets still use it. */
const NO_FIELD_TEXT = /[^\t\x20-\x7e\x80-\xff]/
/** Blanks too: a target stands between two of them. */
const NO_TARGET = /[^\x21-\x7e]/

/** Reads one payload from its beginning. Once something is wrong, `failed` stays and every value since is meaningless. */
export class HeadReader {
  readonly #bytes: Uint8Array
  /** The whole payload, of which every text is a part: one conversion instead of thirty. Texts that are kept keep all of it. */
  readonly #latin1: string
  #position = 0
  failed = false

  constructor(payload: Uint8Array) {
    this.#bytes = payload
    this.#latin1 = Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('latin1')
  }

  /** Everything was good, and nothing is left over. */
  get isWhole(): boolean {
    return !this.failed && this.#position === this.#bytes.length
  }

  number(): number {
    const left = this.#bytes.length - this.#position
    if (left === 0 || left < varintBytesFrom(this.#bytes[this.#position]!)) return this.#fail()
    const value = readVarint(this.#bytes, this.#position)
    if (value < 0) return this.#fail()
    this.#position += varintBytesFrom(this.#bytes[this.#position]!)
    return value
  }

  /** Yes is 1 and no is 0; there is no other truth. */
  isSet(): boolean {
    const value = this.number()
    if (value > 1) this.#fail()
    return value === 1
  }

  token(): string {
    const text = this.#text()
    return isToken(text) ? text : this.#refuse()
  }

  fieldText(): string {
    const text = this.#text()
    return NO_FIELD_TEXT.test(text) ? this.#refuse() : text
  }

  target(): string {
    const text = this.#text()
    return text === '' || NO_TARGET.test(text) ? this.#refuse() : text
  }

  fields(): FieldList {
    const count = this.number()
    if (count > MOST_FIELDS) this.#fail()
    const fields: string[] = []
    for (let i = 0; i < count && !this.failed; i++) fields.push(this.token(), this.fieldText())
    return fields
  }

  body(): BodyFraming {
    switch (this.number()) {
      case BodyKind.none:
        return { kind: 'none' }
      case BodyKind.length:
        return { kind: 'length', bytes: this.number() }
      case BodyKind.chunked:
        return { kind: 'chunked' }
      default:
        this.#fail()
        return { kind: 'none' }
    }
  }

  #text(): string {
    const length = this.number()
    const end = this.#position + length
    const text = this.#latin1.slice(this.#position, end)
    if (text.length !== length) return this.#refuse()
    this.#position = end
    return text
  }

  #refuse(): '' {
    this.#fail()
    return ''
  }

  #fail(): 0 {
    this.failed = true
    this.#position = this.#bytes.length
    return 0
  }
}
