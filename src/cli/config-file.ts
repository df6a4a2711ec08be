// Reads the configuration file that the command line names; whatever is wrong with it is told as the command line's own fault.

import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { Outcome } from '../config/read.ts'
import { holdsSecret } from '../keys/shown.ts'
import { ExitError, ExitStatus } from './exit.ts'

/** `path`: of the file itself, for what it names by relative paths. */
export type ReadConfig<Config> = (source: Uint8Array, fileName: string, path: string) => Outcome<Config>

/** Throws an ExitError with every problem, one a line. */
export function readConfigFile<Config>(path: string, read: ReadConfig<Config>): Config {
  const outcome = read(bytesOf(path), basename(path), path)
  if (outcome.ok) return outcome.value
  throw new ExitError(ExitStatus.wrongUsage, outcome.problems.join('\n'))
}

function bytesOf(path: string): Uint8Array {
  if (holdsSecret(path)) throw new ExitError(ExitStatus.wrongUsage, SECRET_IN_PLACE)
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new ExitError(ExitStatus.wrongUsage, `${path}: ${readFailure(cause as NodeJS.ErrnoException)}`)
  }
}

const SECRET_IN_PLACE =
  'a secret stands where the configuration file should, and is not repeated here; a token is for: edgerq-sp join TOKEN --to HOST:PORT'

function readFailure(cause: NodeJS.ErrnoException): string {
  if (cause.code === 'ENOENT') return 'there is no such file; give the path of the configuration file'
  if (cause.code === 'EACCES') return 'this user may not read the file; change its owner or mode'
  if (cause.code === 'EISDIR') return 'this is a directory; give the path of the configuration file in it'
  return `the file cannot be read: ${cause.message}`
}
