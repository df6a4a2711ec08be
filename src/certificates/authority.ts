// A certificate authority of one's own: a folder with its certificate, which everybody may have, and its key, which signs all others.

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type GuardedFile, readGuardedFile } from '../keys/guarded-file.ts'
import { KeyFileError, systemAdvice } from '../keys/key-file-error.ts'
import { createPair, type PairPaths, pairPaths } from './pair-files.ts'
import { type Issuer, selfSigned, type Validity } from './x509.ts'

export interface Authority extends Issuer {
  /** When its certificate ends, and with it all that it has signed. */
  readonly untilMs: number
}

export function authorityPaths(folder: string): PairPaths {
  return pairPaths(join(folder, 'ca'))
}

/** Makes the folder if there is none, and never another authority in the place of one. Throws a KeyFileError. */
export async function createAuthority(folder: string, name: string, validity: Validity): Promise<void> {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new KeyFileError('unwritable', folder, `this folder cannot be made: ${systemAdvice(cause)}`, cause)
  }
  createPair(authorityPaths(folder), await selfSigned(name, validity))
}

const CERTIFICATE: GuardedFile = {
  what: "the authority's certificate",
  others: 'read',
  mostBytes: 64 * 1_024, // some people keep its text beside it
}
const PRIVATE_KEY: GuardedFile = { what: "the authority's private key", others: 'nothing', mostBytes: 16 * 1_024 }

/** Throws a KeyFileError that says what to do: both files must be ours, belong together, and be able to sign now. */
export function openAuthority(folder: string, nowMs: number): Authority {
  const paths = authorityPaths(folder)
  const certificate = readCertificate(paths.certificate)
  const privateKey = readPrivateKey(paths.privateKey)
  if (!certificate.checkPrivateKey(privateKey)) {
    const advice = `this is not the key of ${paths.certificate}; both must be of one authority`
    throw new KeyFileError('malformed', paths.privateKey, advice)
  }
  const untilMs = Date.parse(certificate.validTo)
  if (untilMs <= nowMs) {
    const advice = `it was good until ${certificate.validTo}; make a new authority in another folder, and give its ca.pem to everybody`
    throw new KeyFileError('outdated', paths.certificate, advice)
  }
  if (Date.parse(certificate.validFrom) > nowMs) {
    const advice = `it is good from ${certificate.validFrom} on; is the clock of this machine right?`
    throw new KeyFileError('outdated', paths.certificate, advice)
  }
  return { certificate: certificate.raw, privateKey, untilMs }
}

function readCertificate(path: string): X509Certificate {
  const bytes = readGuardedFile(path, CERTIFICATE)
  const certificate = parsed(() => new X509Certificate(bytes))
  if (certificate === null) {
    throw new KeyFileError('malformed', path, 'there is no certificate in it that can be read; it must be in PEM')
  }
  if (certificate.ca) return certificate
  throw new KeyFileError('malformed', path, 'this certificate is none of an authority: it may not sign others')
}

function readPrivateKey(path: string): KeyObject {
  const bytes = readGuardedFile(path, PRIVATE_KEY)
  const key = parsed(() => createPrivateKey(bytes))
  bytes.fill(0)
  if (key === null) {
    throw new KeyFileError(
      'malformed',
      path,
      'there is no private key in it that can be read; it must be in PEM and not encrypted',
    )
  }
  if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key
  throw new KeyFileError('malformed', path, 'this is no ECDSA key of the curve P-256, and edgerq signs with no other')
}

/** Null: OpenSSL cannot read it. What it says about that helps nobody who is not a programmer. */
function parsed<T>(parse: () => T): T | null {
  try {
    return parse()
  } catch {
    return null
  }
}
