// Reads files that decide who is believed: only if they are plain files, of this user, closed to others, and of a sane size.

import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs'
import { KeyFileError, shellWord, systemAdvice, userNumber } from './key-file-error.ts'

export interface GuardedFile {
  /** What it is, for messages: "the private key of this side". */
  readonly what: string
  /** What group and others may do with it at most. */
  readonly others: 'nothing' | 'read'
  readonly mostBytes: number
}

/**
 * Its bytes; throws a KeyFileError. What is judged is the file that is then read and not whatever has its name by then, so nobody
 * can swap it in between.
 */
export function readGuardedFile(path: string, kind: GuardedFile): Buffer {
  const file = open(path, kind)
  try {
    refuseUnfit(path, fstatSync(file), kind)
    return readAll(path, file, kind)
  } catch (cause) {
    throw cause instanceof KeyFileError ? cause : unreadable(path, kind, cause)
  } finally {
    closeSync(file)
  }
}

/** O_NONBLOCK: to open a named pipe would otherwise wait for a writer that may never come. Windows has no such flag. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

function open(path: string, kind: GuardedFile): number {
  try {
    return openSync(path, OPEN_FLAGS)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw unreadable(path, kind, cause)
    throw new KeyFileError('missing', path, `there is no such file; ${kind.what} should be in it`, cause)
  }
}

function unreadable(path: string, { what }: GuardedFile, cause: unknown): KeyFileError {
  return new KeyFileError('unreadable', path, `${what} cannot be read: ${systemAdvice(cause)}`, cause)
}

function refuseUnfit(path: string, stats: Stats, kind: GuardedFile): void {
  if (!stats.isFile())
    throw new KeyFileError('notRegular', path, `this is not a regular file; ${kind.what} must be one`)
  if (!isOwn(stats.uid)) {
    const whose = `it belongs to user ${stats.uid}, who can change it, and this program runs as user ${userNumber()}`
    throw new KeyFileError('notOurs', path, `${whose}; run: chown ${userNumber()} ${shellWord(path)}`)
  }
  if (isExposed(stats.mode, kind)) throw exposed(path, stats.mode, kind)
  if (stats.size > kind.mostBytes) throw tooLarge(path, kind)
}

/** Root may be the owner too: it can do with our files what it wants anyway. Windows has no such numbers. */
function isOwn(uid: number): boolean {
  return process.geteuid === undefined || uid === process.geteuid() || uid === 0
}

const REFUSED_BITS = { nothing: 0o077, read: 0o022 } as const

/** Windows keeps no such bits. */
function isExposed(mode: number, { others }: GuardedFile): boolean {
  return process.platform !== 'win32' && (mode & REFUSED_BITS[others]) !== 0
}

function exposed(path: string, mode: number, { what, others }: GuardedFile): KeyFileError {
  const [harm, mend] = others === 'nothing' ? ['read or change', '600'] : ['change', 'go-w']
  const shown = (mode & 0o777).toString(8).padStart(4, '0')
  const complaint = `its mode ${shown} lets other users of this machine ${harm} ${what}`
  return new KeyFileError('exposed', path, `${complaint}; run: chmod ${mend} ${shellWord(path)}`)
}

function tooLarge(path: string, { what, mostBytes }: GuardedFile): KeyFileError {
  return new KeyFileError('tooLarge', path, `this is too large for ${what}, which has at most ${mostBytes} bytes`)
}

/** One byte more than allowed is asked for: the file may have grown since it was judged. */
function readAll(path: string, file: number, kind: GuardedFile): Buffer {
  const bytes = Buffer.alloc(kind.mostBytes + 1)
  let end = 0
  for (;;) {
    const count = readSync(file, bytes, end, bytes.length - end, null)
    if (count === 0) return bytes.subarray(0, end)
    end += count
    if (end > kind.mostBytes) throw tooLarge(path, kind)
  }
}
