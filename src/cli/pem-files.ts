// Reads certificates and private keys from files of PEM, and judges them before a connection comes to rely on them.

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readGuardedFile } from '../keys/guarded-file.ts'
import { type KeyFileCode, KeyFileError } from '../keys/key-file-error.ts'

const BEGIN = '-----BEGIN CERTIFICATE-----'

/** The whole text. Throws a KeyFileError: Node passes over what it cannot read in there, and would then trust nobody, or not whom it should. */
export function readCertificates(path: string): string {
  const text = readText(path)
  const found = text.split(BEGIN).slice(1)
  if (found.length === 0) {
    throw new KeyFileError('malformed', path, 'there is no certificate in it; it must be a PEM file')
  }
  for (const [index, certificate] of found.entries()) {
    try {
      new X509Certificate(BEGIN + certificate)
    } catch (cause) {
      throw new KeyFileError('malformed', path, `certificate ${index + 1} in it cannot be read`, cause)
    }
  }
  return text
}

/** Some hundred bytes for an elliptic curve, twelve thousand for the longest RSA in use. */
const MOST_KEY_BYTES = 65_536

/** The text. Throws a KeyFileError that says what to do: the file must be ours, closed to others, and hold one private key. */
export function readPrivateKey(path: string): string {
  const bytes = readGuardedFile(path, { what: 'the private key for TLS', others: 'nothing', mostBytes: MOST_KEY_BYTES })
  const text = bytes.toString('latin1')
  bytes.fill(0)
  try {
    createPrivateKey(text)
  } catch (cause) {
    const isLocked = text.includes('ENCRYPTED')
    const what = isLocked ? 'the private key in it has a passphrase' : 'there is no private key in it'
    throw new KeyFileError(
      'malformed',
      path,
      `${what}; give a PEM file with a private key that has no passphrase`,
      cause,
    )
  }
  return text
}

/** True: `key` is the private half of what the first certificate of `certificates` vouches for. */
export function isPair(certificates: string, key: string): boolean {
  return new X509Certificate(certificates).checkPrivateKey(createPrivateKey(key))
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch (cause) {
    const error = cause as NodeJS.ErrnoException
    const [code, what] = COMPLAINTS[error.code ?? ''] ?? ['unreadable', `the file cannot be read: ${error.message}`]
    throw new KeyFileError(code, path, what, cause)
  }
}

const COMPLAINTS: Readonly<Record<string, readonly [KeyFileCode, string]>> = {
  ENOENT: ['missing', 'there is no such file'],
  EACCES: ['unreadable', 'this user may not read the file; change its owner or mode'],
  EISDIR: ['notRegular', 'this is a directory; give the path of a PEM file'],
}
