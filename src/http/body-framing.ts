// How long the body of a message is (RFC 9112 §6). All of request smuggling lives on two programs that answer this differently, so what
// can be read in two ways is not read at all.

import { type BodyFraming, type FieldList, valuesOf } from './fields.ts'
import { quoted } from './quoted.ts'

const NONE: BodyFraming = { kind: 'none' }
const CHUNKED: BodyFraming = { kind: 'chunked' }

/** How long the body of a request is, or what is wrong. */
export function requestFraming(fields: FieldList, httpVersion: string): BodyFraming | string {
  const lengths = valuesOf(fields, 'content-length')
  const codings = valuesOf(fields, 'transfer-encoding')
  if (codings.length === 0) return lengths.length === 0 ? NONE : lengthFraming(lengths)
  // RFC 9112 §6.1: whoever sent this does not know what it means.
  if (httpVersion !== '1.1') return 'Transfer-Encoding is for HTTP/1.1 only'
  if (lengths.length > 0) return 'the request has both Content-Length and Transfer-Encoding; it may have one of them'
  if (codings.length > 1) return `the request has ${codings.length} Transfer-Encoding fields; it may have one`
  if (codings[0]!.toLowerCase() === 'chunked') return CHUNKED
  return `the Transfer-Encoding of a request may be chunked, not ${quoted(codings[0]!)}`
}

/** How long the body of a target's answer is, if it has one. Null: nobody can tell, so the answer must not be passed on. */
export function answerFraming(fields: FieldList): BodyFraming | null {
  const lengths = valuesOf(fields, 'content-length')
  if (lengths.length === 0) return CHUNKED
  const framing = lengthFraming(lengths)
  return typeof framing === 'string' || valuesOf(fields, 'transfer-encoding').length > 0 ? null : framing
}

/** Leading zeros are octal to some. 16 digits hold 2^53 − 1, beyond which numbers stop being exact. */
const LENGTH = /^(?:0|[1-9]\d{0,15})$/

function lengthFraming(lengths: readonly string[]): BodyFraming | string {
  if (lengths.length > 1) return `the message has ${lengths.length} Content-Length fields; it may have one`
  const bytes = LENGTH.test(lengths[0]!) ? Number(lengths[0]) : Number.NaN
  if (Number.isSafeInteger(bytes)) return { kind: 'length', bytes }
  return `the Content-Length must be digits, at most ${Number.MAX_SAFE_INTEGER}, not ${quoted(lengths[0]!)}`
}
