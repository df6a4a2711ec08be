// A certificate for tunnels that do not make their own, with its key in the one form that they read (PKCS #12). openssl makes both.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { isOnPath } from '../nginx.ts'

export interface Identity {
  /** It is signed by itself, so it is its own root. */
  readonly certificateFile: string
  readonly pkcs12File: string
  readonly password: string
  /** Whom it is for. */
  readonly name: string
}

const NAME = 'bench.invalid'
const PASSWORD = 'bench'

/** Null: it can be made. */
export function missingForIdentity(): string | null {
  return isOnPath('openssl') ? null : 'openssl, which makes its certificate, is not on the PATH'
}

export function makeIdentity(folder: string): Identity {
  const [keyFile, certificateFile] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  const pkcs12File = join(folder, 'identity.p12')
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile]
  const names = ['-subj', `/CN=${NAME}`, '-addext', `subjectAltName=DNS:${NAME}`]
  openssl('req', '-x509', '-days', '2', ...key, ...names, '-out', certificateFile)
  const files = ['-in', certificateFile, '-inkey', keyFile, '-out', pkcs12File]
  openssl('pkcs12', '-export', ...files, '-passout', `pass:${PASSWORD}`)
  return { certificateFile, pkcs12File, password: PASSWORD, name: NAME }
}

function openssl(...args: readonly string[]): void {
  const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`openssl ${args[0]} failed: ${stderr}`)
}
