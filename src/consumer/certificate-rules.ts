// Which services the names of a certificate allow, as the <allow> elements of a listener say. Names are compared by what they are:
// DNS names without regard to case (RFC 4343), IP addresses as addresses, URIs as they are written.

import type { CertificateAllowance } from '../config/read.ts'
import { readNetwork } from '../keys/network.ts'

/** As a carrier tells it. */
export interface CertificateName {
  readonly kind: 'dns' | 'ip' | 'uri' | 'email'
  readonly value: string
}

/** UUIDs in lower case, or all that there are. */
export type Allowed = ReadonlySet<string> | 'all'

export class CertificateRules {
  readonly #allowed = new Map<string, Allowed>()

  /** None: every certificate counts, for every service. */
  constructor(allows: readonly CertificateAllowance[]) {
    for (const { name, services } of allows) {
      const key = keyOf({ kind: kindOf(name), value: name })
      if (key !== null) this.#allowed.set(key, services === null ? 'all' : new Set(services))
    }
  }

  /** What all names of one certificate allow together; null: nobody with these is let in. */
  allowedFor(names: readonly CertificateName[]): Allowed | null {
    if (this.#allowed.size === 0) return 'all'
    const found = names.flatMap((name) => this.#allowed.get(keyOf(name) ?? '') ?? [])
    if (found.length === 0) return null
    return found.includes('all') ? 'all' : new Set(found.flatMap((services) => [...services]))
  }
}

/** What an operator means: a DNS name has no colon, an address can be read as one. */
function kindOf(name: string): CertificateName['kind'] {
  if (bitsOf(name) !== null) return 'ip'
  return name.includes(':') ? 'uri' : 'dns'
}

/** The same for names that mean the same; null: it means nothing. */
function keyOf({ kind, value }: CertificateName): string | null {
  if (kind === 'dns') return `dns ${value.toLowerCase().replace(/\.$/, '')}`
  if (kind !== 'ip') return `${kind} ${value}`
  const bits = bitsOf(value)
  return bits && `ip ${bits}`
}

/** Null: no address. */
function bitsOf(address: string): string | null {
  return address.includes('/') ? null : (readNetwork(address)?.prefix ?? null)
}
