// What OpenSSL's names for failures mean to an operator. Each sentence fits both sides: "ours" is the side that says it.

import type { TLSSocket } from 'node:tls'

const FOREIGN_AUTHORITY =
  "the other side's certificate comes from an authority that this side does not trust; give this side the certificate of that authority"
const NO_TLS_THERE = 'the other side speaks no TLS on this port; look which port and which carrier it listens with'
const OLD_TLS = 'the other side cannot speak TLS 1.3; renew its software, or what stands between'
const BAD_CERTIFICATE = 'the other side does not accept our certificate; its log says why'

const SENTENCES: ReadonlyMap<string, string> = new Map([
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', FOREIGN_AUTHORITY],
  ['UNABLE_TO_GET_ISSUER_CERT', FOREIGN_AUTHORITY],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', FOREIGN_AUTHORITY],
  ['SELF_SIGNED_CERT_IN_CHAIN', FOREIGN_AUTHORITY],
  [
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    "the other side's certificate is signed by itself and not trusted here; give this side that certificate as authority, or have one issued",
  ],
  ['CERT_HAS_EXPIRED', "the other side's certificate has expired; renew it there, or set the clock here"],
  ['CERT_NOT_YET_VALID', "the other side's certificate is not valid yet; compare the clocks of both sides"],
  ['CERT_REVOKED', "the other side's certificate was revoked; have a new one issued there"],
  [
    'INVALID_PURPOSE',
    "the other side's certificate is not meant for this (extended key usage); have one issued there for servers or clients, as it is",
  ],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    "the other side's certificate is for another name than the one that this side expects; correct the name here, or have it certified there",
  ],
  [
    'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE',
    'the other side showed no certificate; give it one that this side trusts',
  ],
  [
    'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    'the other side asks for a certificate and this side has none; give this side one that the other trusts',
  ],
  [
    'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
    'the other side does not trust the authority of our certificate; give it the certificate of that authority',
  ],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', 'the other side says that our certificate has expired; renew it here'],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED', 'the other side says that our certificate was revoked; renew it here'],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN', BAD_CERTIFICATE],
  ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', BAD_CERTIFICATE],
  ['ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE', BAD_CERTIFICATE],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', OLD_TLS],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', OLD_TLS],
  ['ERR_SSL_WRONG_VERSION_NUMBER', NO_TLS_THERE],
  ['ERR_SSL_HTTP_REQUEST', NO_TLS_THERE],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', NO_TLS_THERE],
])

/** Null: nothing that TLS names. */
export function explainTls(error: NodeJS.ErrnoException): string | null {
  const code = error.code ?? ''
  const sentence = SENTENCES.get(code)
  if (sentence !== undefined) return sentence
  if (!code.startsWith('ERR_SSL_') && !code.startsWith('ERR_TLS_')) return null
  return `TLS failed (${code}); compare the certificates and the TLS versions of both sides`
}

/** Why a caller's handshake failed. Of one whose certificate was not accepted the error says only that it ended. */
export function refusalOf(error: NodeJS.ErrnoException, socket: TLSSocket): NodeJS.ErrnoException {
  const code = socket.authorizationError as unknown as string | null // an `Error` for the types, a code in fact
  return code === null ? error : Object.assign(new Error(code, { cause: error }), { code })
}
