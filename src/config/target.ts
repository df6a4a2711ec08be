// Where a service of provider.xml has its target, and how that is spoken to: the rules that reach over more than one element.

import { Fields } from './fields.ts'
import { type Problems, quote } from './problems.ts'
import { HEALTH_CHECKS, PROTOCOLS } from './schema.ts'
import { believedBy } from './tls.ts'

export type Target =
  | { readonly kind: 'tcp'; readonly hostname: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }

/** What the certificate of the target is judged by. */
export interface TargetTls {
  /** As written: a relative path starts at the folder of the configuration file. Null: the authorities that Node.js trusts. */
  readonly caPath: string | null
  /** A host name or an IP address. Null: `hostname` of the target, which then is no Unix socket. */
  readonly name: string | null
}

export type Health =
  | { readonly kind: (typeof HEALTH_CHECKS)[number]; readonly intervalSeconds: number }
  | { readonly kind: 'path'; readonly path: string; readonly intervalSeconds: number }

const TCP_ADDRESS = ['hostname', 'port']

/** Either a host and a port, or a Unix socket. */
export function readTarget(service: Fields, problems: Problems): Target {
  const isTcp = TCP_ADDRESS.some((name) => service.isWritten(name))
  if (service.isWritten('socket')) {
    if (isTcp)
      problems.add(
        service.placeOf('socket'),
        '<socket> may not stand beside <hostname> and <port>: one target, one address',
      )
    return { kind: 'unix', path: service.text('socket') }
  }
  if (isTcp) for (const name of TCP_ADDRESS) service.refuseAbsence(name)
  else problems.add(service.place, 'the target is missing in <service>; it must be <hostname> and <port>, or <socket>')
  return { kind: 'tcp', hostname: service.text('hostname'), port: service.number('port') }
}

/** Null: there is no <tls>. */
export function readTls(service: Fields, target: Target, problems: Problems): TargetTls | null {
  const [element] = service.groups('tls')
  if (element === undefined) return null
  const tls = new Fields(element, 'tls', problems)
  if (!isHttp(service)) {
    problems.add(element, '<tls> needs an http service: the bytes of a tcp service are carried untouched; leave it out')
  } else if (target.kind === 'unix' && !tls.isWritten('name')) {
    problems.add(
      element,
      '<name> is missing in <tls>; beside <socket> nothing else says whom the certificate must be for',
    )
  }
  return believedBy(tls)
}

export function readHealth(service: Fields, problems: Problems): Health {
  const intervalSeconds = service.attribute('health', 'interval')
  const path = service.text('health')
  if (!path.startsWith('/')) return { kind: service.word('health', HEALTH_CHECKS), intervalSeconds }
  if (!isHttp(service)) {
    // What the root says is not wrong there: it is this service that cannot have it.
    const place = service.isWritten('health') ? service.placeOf('health') : service.place
    problems.add(
      place,
      `${quote(path)} for <health> needs an http service; for a tcp service it must be connect or off`,
    )
  }
  return { kind: 'path', path, intervalSeconds }
}

/** What was refused counts as http: one problem is enough. */
function isHttp(service: Fields): boolean {
  return service.word('protocol', PROTOCOLS) === 'http'
}
