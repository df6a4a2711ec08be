// The trace that a request leaves on its way: who sent it, by which hops, and under which id. What is said about that in a request is kept
// if its sender is trusted, and then we add ourselves to it; otherwise it begins with us. Only Via is kept in any case: it must show loops.

import { type FieldList, isToken, listMembers, valuesOf } from './fields.ts'
import type { FitRequest } from './gate.ts'
import { plainAddress } from './peer-address.ts'

export interface ForwardingFacts {
  /** As the client's socket tells it; undefined: the client is gone, or came by a Unix socket. */
  readonly clientAddress: string | undefined
  /** The client's address is one of a trusted proxy. */
  readonly isTrusted: boolean
  /** A token that no other consumer on the way has. */
  readonly hopName: string
  /** What the request is called here if nobody who is trusted has named it. */
  readonly requestId: string
}

/** RFC 7239 §6.3; the de-facto fields have taken it over. */
const UNKNOWN = 'unknown'

/** What clients speak to us. */
const PROTOCOL = 'http'

/** The fields that tell the way so far, us included; each once. */
export function tracesOf(request: FitRequest, facts: ForwardingFacts): string[] {
  const { fields, version, authority } = request
  const client = facts.clientAddress === undefined ? UNKNOWN : plainAddress(facts.clientAddress)
  const believed = facts.isTrusted ? fields : []
  const told = (name: string) => listMembers(valuesOf(believed, name)).join(', ')
  const traces = [
    ...['X-Forwarded-For', extended(told('x-forwarded-for'), client)],
    ...['X-Forwarded-Proto', told('x-forwarded-proto') || PROTOCOL],
  ]
  const host = told('x-forwarded-host') || authority
  if (host !== '') traces.push('X-Forwarded-Host', host)
  const forwarded = valuesOf(believed, 'forwarded').join(', ')
  // Behind an open quote our own element would be a part of theirs.
  if (forwarded !== '' && !hasOpenQuote(forwarded))
    traces.push('Forwarded', extended(forwarded, forwardedElement(client, authority)))
  const via = extended(valuesOf(fields, 'via').join(', '), `${version} ${pseudonym(facts.hopName)}`)
  return [...traces, 'Via', via, 'X-Request-Id', requestIdOf(fields, facts)]
}

/** Letters, digits and what ids of all kinds are made of; nothing that would need care in a log. */
const REQUEST_ID = /^[\w.~+/=:@-]{1,128}$/

/** What the request is called, here and further on. */
export function requestIdOf(fields: FieldList, facts: ForwardingFacts): string {
  const given = facts.isTrusted ? valuesOf(fields, 'x-request-id') : []
  return given.length === 1 && REQUEST_ID.test(given[0]!) ? given[0]! : facts.requestId
}

/** The request was here before. */
export function hasLooped(fields: FieldList, hopName: string): boolean {
  const own = pseudonym(hopName)
  return listMembers(valuesOf(fields, 'via')).some((hop) => hop.split(/[ \t]+/)[1] === own)
}

/** RFC 9110 §7.6.3. */
function pseudonym(hopName: string): string {
  return `edgerq-${hopName}`
}

function extended(list: string, last: string): string {
  return list === '' ? last : `${list}, ${last}`
}

/** RFC 7239 §4. */
function forwardedElement(client: string, authority: string): string {
  const node = client.includes(':') ? `"[${client}]"` : client
  const host = authority === '' ? '' : `;host=${isToken(authority) ? authority : `"${authority}"`}`
  return `for=${node};proto=${PROTOCOL}${host}`
}

function hasOpenQuote(text: string): boolean {
  let isOpen = false
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '"') isOpen = !isOpen
    else if (text[at] === '\\' && isOpen) at++
  }
  return isOpen
}
