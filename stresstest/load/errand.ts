// What each request sends and what its answer must be. Of the sample web server's answers every byte is known; of anybody else's it is
// known only that all that was announced must come, and that the same GET brings the same bytes again.

import { createHash } from 'node:crypto'
import {
  ANYTHING,
  type AnswerCheck,
  ContentAnswer,
  DigestAnswer,
  EchoedAnswer,
  type FirstAnswer,
  RepeatedAnswer,
} from './answer-check.ts'
import type { LoadPlan } from './plan.ts'
import { Upload, uploadOffset } from './upload.ts'

export interface Errand {
  readonly path: string
  readonly upload: Upload
  readonly check: AnswerCheck
}

/** `/bytes/N`, `/hash` and `/echo` of stresstest/web-server.ts. */
const KNOWN = /^\/(?:bytes\/(?<length>\d{1,15})|(?<hash>hash)|(?<echo>echo))$/

/** True when every byte of the answer is known beforehand. */
export function isSample(url: URL): boolean {
  return KNOWN.test(url.pathname)
}

/** `{id}`, also as the path of a URL spells it. */
const ID = /\{id\}|%7Bid%7D/g

/** Knows the errands of a plan by their number. */
export class Errands {
  /** A body that is known comes with a 200; any other is right with every status below 400. */
  readonly expectsOk: boolean
  readonly #plan: LoadPlan
  readonly #path: string
  readonly #known: Readonly<Record<string, string>>
  readonly #first: FirstAnswer = { sha256: null }

  constructor(plan: LoadPlan) {
    this.#plan = plan
    this.#path = `${plan.url.pathname}${plan.url.search}`
    const isChecked = plan.verify === 'content' && plan.method !== 'HEAD'
    this.#known = (isChecked ? KNOWN.exec(plan.url.pathname)?.groups : null) ?? {}
    this.expectsOk = Object.keys(this.#known).length > 0
  }

  errand(number: number): Errand {
    const { seed, body } = this.#plan
    const hash = this.#known.hash !== undefined || this.#known.echo !== undefined ? createHash('sha256') : null
    const upload = new Upload(uploadOffset(seed, number), body.bytes, hash)
    return { path: this.#pathOf(number), upload, check: this.#checkOf(upload) }
  }

  #pathOf(number: number): string {
    return this.#path.replace(ID, `${this.#plan.seed}-${number}`)
  }

  #checkOf(upload: Upload): AnswerCheck {
    const { length, hash, echo } = this.#known
    if (length !== undefined) return new ContentAnswer(Number(length))
    if (hash !== undefined) return new DigestAnswer(upload)
    if (echo !== undefined) return new EchoedAnswer(upload)
    return this.#isRepeated() ? new RepeatedAnswer(this.#first) : ANYTHING
  }

  #isRepeated(): boolean {
    const { verify, method } = this.#plan
    return verify === 'content' && method === 'GET' && this.#path.search(ID) === -1
  }
}
