// Makes private files that are whole or not there, and that take the place of nothing.

import { randomUUID } from 'node:crypto'
import { closeSync, fsyncSync, linkSync, openSync, rmSync, writeSync } from 'node:fs'
import { KeyFileError, systemAdvice } from './key-file-error.ts'

/** With mode 0600. Throws a KeyFileError: `exists` if there is anything of this name, which then stays as it is. */
export function createFile(path: string, text: string): void {
  const draft = `${path}.${randomUUID()}.tmp`
  try {
    writeDurably(draft, text)
    // A link appears with its contents and never in the place of another file; a file that is opened and then written does not.
    linkSync(draft, path)
  } catch (cause) {
    throw failure(path, cause)
  } finally {
    rmSync(draft, { force: true })
  }
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o600)
  try {
    writeSync(file, text)
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
