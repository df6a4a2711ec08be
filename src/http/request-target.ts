// Whom and what a request asks for: the forms of a request target (RFC 9112 §3.2) and the Host beside it. Two programs that believe
// different ones of the two would see different requests, so they must agree here.

import { isIPv6 } from 'node:net'
import { type FieldList, valuesOf } from './fields.ts'
import { quoted } from './quoted.ts'

export interface Address {
  /** In origin-form, or `*`. */
  readonly target: string
  /** The Host as it came; empty: an HTTP/1.0 client named none. */
  readonly authority: string
}

export interface Addressed {
  readonly method: string
  readonly target: string
  readonly httpVersion: string
  readonly fields: FieldList
}

/** The address, or what is wrong with it. The characters of the target have been looked at before. */
export function addressOf(request: Addressed): Address | string {
  const hosts = valuesOf(request.fields, 'host')
  if (hosts.length > 1) return `the request has ${hosts.length} Host fields; it must have one`
  if (hosts.length === 0 && request.httpVersion === '1.1') return 'the request has no Host field; HTTP/1.1 asks for one'
  const host = hosts[0] ?? ''
  if (hosts.length === 1 && !isAuthority(host))
    return `the Host must be a name or an IP address, with or without a port, not ${quoted(host)}`
  const { target, method } = request
  if (target.startsWith('/')) return { target, authority: host }
  if (target === '*') return method === 'OPTIONS' ? { target, authority: host } : 'only OPTIONS may have the target *'
  return fromAbsolute(target, method, host)
}

/** Scheme, authority, and the path and query behind it. */
const ABSOLUTE = /^(https?):\/\/([^/?]*)(.*)$/i

const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' }

function fromAbsolute(target: string, method: string, host: string): Address | string {
  const [, scheme = '', authority = '', rest = ''] = ABSOLUTE.exec(target) ?? []
  if (scheme === '') return `the target must be a path, or begin with http:// or https://, not ${quoted(target)}`
  if (!isAuthority(authority)) return `the target names no host that can be: ${quoted(authority)}`
  const port = DEFAULT_PORTS[scheme.toLowerCase()]!
  if (host !== '' && withPort(authority, port) !== withPort(host, port))
    return `the target is on ${quoted(authority)}, but the Host field says ${quoted(host)}; they must be the same`
  // RFC 9112 §3.2.4: this is how a client asks a proxy for the target *.
  if (method === 'OPTIONS' && rest === '') return { target: '*', authority: host || authority }
  return { target: rest.startsWith('/') ? rest : `/${rest}`, authority: host || authority }
}

/** A host as it is compared, in which the default port is told. */
function withPort(authority: string, port: string): string {
  const lower = authority.toLowerCase()
  return /:\d+$/.test(lower) ? lower : `${lower}:${port}`
}

/**
 * RFC 3986 would let nearly anything be a name, `%00` and `a,b` too. Names that are looked up in DNS have only these characters, and nothing
 * else should reach those that log them or route by them.
 */
const AUTHORITY = /^([\w.-]{1,255}|\[[\da-f:.]{2,45}\])(?::(\d{1,5}))?$/i
const MOST_PORT = 65_535

function isAuthority(text: string): boolean {
  const [, host, port] = AUTHORITY.exec(text) ?? []
  if (host === undefined || Number(port ?? 0) > MOST_PORT) return false
  return !host.startsWith('[') || isIPv6(host.slice(1, -1))
}
