// Makes files that are whole or not there, private ones unless told otherwise, and that take the place of nothing unless told so.

import { randomUUID } from 'node:crypto'
import { closeSync, fchmodSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { KeyFileError, systemAdvice } from './key-file-error.ts'

const OWNER_ONLY = 0o600

/** Throws a KeyFileError: `exists` if there is anything of this name, which then stays as it is. */
export function createFile(path: string, text: string, mode = OWNER_ONLY): void {
  // A link appears with its contents and never in the place of another file; a file that is opened and then written does not.
  fromDraft(path, { text, mode }, linkSync)
}

/** The same, but in the place of what is there. Nobody sees a file that is half old and half new. */
export function replaceFile(path: string, text: string, mode = OWNER_ONLY): void {
  fromDraft(path, { text, mode }, renameSync)
}

interface Contents {
  readonly text: string
  readonly mode: number
}

function fromDraft(path: string, contents: Contents, settle: (draft: string, path: string) => void): void {
  const draft = `${path}.${randomUUID()}.tmp`
  try {
    writeDurably(draft, contents)
    settle(draft, path)
  } catch (cause) {
    throw failure(path, cause)
  } finally {
    rmSync(draft, { force: true })
  }
}

function writeDurably(path: string, { text, mode }: Contents): void {
  const file = openSync(path, 'wx', OWNER_ONLY)
  try {
    writeSync(file, text)
    fchmodSync(file, mode) // openSync would leave out what the umask forbids
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function failure(path: string, cause: unknown): KeyFileError {
  const { code } = cause as NodeJS.ErrnoException
  if (code === 'EEXIST') {
    const advice = 'there is such a file already, and it was not touched; choose another name, or move it away first'
    return new KeyFileError('exists', path, advice, cause)
  }
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new KeyFileError('missing', path, 'there is no such folder; make it first, or choose another place', cause)
  }
  return new KeyFileError('unwritable', path, `it cannot be written: ${systemAdvice(cause)}`, cause)
}
