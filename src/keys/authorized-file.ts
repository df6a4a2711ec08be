// The authorized file on the disk, with the files of pre-shared keys that it names.

import { type AuthorizedOutcome, MOST_AUTHORIZED_BYTES, parseAuthorizedProviders } from './authorized-providers.ts'
import { pathBeside } from './folder.ts'
import { readGuardedFile } from './guarded-file.ts'
import { KeyFileError } from './key-file-error.ts'
import { readPreSharedKey } from './pre-shared-key.ts'

export interface AuthorizedReading {
  readonly outcome: AuthorizedOutcome
  /** Every other file that it depends on. */
  readonly preSharedKeyPaths: readonly string[]
}

/** Never throws: a file that cannot be used is a problem like any other. Problems begin with the path as it was given. */
export function readAuthorizedFile(path: string): AuthorizedReading {
  try {
    return parseAuthorizedText(readAuthorizedText(path), path)
  } catch (error) {
    return { outcome: { ok: false, problems: [complaintOf(error)] }, preSharedKeyPaths: [] }
  }
}

/** Others may read it, for it holds no secret; whoever may change it decides who is believed. */
const KIND = { what: 'the list of authorized providers', others: 'read', mostBytes: MOST_AUTHORIZED_BYTES } as const

/** Throws a KeyFileError. */
export function readAuthorizedText(path: string): string {
  const bytes = readGuardedFile(path, KIND)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new KeyFileError('malformed', path, 'this is not UTF-8 text; write it in an editor that saves UTF-8', cause)
  }
}

/** `path`: where the text stands or will stand. */
export function parseAuthorizedText(text: string, path: string): AuthorizedReading {
  const preSharedKeyPaths: string[] = []
  const outcome = parseAuthorizedProviders(text, path, (named) => {
    const beside = pathBeside(path, named)
    preSharedKeyPaths.push(beside)
    try {
      return readPreSharedKey(beside)
    } catch (error) {
      return complaintOf(error)
    }
  })
  return { outcome, preSharedKeyPaths }
}

function complaintOf(error: unknown): string {
  if (error instanceof KeyFileError) return error.message
  throw error
}
