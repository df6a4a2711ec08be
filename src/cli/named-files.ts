// Reads the files that a configuration names. They are a part of it: those that cannot be used are told like its other problems.

import { basename, dirname, resolve } from 'node:path'
import { KeyFileError } from '../keys/key-file-error.ts'

export class NamedFiles {
  /** Each a line for the operator. */
  readonly problems: string[] = []
  readonly #configPath: string

  constructor(configPath: string) {
    this.#configPath = configPath
  }

  /** `where`: what names the file, as in `<ca> of pipe lab`. Null: it cannot be used, and the problem stands. */
  read<Content>(where: string, path: string, read: (path: string) => Content): Content | null {
    try {
      return read(resolve(dirname(this.#configPath), path))
    } catch (error) {
      if (!(error instanceof KeyFileError)) throw error
      this.complain(where, error.message)
      return null
    }
  }

  complain(where: string, what: string): void {
    this.problems.push(`${basename(this.#configPath)}: ${where}: ${what}`)
  }
}
