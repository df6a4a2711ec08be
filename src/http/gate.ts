// The gate of http services: which requests are fit to be passed on. Node's parser has read them before, but it lets things through that
// other programs read differently (two Hosts, a length and chunks, HTTP/0.9 with fields …), and where two programs read one request
// differently, a second one can be hidden in it. A request is refused rather than mended: no honest client sends such.

import { requestFraming } from './body-framing.ts'
import { type BodyFraming, connectionOptions, type FieldList, isToken, listMembers, valuesOf } from './fields.ts'
import type { AnswerCode } from './own-answers.ts'
import { quoted } from './quoted.ts'
import { addressOf } from './request-target.ts'

/** More have only programs gone wrong. A server whose parser drops fields beyond some number must let more than these through. */
export const MOST_REQUEST_FIELDS = 100

/** A request as node's parser has it; the names there are `url` and `rawHeaders`. */
export interface RawRequest {
  readonly method: string
  readonly target: string
  readonly httpVersion: string
  readonly fields: FieldList
}

export type HttpVersion = '1.0' | '1.1'

/** A request that everybody reads in the same way. */
export interface FitRequest {
  readonly method: string
  /** In origin-form, or `*`. */
  readonly target: string
  /** The Host as it came; empty: an HTTP/1.0 client named none. */
  readonly authority: string
  readonly version: HttpVersion
  readonly body: BodyFraming
  /** The client waits for 100 before it sends the body. */
  readonly expectsContinue: boolean
  /** What the client offers to speak instead of HTTP/1; null: nothing that can be passed on. */
  readonly upgrade: string | null
  /** All that came. */
  readonly fields: FieldList
}

export type GateVerdict = { readonly fit: true; readonly request: FitRequest } | Refusal

/** `detail`: a sentence about what is wrong and what is allowed, without the stop. */
export interface Refusal {
  readonly fit: false
  readonly code: AnswerCode
  readonly detail: string
}

export function inspectRequest(raw: RawRequest): GateVerdict {
  const { method, httpVersion, fields } = raw
  if (fields.length > 2 * MOST_REQUEST_FIELDS)
    return refused('EDGERQ-HEAD-TOO-LARGE', `the request has more than ${MOST_REQUEST_FIELDS} fields`)
  if (httpVersion !== '1.0' && httpVersion !== '1.1')
    return unfit(`the version must be HTTP/1.1 or HTTP/1.0, not ${quoted(httpVersion)}`)
  if (method === 'CONNECT') return refused('EDGERQ-METHOD', 'CONNECT asks for a tunnel, and this is no proxy')
  const strange = strangeCharacters(raw)
  if (strange !== null) return unfit(strange)
  const address = addressOf(raw)
  if (typeof address === 'string') return unfit(address)
  const body = requestFraming(fields, httpVersion)
  if (typeof body === 'string') return unfit(body)
  // RFC 9110 §7.8 and §10.1.1: both are ignored in HTTP/1.0.
  const expectations = httpVersion === '1.1' ? valuesOf(fields, 'expect') : []
  if (!isKnownExpectation(expectations))
    return refused('EDGERQ-EXPECTATION', `Expect may be 100-continue, not ${quoted(expectations.join(', '))}`)
  const upgrade = httpVersion === '1.1' ? upgradeIn(fields) : null
  const hasContent = body.kind === 'chunked' || (body.kind === 'length' && body.bytes > 0)
  if (upgrade !== null && hasContent) return unfit('a request that asks for an upgrade may not have a body')
  const expectsContinue = expectations.length === 1 && hasContent
  const version = httpVersion
  const { target, authority } = address
  return { fit: true, request: { method, target, authority, version, body, expectsContinue, upgrade, fields } }
}

/** RFC 9110 §5.5 without obs-text, which programs read in several character sets. */
const NO_FIELD_VALUE = /[^\t\x20-\x7e]/
/** Blanks end it, and a fragment is never sent; what else RFC 3986 forbids is in use. */
const NO_TARGET = /[^\x21-\x7e]|#/

/** What is wrong with a character somewhere. Null: nothing. */
function strangeCharacters({ method, target, fields }: RawRequest): string | null {
  if (!isToken(method)) return `the method must be a token, not ${quoted(method)}`
  if (target === '' || NO_TARGET.test(target))
    return `the target must be visible ASCII without a fragment, not ${quoted(target)}`
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at]!
    if (!isToken(name)) return `the name of a field must be a token, not ${quoted(name)}`
    if (NO_FIELD_VALUE.test(fields[at + 1]!))
      return `the value of ${quoted(name)} must be ASCII without control characters`
  }
  return null
}

function isKnownExpectation(expectations: readonly string[]): boolean {
  return expectations.length === 0 || (expectations.length === 1 && expectations[0]!.toLowerCase() === '100-continue')
}

/**
 * What Upgrade offers, if Connection says that it is meant for us. Not HTTP/2: over a stream that is opaque from there on, requests would
 * pass that nobody has looked at; and many clients offer it with every request and mean nothing by it.
 */
function upgradeIn(fields: FieldList): string | null {
  if (!connectionOptions(fields).has('upgrade')) return null
  const offers = listMembers(valuesOf(fields, 'upgrade')).filter((protocol) => !/^h2c?(?:\/|$)/i.test(protocol))
  return offers.length === 0 ? null : offers.join(', ')
}

function unfit(detail: string): Refusal {
  return refused('EDGERQ-BAD-REQUEST', detail)
}

function refused(code: AnswerCode, detail: string): Refusal {
  return { fit: false, code, detail }
}
