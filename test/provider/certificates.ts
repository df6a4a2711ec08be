// Certificates for tests, made by openssl when they are asked for and gone afterwards. None is kept in the project: they expire.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** PEM texts. */
export interface Identity {
  readonly key: string
  readonly cert: string
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

export function hasOpenssl(): boolean {
  return spawnSync('openssl', ['version']).error === undefined
}

/** An authority of its own, and what it signs. */
export class Authority {
  readonly #folder = mkdtempSync(join(tmpdir(), 'edgerq-ca-'))
  #issued = 0

  constructor() {
    openssl(
      'req',
      '-x509',
      ...NEW_KEY,
      '-keyout',
      this.#path('ca.key'),
      '-out',
      this.certPath,
      '-subj',
      '/CN=test authority',
    )
  }

  get certPath(): string {
    return this.#path('ca.pem')
  }

  get cert(): string {
    return readFileSync(this.certPath, 'utf8')
  }

  /** `names`: as in `DNS:a.test,IP:127.0.0.1`. A negative number of days: expired. */
  issue(names: string, days = 1): Identity {
    const number = ++this.#issued
    const [key, request, cert] = ['key', 'csr', 'pem'].map((ending) => this.#path(`${number}.${ending}`)) as [
      string,
      string,
      string,
    ]
    openssl(
      'req',
      '-new',
      ...NEW_KEY,
      '-keyout',
      key,
      '-out',
      request,
      '-subj',
      '/CN=test',
      '-addext',
      `subjectAltName=${names}`,
    )
    const authority = ['-CA', this.certPath, '-CAkey', this.#path('ca.key'), '-CAcreateserial']
    openssl(
      'x509',
      '-req',
      '-in',
      request,
      ...authority,
      '-copy_extensions',
      'copy',
      '-days',
      String(days),
      '-out',
      cert,
    )
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #path(name: string): string {
    return join(this.#folder, name)
  }
}

function openssl(...args: readonly string[]): void {
  const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`openssl ${args[0]} failed: ${stderr}`)
}
