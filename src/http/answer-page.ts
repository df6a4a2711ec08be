// An answer of the tunnel's own as its client wants to read it: a page for people, JSON for programs. All that came from outside is
// cleaned and escaped here.

import { prefersHtml } from './accept.ts'
import { type AnswerWords, answerHtml } from './answer-html.ts'
import type { FieldList } from './fields.ts'
import { type AnswerCode, OWN_ANSWERS, REASONS } from './own-answers.ts'

/** What the request at hand adds to the table. */
export interface AnswerFacts {
  /** Stands in the logs of both sides. */
  readonly requestId: string
  /** The name of the service. */
  readonly service: string
  /** What exactly was wrong; may hold words of others. */
  readonly detail?: string
}

export interface RenderedAnswer {
  readonly status: number
  readonly reason: string
  readonly fields: FieldList
  /** To be sent as UTF-8, unless the method is HEAD. */
  readonly body: string
}

const MOST_TEXT_CHARACTERS = 256
/** Controls, and what turns the direction or the lines of a text: it could make the page say something else. */
const UNSHOWABLE = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu
/** A field's value is what some clients take less of than a page. */
const NOT_VISIBLE_ASCII = /[^\x21-\x7e]/g

/** `accept` is the client's field of that name. */
export function renderOwnAnswer(code: AnswerCode, facts: AnswerFacts, accept: string | undefined): RenderedAnswer {
  const words = wordsOf(code, facts)
  const isHtml = prefersHtml(accept)
  const body = isHtml ? answerHtml(words) : answerJson(words)
  const form = isHtml ? HTML_FIELDS : JSON_FIELDS
  return { status: words.status, reason: words.reason, fields: [...form, ...fieldsOf(words, body)], body }
}

const JSON_FIELDS: FieldList = ['Content-Type', 'application/json; charset=utf-8']
/** The page needs its own style and nothing else; whatever slipped into it must not run. */
const HTML_FIELDS: FieldList = [
  'Content-Type',
  'text/html; charset=utf-8',
  'Content-Security-Policy',
  "default-src 'none'; style-src 'unsafe-inline'",
]

function fieldsOf(words: AnswerWords, body: string): FieldList {
  const fields = ['Content-Length', String(Buffer.byteLength(body)), 'Cache-Control', 'no-store', 'Vary', 'Accept']
  fields.push('X-Edgerq-Error', words.code, 'X-Request-Id', words.requestId)
  if (words.retryAfterSeconds !== undefined) fields.push('Retry-After', String(words.retryAfterSeconds))
  return fields
}

function wordsOf(code: AnswerCode, { requestId, service, detail = '' }: AnswerFacts): AnswerWords {
  const answer = OWN_ANSWERS[code]
  return {
    ...answer,
    code,
    reason: REASONS[answer.status as keyof typeof REASONS],
    requestId: requestId.slice(0, MOST_TEXT_CHARACTERS).replace(NOT_VISIBLE_ASCII, ''),
    service: showable(service),
    detail: showable(detail),
  }
}

function showable(text: string): string {
  return text.slice(0, MOST_TEXT_CHARACTERS).replace(UNSHOWABLE, '')
}

/** Ends with a line end, for those who look at it in a terminal. */
function answerJson({ code, status, side, message, remedy, requestId, service, detail }: AnswerWords): string {
  const error = { code, status, side, message, remedy, requestId, service, ...(detail === '' ? {} : { detail }) }
  return `${JSON.stringify({ error })}\n`
}
