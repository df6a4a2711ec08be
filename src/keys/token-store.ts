// The records of tokens on the disk: two files a token, in the folder `tokens` of the state directory.
//
//   00f1e2d3c4b5a697.open    made with the token; removed some time after it has ended
//   00f1e2d3c4b5a697.ended   made when it is used or revoked. Only one process can make a file of a name, so a token ends once; and a
//                            process that dies leaves no lock behind

import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { readGuardedFile } from './guarded-file.ts'
import { KeyFileError, systemAdvice, userNumber } from './key-file-error.ts'
import { createFile } from './new-file.ts'
import { isTokenId } from './token.ts'
import { readRecord, recordText, type TokenRecord } from './token-record.ts'

type Stage = 'open' | 'ended'

/** Ten thousand services. */
const MOST_RECORD_BYTES = 512 * 1_024

/** All methods throw a KeyFileError if the disk refuses, or holds what this program did not write. Ids are those of `isTokenId`. */
export class TokenStore {
  readonly #stateDirectory: string
  readonly #folder: string

  constructor(stateDirectory: string) {
    this.#stateDirectory = stateDirectory
    this.#folder = `${stateDirectory}/tokens`
  }

  /** A new token. */
  add(id: string, record: TokenRecord): void {
    this.#makeFolder()
    createFile(this.#path(id, 'open'), recordText(record))
  }

  ids(): readonly string[] {
    const ids = namesIn(this.#folder).map((name) => name.replace(/\.(?:open|ended)$/, ''))
    return [...new Set(ids.filter(isTokenId))]
  }

  /** Null: there is no such token. */
  read(id: string): TokenRecord | null {
    // Asked for twice: the token may end between the first two questions.
    return this.#readStage(id, 'ended') ?? this.#readStage(id, 'open') ?? this.#readStage(id, 'ended')
  }

  /** False: it has ended already. `record` says how it does now. */
  end(id: string, record: TokenRecord): boolean {
    try {
      createFile(this.#path(id, 'ended'), recordText(record))
      return true
    } catch (error) {
      if (error instanceof KeyFileError && error.code === 'exists') return false
      throw error
    }
  }

  /** Takes back an end that this process has just made. */
  reopen(id: string): void {
    this.#remove(id, 'ended')
  }

  forget(id: string): void {
    this.#remove(id, 'open') // first: else a token that has ended would be open for a moment
    this.#remove(id, 'ended')
  }

  #path(id: string, stage: Stage): string {
    return `${this.#folder}/${id}.${stage}`
  }

  #readStage(id: string, stage: Stage): TokenRecord | null {
    const path = this.#path(id, stage)
    const text = textOf(path)
    if (text === null) return null
    const record = readRecord(text)
    if (record !== null && (record.end === null) === (stage === 'open')) return record
    throw new KeyFileError('malformed', path, 'this is not what edgerq writes about a token; remove the file')
  }

  #remove(id: string, stage: Stage): void {
    const path = this.#path(id, stage)
    try {
      rmSync(path, { force: true })
    } catch (cause) {
      throw new KeyFileError('unwritable', path, `it cannot be removed: ${systemAdvice(cause)}`, cause)
    }
  }

  /** What root makes in the folder of a service's user, the service could not read: that is refused before anything is made. */
  #makeFolder(): void {
    const owner = statSync(this.#stateDirectory, { throwIfNoEntry: false })?.uid
    if (owner !== undefined && process.geteuid !== undefined && owner !== process.geteuid()) {
      const advice = `the state directory belongs to user ${owner}, and this is user ${userNumber()}; run: sudo -u '#${owner}' …`
      throw new KeyFileError('notOurs', this.#stateDirectory, advice)
    }
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    } catch (cause) {
      const advice = `the folder cannot be made: ${systemAdvice(cause)}; or set EDGERQ_STATE_DIR`
      throw new KeyFileError('unwritable', this.#folder, advice, cause)
    }
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return [] // nothing was ever made there; making it would tell why it cannot be
    throw new KeyFileError('unreadable', folder, `tokens cannot be listed: ${systemAdvice(cause)}`, cause)
  }
}

function textOf(path: string): string | null {
  try {
    const kind = { what: 'the record of a token', others: 'nothing', mostBytes: MOST_RECORD_BYTES } as const
    return readGuardedFile(path, kind).toString('utf8')
  } catch (error) {
    if (error instanceof KeyFileError && error.code === 'missing') return null
    throw error
  }
}
