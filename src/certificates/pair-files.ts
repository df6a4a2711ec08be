// A certificate and its private key on the disk: NAME.pem for everybody, NAME.key for its owner alone.

import { rmSync } from 'node:fs'
import { createFile, replaceFile } from '../keys/new-file.ts'
import type { Pair } from './x509.ts'

export interface PairPaths {
  readonly certificate: string
  readonly privateKey: string
}

/** OpenSSL and web servers do not care how a file is called; people do. */
export function pairPaths(stem: string): PairPaths {
  return { certificate: `${stem}.pem`, privateKey: `${stem}.key` }
}

/** Nobody ever writes into the key again, so that its owner may not either. */
const PRIVATE_KEY_MODE = 0o400
const CERTIFICATE_MODE = 0o644

/** Both or neither. Throws a KeyFileError: `exists` if there is one of the two. */
export function createPair(paths: PairPaths, { certificatePem, privateKeyPem }: Pair): void {
  createFile(paths.privateKey, privateKeyPem, PRIVATE_KEY_MODE)
  try {
    createFile(paths.certificate, certificatePem, CERTIFICATE_MODE)
  } catch (error) {
    rmSync(paths.privateKey)
    throw error
  }
}

/** In the place of the pair that is there, if any. */
export function replacePair(paths: PairPaths, { certificatePem, privateKeyPem }: Pair): void {
  replaceFile(paths.privateKey, privateKeyPem, PRIVATE_KEY_MODE)
  replaceFile(paths.certificate, certificatePem, CERTIFICATE_MODE)
}
