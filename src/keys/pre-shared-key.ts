// A secret that both sides hold besides their key pairs: it keeps a link closed even to whoever learns to break X25519.

import { randomBytes } from 'node:crypto'
import { readGuardedFile } from './guarded-file.ts'
import { KeyFileError } from './key-file-error.ts'
import { KEY_BYTES, keyText, readKey } from './key-text.ts'
import { createFile } from './new-file.ts'

/** As for identities. */
const MOST_FILE_BYTES = 1_024

/** Makes the file with mode 0600 and a fresh key, never over another one. Throws a KeyFileError. */
export function createPreSharedKeyFile(path: string): void {
  createFile(path, `${keyText('preShared', randomBytes(KEY_BYTES))}\n`)
}

/** 32 bytes. Throws a KeyFileError: the file must be ours, closed to others, and hold one pre-shared key. */
export function readPreSharedKey(path: string): Uint8Array {
  const bytes = readGuardedFile(path, { what: 'a pre-shared key', others: 'nothing', mostBytes: MOST_FILE_BYTES })
  const key = readKey('preShared', bytes.toString('latin1').trim())
  bytes.fill(0)
  if (key !== null) return key
  const expected = 'this file should hold a pre-shared key, one line that begins with eqps1:'
  throw new KeyFileError(
    'malformed',
    path,
    `${expected}; edgerq keygen --psk -o FILE makes one, and both sides need the same`,
  )
}
