// What an error of a connection to a target means, told from its code alone.

import { StreamCode } from '../protocol/index.ts'

export type TargetFailure = 'refused' | 'unreachable' | 'timedOut' | 'certificate' | 'badAnswer' | 'reset'

const BY_CODE: ReadonlyMap<string, TargetFailure> = new Map([
  ['ECONNREFUSED', 'refused'],
  ['ETIMEDOUT', 'timedOut'],
  ['ERR_SOCKET_CONNECTION_TIMEOUT', 'timedOut'],
  ['ECONNRESET', 'reset'],
  ['ECONNABORTED', 'reset'],
  ['EPIPE', 'reset'],
])

/** Node's TLS errors, OpenSSL's (what speaks no TLS at all is EPROTO or one of these), and the results of X509_verify_cert_error_string(3). */
const CERTIFICATE =
  /^(?:ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|CRL_|UNABLE_TO_|ERROR_IN_CERT_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_CA$|INVALID_PURPOSE$|PATH_LENGTH_|HOSTNAME_MISMATCH$)/

/** The parser's. */
const BAD_ANSWER = /^HPE_/

/** Of the addresses of one name: what was heard from the nearest to an answer. */
const NEAREST_FIRST: readonly TargetFailure[] = ['refused', 'timedOut', 'unreachable']

/** Anything unknown kept us from the target: a name that does not resolve, a socket file that is not there or not ours, no free port. */
export function failureOf(error: NodeJS.ErrnoException): TargetFailure {
  if (error instanceof AggregateError) return nearestOf(error.errors)
  const { code = '' } = error
  const known = BY_CODE.get(code)
  if (known !== undefined) return known
  if (BAD_ANSWER.test(code)) return 'badAnswer'
  return CERTIFICATE.test(code) ? 'certificate' : 'unreachable'
}

/**
 * What the consumer is told of a failure before the target had the first byte: nothing was carried out. Afterwards every failure is a bad
 * answer.
 */
export function streamCodeOf(error: NodeJS.ErrnoException): StreamCode {
  return CODES[failureOf(error)]
}

const CODES: Readonly<Record<TargetFailure, StreamCode>> = {
  refused: StreamCode.targetRefused,
  timedOut: StreamCode.targetTimedOut,
  certificate: StreamCode.targetCertificate,
  unreachable: StreamCode.targetUnreachable,
  badAnswer: StreamCode.targetUnreachable,
  reset: StreamCode.targetUnreachable,
}

/** Node reports none for a connection that takes too long. */
export function connectTimedOut(withinMs: number): NodeJS.ErrnoException {
  return Object.assign(new Error(`no connection within ${withinMs} ms`), { code: 'ETIMEDOUT' })
}

/** For logs. Several addresses that failed make one error whose own message is empty. */
export function causeOf(error: Error): string {
  if (!(error instanceof AggregateError)) return error.message
  return (error.errors as readonly Error[]).map(({ message }) => message).join('; ')
}

function nearestOf(errors: readonly NodeJS.ErrnoException[]): TargetFailure {
  const failures = errors.map(failureOf)
  return NEAREST_FIRST.find((failure) => failures.includes(failure)) ?? 'unreachable'
}
