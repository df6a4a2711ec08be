// The <tls> of links: what a listener shows and asks for, and what a pipe believes and shows.

import { Fields } from './fields.ts'
import type { Problems } from './problems.ts'
import { refuseRepeats } from './rules.ts'
import { attributeOf } from './setting.ts'
import { servicesIn } from './uuids.ts'

/** Paths as the file writes them: relative ones start at its folder. */
export interface ListenerTls {
  readonly certificatePath: string
  readonly privateKeyPath: string
  /** Null: providers need no certificate. */
  readonly caPath: string | null
  /** Empty: every certificate of `caPath` counts, for whatever the key of its provider allows. */
  readonly allows: readonly CertificateAllowance[]
}

/** What providers may serve whose certificate is for `name`. */
export interface CertificateAllowance {
  /** A DNS name, an IP address or a URI, as written. */
  readonly name: string
  /** UUIDs in lower case. Null: all. */
  readonly services: readonly string[] | null
}

/** Paths as the file writes them: relative ones start at its folder. */
export interface PipeTls {
  /** Null: the authorities that Node.js trusts. */
  readonly caPath: string | null
  /** A host name or an IP address. Null: the hostname that is dialled. */
  readonly serverName: string | null
  /** Null, as `privateKeyPath` then is too: none is shown. */
  readonly certificatePath: string | null
  readonly privateKeyPath: string | null
}

/** Null: there is no <tls>. */
export function readListenerTls(listener: Fields, problems: Problems): ListenerTls | null {
  const [element] = listener.groups('listenerTls')
  if (element === undefined) return null
  const tls = new Fields(element, 'listenerTls', problems)
  if (listener.text('carrier') === 'udp') problems.add(element, TLS_OVER_UDP)
  const allows = tls.isWritten('allow') ? tls.all('allow').filter(({ isSound }) => isSound) : []
  if (tls.isWritten('allow') && !tls.isWritten('ca')) problems.add(tls.placeOf('allow'), ALLOW_WITHOUT_CA)
  refuseRepeats(
    allows.map(({ value, place }) => ({ value: String(value).toLowerCase(), place })),
    problems,
    () => 'allow the same name; write all of its services in one <allow>',
  )
  return {
    certificatePath: tls.text('certificate'),
    privateKeyPath: tls.text('private_key'),
    caPath: tls.text('ca') || null,
    allows: allows.map((allow) => ({
      name: String(allow.value),
      services: servicesIn(attributeOf(allow, 'services')),
    })),
  }
}

const TLS_OVER_UDP =
  '<tls> is for tcp and websocket: there is no TLS over UDP, where the link is sealed by itself and keys say who is there; leave it out, or write <carrier>tcp</carrier>'
const ALLOW_WITHOUT_CA = '<allow> needs <ca> beside it: without it no provider shows a certificate'

/** Null: there is no <tls>. */
export function readPipeTls(pipe: Fields, problems: Problems): PipeTls | null {
  const [element] = pipe.groups('pipeTls')
  if (element === undefined) return null
  const tls = new Fields(element, 'pipeTls', problems)
  if (tls.isWritten('private_key')) tls.refuseAbsence('certificate')
  if (tls.isWritten('certificate')) tls.refuseAbsence('private_key')
  const { caPath, name } = believedBy(tls)
  return {
    caPath,
    serverName: name,
    certificatePath: tls.text('certificate') || null,
    privateKeyPath: tls.text('private_key') || null,
  }
}

/** By what the certificate of the other side is judged, be that a target or a consumer. */
export function believedBy(tls: Fields): { readonly caPath: string | null; readonly name: string | null } {
  return { caPath: tls.text('ca') || null, name: tls.text('name') || null }
}
