// The key pair by which one side is known to the other. The file holds the private key alone; the public one follows from it.

import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { bytesOfBase64url } from './base64url.ts'
import { readGuardedFile } from './guarded-file.ts'
import { KeyFileError, shellWord } from './key-file-error.ts'
import { apparentKind, KEY_BYTES, keyText, readKey } from './key-text.ts'
import { createFile } from './new-file.ts'

export interface Identity {
  /** X25519. An object of Node's, so that it does not get into a log line by accident. */
  readonly privateKey: KeyObject
  /** 32 bytes. */
  readonly publicKey: Uint8Array
}

export function createIdentity(): Identity {
  return identityOf(generateKeyPairSync('x25519').privateKey)
}

/** Makes the file with mode 0600, whole or not at all, and never over another one. Throws a KeyFileError. */
export function writeIdentity(path: string, identity: Identity): void {
  const secret = jwkMember(identity.privateKey, 'd')
  createFile(path, `${keyText('private', secret)}\n`)
  secret.fill(0)
}

/** A key and its line end, and room for the line ends of editors. A file that is larger is another file. */
const MOST_FILE_BYTES = 1_024

/** Throws a KeyFileError that says what to do: the file must be ours, closed to others, and hold one private key. */
export function readIdentity(path: string): Identity {
  const bytes = readGuardedFile(path, {
    what: 'the private key of this side',
    others: 'nothing',
    mostBytes: MOST_FILE_BYTES,
  })
  const text = bytes.toString('latin1').trim()
  bytes.fill(0)
  const secret = readKey('private', text)
  if (secret === null) throw new KeyFileError('malformed', path, complaint(text, path))
  const der = Buffer.concat([PKCS8_X25519, secret])
  secret.fill(0)
  const identity = identityOf(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }))
  der.fill(0)
  return identity
}

/** What stands before the 32 bytes of a private key in PKCS #8 (RFC 8410 §7; the OID of X25519 is 1.3.101.110). */
const PKCS8_X25519 = Buffer.from('302e020100300506032b656e04220420', 'hex')

function complaint(text: string, path: string): string {
  const expected = 'this file should hold the private key of this side, one line that begins with eqsk1:'
  const anew = `edgerq keygen -o ${shellWord(`${path}.new`)} makes one`
  if (text === '') return `${expected}, and is empty; ${anew}`
  switch (apparentKind(text)) {
    case 'public':
      return `${expected}, but holds a public key; give the file that edgerq keygen made`
    case 'preShared':
      return `${expected}, but holds a pre-shared key; give the file that edgerq keygen made`
    case 'private':
      return `${expected}, but the key is damaged: ${KEY_BYTES} bytes in base64url must follow; restore it, or ${anew}`
    case null:
      return `${expected}, but holds something else; ${anew}`
  }
}

function identityOf(privateKey: KeyObject): Identity {
  return { privateKey, publicKey: jwkMember(createPublicKey(privateKey), 'x') }
}

/** `d` is the private key, `x` the public one (RFC 8037 §2). */
function jwkMember(key: KeyObject, member: 'd' | 'x'): Uint8Array {
  return bytesOfBase64url(key.export({ format: 'jwk' })[member]!)!
}
