// Adds one line to an authorized file, which an operator may have open in an editor meanwhile.

import { closeSync, constants, fsyncSync, openSync, writeSync } from 'node:fs'
import { parseAuthorizedText, readAuthorizedText } from './authorized-file.ts'
import { KeyFileError, systemAdvice } from './key-file-error.ts'
import { createFile } from './new-file.ts'

export interface NewProvider {
  /** As text, `eqpk1:…`. */
  readonly publicKey: string
  /** UUIDs in lower case. */
  readonly services: Iterable<string>
  readonly comment: string
}

/**
 * `listed`: the key has a line already, perhaps one that revokes it, and nothing was changed. Makes the file if there is none. Throws
 * a KeyFileError if it cannot be changed, is broken already, or would be with one line more.
 */
export function appendProvider(path: string, provider: NewProvider): 'added' | 'listed' {
  const line = `services="${[...provider.services].join(',')}" ${provider.publicKey} ${provider.comment}\n`
  const text = textOf(path)
  if (text === null) {
    createFile(path, line)
    return 'added'
  }
  const { outcome } = parseAuthorizedText(text, path)
  if (!outcome.ok) throw broken(path, 'it has problems', outcome.problems)
  if (outcome.value.has(provider.publicKey)) return 'listed'
  const addition = text === '' || text.endsWith('\n') ? line : `\n${line}`
  const { outcome: after } = parseAuthorizedText(text + addition, path)
  if (!after.ok) throw broken(path, 'it would have problems with one line more', after.problems)
  append(path, addition)
  return 'added'
}

function textOf(path: string): string | null {
  try {
    return readAuthorizedText(path)
  } catch (error) {
    if (error instanceof KeyFileError && error.code === 'missing') return null
    throw error
  }
}

function broken(path: string, why: string, problems: readonly string[]): KeyFileError {
  return new KeyFileError('malformed', path, `no provider can be added, since ${why}: ${problems[0]}`)
}

/** To the end of whatever is there by now: a file that was put in its place would undo what somebody else wrote meanwhile. */
function append(path: string, text: string): void {
  try {
    const file = openSync(path, constants.O_WRONLY | constants.O_APPEND)
    try {
      writeSync(file, text)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
  } catch (cause) {
    throw new KeyFileError('unwritable', path, `no provider can be added: ${systemAdvice(cause)}`, cause)
  }
}
