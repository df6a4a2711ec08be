// What makes the body of an answer right, looked at as it arrives: nothing of it is kept.

import { createHash } from 'node:crypto'
import { ContentCheck } from '../content.ts'
import { BODY_SHORT, BODY_WRONG } from './failures.ts'
import type { Upload } from './upload.ts'

/** Looks at the body of one answer. */
export interface AnswerCheck {
  accept(chunk: Buffer): void
  /** At the end of a body of which no announced byte is missing: the name of what is wrong with it, or null. */
  failure(): string | null
}

/** For a body of which only the framing says anything. */
export const ANYTHING: AnswerCheck = { accept: () => {}, failure: () => null }

/** So many bytes of the sample content, from its beginning. */
export class ContentAnswer implements AnswerCheck {
  readonly #content = new ContentCheck()
  readonly #bytes: number
  #isWrong = false

  constructor(bytes: number) {
    this.#bytes = bytes
  }

  accept(chunk: Buffer): void {
    if (this.#isWrong) return
    try {
      this.#content.accept(chunk)
    } catch {
      this.#isWrong = true
    }
  }

  failure(): string | null {
    if (this.#isWrong || this.#content.receivedBytes > this.#bytes) return BODY_WRONG
    return this.#content.receivedBytes < this.#bytes ? BODY_SHORT : null
  }
}

/** JSON that tells how many bytes of which SHA-256 the server received. */
export class DigestAnswer implements AnswerCheck {
  readonly #upload: Upload
  #text = ''

  constructor(upload: Upload) {
    this.#upload = upload
  }

  accept(chunk: Buffer): void {
    if (this.#text.length < LONGEST_DIGEST) this.#text += chunk.toString('latin1')
  }

  failure(): string | null {
    const digest = parse(this.#text)
    const isRight = digest?.bytes === this.#upload.sentBytes && digest.sha256 === this.#upload.sha256()
    return isRight ? null : BODY_WRONG
  }
}

const LONGEST_DIGEST = 1000 // characters: it is some 100, and a wrong answer may be of any size

function parse(text: string): { readonly sha256?: unknown; readonly bytes?: unknown } | null {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** The bytes that were sent. */
export class EchoedAnswer implements AnswerCheck {
  readonly #upload: Upload
  readonly #hash = createHash('sha256')
  #receivedBytes = 0

  constructor(upload: Upload) {
    this.#upload = upload
  }

  accept(chunk: Buffer): void {
    this.#hash.update(chunk)
    this.#receivedBytes += chunk.length
  }

  failure(): string | null {
    if (this.#receivedBytes < this.#upload.sentBytes) return BODY_SHORT
    return this.#hash.digest('hex') === this.#upload.sha256() ? null : BODY_WRONG
  }
}

/** What the answers of one run are held against. */
export interface FirstAnswer {
  sha256: string | null
}

/** The same bytes as in the first answer that came whole. */
export class RepeatedAnswer implements AnswerCheck {
  readonly #first: FirstAnswer
  readonly #hash = createHash('sha256')

  constructor(first: FirstAnswer) {
    this.#first = first
  }

  accept(chunk: Buffer): void {
    this.#hash.update(chunk)
  }

  failure(): string | null {
    const sha256 = this.#hash.digest('hex')
    this.#first.sha256 ??= sha256
    return this.#first.sha256 === sha256 ? null : BODY_WRONG
  }
}
