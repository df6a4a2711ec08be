// Small private files that are whole or not there, in a directory that may turn out to be unusable.

import { randomUUID } from 'node:crypto'
import {
  closeSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Log } from '../log.ts'

/** Ten thousand sessions make about one megabyte; more than this we did not write. */
const MAX_FILE_BYTES = 4 * 1_024 * 1_024

/** Permissions of group and others. */
const OTHERS = 0o077

export class StateFiles {
  readonly directory: string
  readonly #log: Log
  #isWarned = false

  constructor(directory: string, log: Log) {
    this.directory = directory
    this.#log = log
    this.attempt(() => mkdirSync(directory, { recursive: true, mode: 0o700 }), undefined)
  }

  pathOf(name: string): string {
    return join(this.directory, name)
  }

  /** Null if there is none; if it is damaged or others may read it too, with a warning, since fresh values take its place. */
  read<T>(name: string, parse: (text: string) => T | null): T | null {
    let text: string | null
    try {
      text = readPrivate(this.pathOf(name))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#warnNotKept(error)
      return null
    }
    const value = text === null ? null : parse(text)
    if (value === null) {
      this.#log.warn('stateDamaged', {
        file: this.pathOf(name),
        cause: text === null ? 'too large, or open to other users' : 'not what this program writes',
        effect: 'fresh values take its place',
      })
    }
    return value
  }

  /** In one step as others see it. After a power failure the old contents may be back. */
  write(name: string, text: string): void {
    this.attempt(() => replace(this.pathOf(name), text, () => {}), undefined)
  }

  /** The same, and on the disk when it returns: for what is written once. */
  writeDurably(name: string, text: string): void {
    this.attempt(() => replace(this.pathOf(name), text, fsyncSync), undefined)
  }

  remove(name: string): void {
    this.attempt(() => rmSync(this.pathOf(name), { force: true }), undefined)
  }

  /** The result of `act`, or `otherwise` if the disk refuses; that is said once for the whole directory. */
  attempt<T>(act: () => T, otherwise: T): T {
    try {
      return act()
    } catch (error) {
      this.#warnNotKept(error)
      return otherwise
    }
  }

  #warnNotKept(error: unknown): void {
    if (this.#isWarned) return
    this.#isWarned = true
    this.#log.warn('stateNotKept', {
      directory: this.directory,
      cause: (error as NodeJS.ErrnoException).code ?? String(error),
      effect: 'after a restart peers notice late (at their next ping) and take this program for a new one',
      mend: 'make the directory writable for this user, or set EDGERQ_STATE_DIR to one that is',
    })
  }
}

/** Exactly so many bytes as hex digits and a line end; null: something else. */
export function parseHex(text: string, bytes: number): Uint8Array | null {
  return text.length === 2 * bytes + 1 && /^[0-9a-f]+\n$/.test(text) ? Buffer.from(text.trimEnd(), 'hex') : null
}

/** Null: too large, or not private. */
function readPrivate(path: string): string | null {
  const file = openSync(path, 'r')
  try {
    const { size, mode } = fstatSync(file)
    const isPrivate = process.platform === 'win32' || (mode & OTHERS) === 0 // Windows keeps no such bits
    return size <= MAX_FILE_BYTES && isPrivate ? readFileSync(file, 'utf8') : null
  } finally {
    closeSync(file)
  }
}

function replace(path: string, text: string, settle: (file: number) => void): void {
  const draft = `${path}.${randomUUID()}.tmp`
  try {
    const file = openSync(draft, 'wx', 0o600)
    try {
      writeSync(file, text)
      settle(file)
    } finally {
      closeSync(file)
    }
    renameSync(draft, path)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}
