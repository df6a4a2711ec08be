// What a program keeps from one run to the next, so that its peers find their way back to it quickly: no more than that.

import { createHash, randomBytes } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import type { Log } from '../log.ts'
import { openInstance } from './instance.ts'
import { LiveSessions, type SavedSession } from './live-sessions.ts'
import { parseHex, StateFiles } from './state-files.ts'

export interface ConsumerState {
  /** 32 secret bytes: providers of the run before accept a RESET made with them. */
  readonly resetKey: Uint8Array
  /** 16 bytes that name this consumer over its restarts. */
  readonly instanceId: Uint8Array
  /** Sessions that the run before left behind; told once, so whoever asks must send the RESETs. */
  readonly previousSessions: readonly SavedSession[]
  /** A session is open, or has moved to another address. */
  remember(session: SavedSession): void
  forget(connectionId: Uint8Array): void
  /** Writes what is not written yet and lets the next process take over. */
  close(): void
}

export interface ProviderState {
  /** 16 bytes that name this pipe over restarts of its provider. */
  readonly instanceId: Uint8Array
  /** Lets the next process take over. */
  close(): void
}

const RESET_KEY_BYTES = 32

/**
 * The state of one user's programs. Nothing here throws for what the disk does: a program that cannot keep its state runs on
 * fresh values and says once what that costs.
 */
export class StateDirectory {
  readonly #files: StateFiles
  readonly #log: Log

  constructor(path: string, log: Log) {
    this.#files = new StateFiles(path, log)
    this.#log = log
  }

  consumerState(configPath: string): ConsumerState {
    const name = nameOf(configPath)
    const instance = openInstance(this.#files, `${name}.consumer`, this.#log)
    // Of two live processes only the first keeps the list: they would overwrite each other's.
    const sessions = new LiveSessions(instance.isKept ? this.#files : null, `${name}.sessions`)
    return {
      resetKey: this.#resetKey(`${name}.reset-key`),
      instanceId: instance.id,
      previousSessions: sessions.previous,
      remember: (session) => sessions.remember(session),
      forget: (connectionId) => sessions.forget(connectionId),
      close() {
        sessions.close()
        instance.close()
      },
    }
  }

  providerState(configPath: string, pipeName: string): ProviderState {
    const pipe = sha256(pipeName).slice(0, 16)
    const instance = openInstance(this.#files, `${nameOf(configPath)}.pipe-${pipe}`, this.#log)
    return { instanceId: instance.id, close: () => instance.close() }
  }

  #resetKey(name: string): Uint8Array {
    const kept = this.#files.read(name, (text) => parseHex(text, RESET_KEY_BYTES))
    if (kept !== null) return kept
    const fresh = randomBytes(RESET_KEY_BYTES)
    this.#files.writeDurably(name, `${fresh.toString('hex')}\n`)
    return fresh
  }
}

/** `$EDGERQ_STATE_DIR`, else systemd's, else the user's (XDG base directory specification). */
export function stateDirectoryPath(environment: Readonly<Record<string, string | undefined>>): string {
  if (environment.EDGERQ_STATE_DIR) return resolve(environment.EDGERQ_STATE_DIR)
  const fromSystemd = environment.STATE_DIRECTORY?.split(':')[0] // several if the unit names several (systemd.exec)
  if (fromSystemd) return resolve(fromSystemd)
  const xdg = environment.XDG_STATE_HOME
  if (xdg && isAbsolute(xdg)) return join(xdg, 'edgerq') // the specification says to ignore relative ones
  return join(environment.HOME || homeOf(), '.local', 'state', 'edgerq')
}

/** A user without an entry in the password file has no home: the path then cannot be made, which is said like any other. */
function homeOf(): string {
  try {
    return homedir()
  } catch {
    return '/nonexistent'
  }
}

/** One user may run several configurations; a link to one is the same one. */
function nameOf(configPath: string): string {
  try {
    return sha256(realpathSync(configPath))
  } catch {
    return sha256(resolve(configPath))
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
