// The key of a provider that joined by a token and has no configuration: in the state directory, named by the token, so that the same
// command finds it again.

import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createIdentity, type Identity, readIdentity, writeIdentity } from '../keys/identity.ts'
import { KeyFileError, systemAdvice } from '../keys/key-file-error.ts'

export class JoinKey {
  readonly path: string
  readonly identity: Identity

  /** Throws a KeyFileError: to join with a key that cannot be kept would cost the token at the next start. */
  constructor(stateDirectory: string, tokenId: string) {
    this.path = join(stateDirectory, `join-${tokenId}.key`)
    this.identity = keptIdentity(this.path) ?? newIdentity(stateDirectory, this.path)
  }

  /** The key is in another place by now. */
  forget(): void {
    rmSync(this.path, { force: true })
  }
}

function keptIdentity(path: string): Identity | null {
  try {
    return readIdentity(path)
  } catch (error) {
    if (error instanceof KeyFileError && error.code === 'missing') return null
    throw error
  }
}

function newIdentity(stateDirectory: string, path: string): Identity {
  try {
    mkdirSync(stateDirectory, { recursive: true, mode: 0o700 })
  } catch (cause) {
    const advice = `the state directory cannot be made: ${systemAdvice(cause)}; set EDGERQ_STATE_DIR, or give --identity FILE`
    throw new KeyFileError('unwritable', stateDirectory, advice, cause)
  }
  const identity = createIdentity()
  try {
    writeIdentity(path, identity)
    return identity
  } catch (error) {
    // The same command runs twice, and the other one was faster: both are one provider.
    if (error instanceof KeyFileError && error.code === 'exists') return readIdentity(path)
    throw error
  }
}
