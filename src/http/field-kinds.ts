// Which fields a tunnel may not pass on as they are. All names in lower case.

/** They speak of one connection, and we have another one behind us (RFC 9110 §7.6.1). */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
])

/** They say how a message is framed, routed, allowed or understood. */
const DECISIVE: ReadonlySet<string> = new Set([
  // framing
  'content-length',
  'expect',
  'trailer',
  'transfer-encoding',
  // routing
  'host',
  'max-forwards',
  'via',
  // who asks, and whether that is allowed
  'authorization',
  'cookie',
  'origin',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'referer',
  'set-cookie',
  'www-authenticate',
  'authentication-info',
  // how the content is to be read
  'content-encoding',
  'content-range',
  'content-type',
  // what is asked for, and under which condition
  'cache-control',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'pragma',
  'range',
  // what the answer is
  'age',
  'date',
  'expires',
  'location',
  'retry-after',
  'vary',
])

export function isHopByHop(name: string): boolean {
  return HOP_BY_HOP.has(name)
}

/**
 * What a message means hangs on such a field, so it has its one place in the head: Connection cannot take it away there (`Connection:
 * authorization` has opened doors), and a trailer cannot bring it later (RFC 9110 §6.5.1).
 */
export function isDecisive(name: string): boolean {
  return DECISIVE.has(name) || name.startsWith('sec-') || tellsOrigin(name)
}

/** It says where a request came from, which anybody can write; who is asked about it must be trusted. */
export function tellsOrigin(name: string): boolean {
  return ORIGIN.has(name) || name.startsWith('x-forwarded-')
}

const ORIGIN: ReadonlySet<string> = new Set(['forwarded', 'x-real-ip', 'x-request-id'])

/** Programs that make variables of fields (CGI, WSGI, PHP) cannot tell `X_Forwarded_For` from `X-Forwarded-For`. */
export function mimicsOrigin(name: string): boolean {
  return name.includes('_') && tellsOrigin(name.replaceAll('_', '-'))
}
