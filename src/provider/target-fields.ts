// The fields of a request as they go to the target. A consumer has looked at the request already, but it may be another program by now:
// whatever a target could take for something else is looked at again, and the framing is written anew from what the head says apart.

import { isHopByHop } from '../http/field-kinds.ts'
import { type FieldList, fieldsThat, valuesOf } from '../http/fields.ts'
import type { RequestHead } from '../http/heads.ts'

/** They are told beside the fields. */
const TOLD_APART: ReadonlySet<string> = new Set(['content-length', 'expect'])

/** `host`: for clients of HTTP/1.0 that name none. Null: no consumer lets such a request through. */
export function targetFields(head: RequestHead, host: string): FieldList | null {
  const { method, target, body, expectsContinue, upgrade } = head
  // Node would write it in capitals: `connect` as CONNECT, and `head` as what has no body.
  if (method !== method.toUpperCase()) return null
  // Of a target that is a proxy an absolute one would ask for somebody else.
  if (!target.startsWith('/') && target !== '*') return null
  const fields = fieldsThat((name) => !(isHopByHop(name) || TOLD_APART.has(name)), head.fields)
  const hosts = valuesOf(fields, 'host').length
  if (hosts > 1) return null
  if (hosts === 0) fields.unshift('Host', host)
  if (body.kind === 'length') fields.push('Content-Length', String(body.bytes))
  if (body.kind === 'chunked') fields.push('Transfer-Encoding', 'chunked')
  if (expectsContinue) fields.push('Expect', '100-continue')
  if (upgrade !== null) fields.push('Connection', 'upgrade', 'Upgrade', upgrade)
  return fields
}
