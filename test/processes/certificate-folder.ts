// Certificates for programs of a test: an authority, and what it has issued, as files that configurations can name.

import { join } from 'node:path'
import { type Authority, authorityPaths, createAuthority, openAuthority } from '../../src/certificates/authority.ts'
import { createPair, pairPaths } from '../../src/certificates/pair-files.ts'
import { signedBy } from '../../src/certificates/x509.ts'
import type { Elements } from '../../stresstest/rig/daemon-config.ts'

const HOUR_MS = 3_600_000

export class CertificateFolder {
  readonly #path: string
  readonly #authority: Authority

  private constructor(path: string, authority: Authority) {
    this.#path = path
    this.#authority = authority
  }

  /** Makes an authority in a folder that is not there yet. */
  static async create(path: string): Promise<CertificateFolder> {
    await createAuthority(path, 'test authority', soon())
    return new CertificateFolder(path, openAuthority(path, Date.now()))
  }

  /** Of the authority's certificate. */
  get ca(): string {
    return authorityPaths(this.#path).certificate
  }

  /** `<certificate>` and `<private_key>` for a DNS name. */
  async issue(name: string): Promise<Elements> {
    const names = [{ type: 'dns', value: name }] as const
    const paths = pairPaths(join(this.#path, name))
    createPair(paths, await signedBy(this.#authority, { names, purposes: ['client', 'server'], validity: soon() }))
    return { certificate: paths.certificate, private_key: paths.privateKey }
  }
}

function soon() {
  const nowMs = Date.now()
  return { fromMs: nowMs - HOUR_MS, untilMs: nowMs + HOUR_MS }
}
