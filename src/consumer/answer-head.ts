// The head of an answer as the client gets it.

import { answerFraming } from '../http/body-framing.ts'
import { type BodyFraming, type FieldList, fieldsThat, headText } from '../http/fields.ts'
import { answerFields } from '../http/forwarding.ts'
import type { HttpVersion } from '../http/gate.ts'
import type { AnswerHead } from '../http/heads.ts'

export const NO_BODY: BodyFraming = { kind: 'none' }

/**
 * The fields of a final answer whose body will be framed as `body` says, for a client of this version. The length goes out as what the
 * frames will hold; without a body it is the target's to say (RFC 9110 §8.6), but only once, and not for what never has one. A Trailer goes
 * only before chunks, which HTTP/1.0 does not know: node throws for any other.
 */
export function finalFields(head: AnswerHead, body: BodyFraming, version: HttpVersion): string[] {
  const keepsLength = body.kind === 'none' && head.status !== 204 && answerFraming(head.fields)?.kind === 'length'
  const fields = answerFields(head.fields, version === '1.0' ? NO_BODY : body)
  if (keepsLength) return fields
  const passed = withoutLength(fields)
  if (body.kind === 'length') passed.push('Content-Length', String(body.bytes))
  return passed
}

/** RFC 9110 §8.6: an interim answer has no length, and a client that believed one would wait for that body. */
export function interimFields(head: AnswerHead): string[] {
  return withoutLength(answerFields(head.fields, NO_BODY))
}

/** For what node's writer does not write. The decoders let no character through that could end a line. */
export function answerHeadText(status: number, reason: string, fields: FieldList): string {
  return headText(`HTTP/1.1 ${status} ${reason}`, fields)
}

function withoutLength(fields: FieldList): string[] {
  return fieldsThat((name) => name !== 'content-length', fields)
}
