// Certificates, keys and rules of TLS, as both TLS carriers and WebSockets over TLS use them.

import { isIP } from 'node:net'
import tls from 'node:tls'
import { CarrierError } from './carrier-error.ts'

/** Texts are PEM. */
export interface ListenTls {
  readonly cert: string
  readonly key: string
  /** Who signs the certificates that callers must show; null: none is asked for. */
  readonly ca: string | null
}

export interface DialTls {
  /** Who signs the certificate of the other side; null: the authorities that Node knows. */
  readonly ca: string | null
  /** A name or literal address that the other side's certificate must be for. */
  readonly servername: string
  /** What we show if we are asked; null, both of them: nothing. */
  readonly cert: string | null
  readonly key: string | null
}

/** Only here a connection's exported keys are its own (RFC 9266 §1), and client certificates travel encrypted. */
const MIN_VERSION = 'TLSv1.3'

/** Throws a `CarrierError` if the texts cannot be used. */
export function listenSettings({ cert, key, ca }: ListenTls): tls.TlsOptions {
  contextOf({ cert, key, ca }) // a server makes its own, and would fail in words that help nobody
  const mutual = ca === null ? {} : { ca, requestCert: true, rejectUnauthorized: true }
  return { cert, key, minVersion: MIN_VERSION, ...mutual }
}

/** Throws likewise. */
export function dialSettings({ servername, ...texts }: DialTls): tls.ConnectionOptions {
  return {
    secureContext: contextOf(texts),
    minVersion: MIN_VERSION,
    rejectUnauthorized: true,
    // A literal address may not be sent as a name (RFC 6066 §3); the certificate is compared with it in any case.
    servername: isIP(servername) === 0 ? servername : '',
    checkServerIdentity: (_, certificate) => tls.checkServerIdentity(servername, certificate),
  }
}

function contextOf(texts: Omit<DialTls, 'servername'>): tls.SecureContext {
  const given = Object.entries(texts).filter(([, text]) => text !== null)
  try {
    return tls.createSecureContext({ ...Object.fromEntries(given), minVersion: MIN_VERSION })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const what = `the certificate, key or authority for TLS cannot be used (${code ?? message})`
    throw new CarrierError(
      `${what}; give PEM files, the key without a passphrase and belonging to the certificate`,
      error as Error,
    )
  }
}
