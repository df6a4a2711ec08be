// The consumer's open sessions on disk, so that the next run can tell their providers at once that they are gone.

import { isIPv4, isIPv6 } from 'node:net'
import type { StateFiles } from './state-files.ts'

export interface SavedSession {
  readonly address: string
  readonly port: number
  readonly family: 'ipv4' | 'ipv6'
  /** The 8 bytes by which the provider knows the session. */
  readonly connectionId: Uint8Array
}

/** What a restart can call in one go; providers beyond it notice at their next ping. */
export const MAX_SAVED_SESSIONS = 10_000

/** A list of ten thousand takes some milliseconds to write: hundreds of new sessions share them. */
const WRITE_EVERY_MS = 1_000

const CONNECTION_ID_BYTES = 8

export class LiveSessions {
  /** Of the run before; they stay on disk no longer, so that no later run calls them again. */
  readonly previous: readonly SavedSession[]
  readonly #files: StateFiles | null
  readonly #name: string
  /** By connection id, each as it stands in the file: ten thousand need not be put into words again for each that comes. */
  readonly #open = new Map<string, string>()
  #nextWrite: NodeJS.Timeout | null = null
  readonly #onExit = () => this.close()

  /** `files` null: the list is not ours to keep. */
  constructor(files: StateFiles | null, name: string) {
    this.#files = files
    this.#name = name
    this.previous = files?.read(name, parseSessions) ?? []
    files?.remove(name)
    process.on('exit', this.#onExit)
  }

  remember(session: SavedSession): void {
    const id = hexOf(session.connectionId)
    if (this.#open.size >= MAX_SAVED_SESSIONS && !this.#open.has(id)) return
    this.#open.set(id, JSON.stringify({ ...session, connectionId: id }))
    this.#writeSoon()
  }

  forget(connectionId: Uint8Array): void {
    if (this.#open.delete(hexOf(connectionId))) this.#writeSoon()
  }

  /** Also called when the process exits in another way than it should. */
  close(): void {
    process.off('exit', this.#onExit)
    if (this.#nextWrite !== null) this.#write()
  }

  #writeSoon(): void {
    this.#nextWrite ??= setTimeout(() => this.#write(), WRITE_EVERY_MS).unref()
  }

  #write(): void {
    if (this.#nextWrite !== null) clearTimeout(this.#nextWrite)
    this.#nextWrite = null
    this.#files?.write(this.#name, `[${[...this.#open.values()].join()}]`)
  }
}

/** All or nothing: a file that we did not write as it stands is not to be trusted in parts. */
function parseSessions(text: string): SavedSession[] | null {
  let list: unknown
  try {
    list = JSON.parse(text)
  } catch {
    return null
  }
  if (!Array.isArray(list) || list.length > MAX_SAVED_SESSIONS) return null
  const sessions = list.map(parseSession)
  return sessions.every((session) => session !== null) ? sessions : null
}

function parseSession(item: unknown): SavedSession | null {
  if (typeof item !== 'object' || item === null) return null
  const { address, port, family, connectionId } = item as Record<string, unknown>
  if (typeof address !== 'string' || typeof connectionId !== 'string') return null
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) return null
  const isAddress = family === 'ipv4' ? isIPv4(address) : family === 'ipv6' && isIPv6(address)
  if (!isAddress || connectionId.length !== 2 * CONNECTION_ID_BYTES || !/^[0-9a-f]+$/.test(connectionId)) return null
  return { address, port, family: family as SavedSession['family'], connectionId: Buffer.from(connectionId, 'hex') }
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex') // a copy: see `SessionTable.newId`
}
