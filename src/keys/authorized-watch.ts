// Keeps the set of authorized providers as the file says, while it is edited, replaced, or broken for a while.
//
//   change ─▶ event of the folder, or the next poll ─▶ quiet for 100 ms? ─▶ read ─┬ good: the new set holds
//                                                                                └ bad:  the old one does, and why is told

import { type FSWatcher, statSync, watch } from 'node:fs'
import { readAuthorizedFile } from './authorized-file.ts'
import type { AuthorizedOutcome, AuthorizedProviders } from './authorized-providers.ts'
import { folderOf } from './folder.ts'

export interface AuthorizedListener {
  /** The file was read anew: whoever is connected must be judged by this set. */
  onChange(providers: AuthorizedProviders): void
  /** The file is broken and the set is as it was. Each problem is a line for the operator. */
  onProblems(problems: readonly string[]): void
}

/** Where the folder tells nothing (network drives, links that lead elsewhere): with two rounds of settling, well within a second. */
const POLL_MS = 400

/** A file that is written in place is empty, or half there, for a moment: nobody is to lose a session over that. */
const SETTLE_MS = 100

export type WatchStart =
  | { readonly ok: true; readonly value: AuthorizedWatch }
  | { readonly ok: false; readonly problems: readonly string[] }

/** Reads the file and keeps an eye on it; if it is broken from the start nothing is watched. Its timers keep no program alive. */
export function watchAuthorizedFile(path: string, listener: AuthorizedListener): WatchStart {
  const file = new WatchedFile(path)
  const outcome = file.read()
  return outcome.ok ? { ok: true, value: new AuthorizedWatch(file, outcome.value, listener) } : outcome
}

export class AuthorizedWatch {
  readonly #file: WatchedFile
  readonly #listener: AuthorizedListener
  readonly #poll: NodeJS.Timeout
  readonly #events: FSWatcher | null
  #providers: AuthorizedProviders
  #settling: NodeJS.Timeout | null = null
  /** How the file looked when we last looked. */
  #seen = ''

  constructor(file: WatchedFile, providers: AuthorizedProviders, listener: AuthorizedListener) {
    this.#file = file
    this.#providers = providers
    this.#listener = listener
    this.#events = openEvents(folderOf(file.path), () => this.#lookSoon())
    this.#poll = setInterval(() => this.#lookSoon(), POLL_MS).unref()
  }

  get providers(): AuthorizedProviders {
    return this.#providers
  }

  /** Reads the file now, whether it has changed or not: for SIGHUP. */
  reload(): void {
    const outcome = this.#file.read()
    if (!outcome.ok) {
      this.#listener.onProblems(outcome.problems)
      return
    }
    this.#providers = outcome.value
    this.#listener.onChange(outcome.value)
  }

  close(): void {
    this.#events?.close()
    clearInterval(this.#poll)
    if (this.#settling !== null) clearTimeout(this.#settling)
  }

  #lookSoon(): void {
    this.#settling ??= setTimeout(() => this.#look(), SETTLE_MS).unref()
  }

  #look(): void {
    this.#settling = null
    const before = this.#seen
    this.#seen = this.#file.look()
    if (this.#seen === this.#file.lookAtReading) return
    if (this.#seen === before) this.reload()
    else this.#lookSoon()
  }
}

/** The file and those that it names, as something that has one look. */
class WatchedFile {
  readonly path: string
  /** Changes that come while the file is read make another look than this one, so it is read again. */
  lookAtReading = ''
  #preSharedKeyPaths: readonly string[] = []

  constructor(path: string) {
    this.path = path
  }

  read(): AuthorizedOutcome {
    const look = lookOf(this.path)
    const { outcome, preSharedKeyPaths } = readAuthorizedFile(this.path)
    this.#preSharedKeyPaths = preSharedKeyPaths
    this.lookAtReading = [look, ...preSharedKeyPaths.map(lookOf)].join(' ')
    return outcome
  }

  look(): string {
    return [this.path, ...this.#preSharedKeyPaths].map(lookOf).join(' ')
  }
}

/** Another file of the same name has another number; a write or a chmod sets the time of change, which nobody can set back. */
function lookOf(path: string): string {
  try {
    const stats = statSync(path, { bigint: true })
    return `${stats.dev}:${stats.ino}:${stats.size}:${stats.ctimeNs}`
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code) // not there, or not ours to see: the reading will say so
  }
}

/** Null: the system has none to give, and polling must do. */
function openEvents(folder: string, onEvent: () => void): FSWatcher | null {
  try {
    const events = watch(folder, { persistent: false }, onEvent)
    return events.on('error', () => events.close())
  } catch {
    return null
  }
}
