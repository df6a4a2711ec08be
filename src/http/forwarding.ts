// What of a message goes on to the other side: everything in its order, spelling and number, but not what speaks of this connection alone,
// and not what a client may not say about itself.

import { isDecisive, isHopByHop, mimicsOrigin, tellsOrigin } from './field-kinds.ts'
import { type BodyFraming, connectionOptions, type FieldList, fieldsThat } from './fields.ts'
import { type ForwardingFacts, tracesOf } from './forwarding-traces.ts'
import type { FitRequest } from './gate.ts'

export { type ForwardingFacts, hasLooped, requestIdOf } from './forwarding-traces.ts'

/** They are told beside the fields, and written anew by who sends the request to the target. */
const TOLD_APART: ReadonlySet<string> = new Set(['host', 'content-length', 'expect'])

/** They are written below in any case, and hold there what came in them if that is believed. */
const TRACES: ReadonlySet<string> = new Set([
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-request-id',
])

/** The fields of the request that goes to the target, Host first; without one if the client named none. */
export function requestFields(request: FitRequest, facts: ForwardingFacts): string[] {
  const options = connectionOptions(request.fields)
  const hasTrailers = request.body.kind === 'chunked'
  const passed = fieldsThat((name) => {
    if (TOLD_APART.has(name) || TRACES.has(name) || mimicsOrigin(name) || isOfConnection(name, options)) return false
    if (name === 'trailer') return hasTrailers
    return facts.isTrusted || !tellsOrigin(name)
  }, request.fields)
  const host = request.authority === '' ? [] : ['Host', request.authority]
  return [...host, ...passed, ...tracesOf(request, facts)]
}

/**
 * The fields of the answer that goes to the client with `body`. Its Content-Length is passed even where there is no body (HEAD, 304); who
 * calls this has made sure of it by `answerFraming`. A Trailer is passed only where one can follow, and Node throws for any other.
 */
export function answerFields(fields: FieldList, body: BodyFraming): string[] {
  const options = connectionOptions(fields)
  const isPassed = (name: string) => (name === 'trailer' ? body.kind === 'chunked' : !isOfConnection(name, options))
  return fieldsThat(isPassed, fields)
}

/** The fields of a 101, which has no body (RFC 9110 §8.6). Connection is made anew: the target's spoke of its own connection. */
export function switchingFields(fields: FieldList): string[] {
  const options = connectionOptions(fields)
  const isPassed = (name: string) => name === 'upgrade' || !(isBodily(name) || isOfConnection(name, options))
  return ['Connection', 'Upgrade', ...fieldsThat(isPassed, fields)]
}

/** What may come behind a body. The rest is dropped and not refused (RFC 9110 §6.5.1), for the body has long gone. */
export function trailerFields(fields: FieldList): string[] {
  return fieldsThat((name) => !(isHopByHop(name) || isDecisive(name) || mimicsOrigin(name)), fields)
}

function isOfConnection(name: string, options: ReadonlySet<string>): boolean {
  return isHopByHop(name) || (options.has(name) && !isDecisive(name))
}

function isBodily(name: string): boolean {
  return name === 'content-length' || name === 'trailer'
}
