// What the disk does to files that hold keys or decide about them, in words for the person who must mend it.

/**
 * `missing` no such file or folder · `unreadable` the system refuses · `notRegular` a folder, a pipe, a device · `notOurs` another
 * user owns it · `exposed` others may read or change it · `tooLarge`, `malformed` not what belongs there · `outdated` a
 * certificate whose time is over, or has not begun · `exists` it would be overwritten · `unwritable` the system refuses.
 */
export type KeyFileCode =
  | 'missing'
  | 'unreadable'
  | 'notRegular'
  | 'notOurs'
  | 'exposed'
  | 'tooLarge'
  | 'malformed'
  | 'outdated'
  | 'exists'
  | 'unwritable'

/** The message names the file, what is wrong with it, and what to do; never anything that stands in it. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError'
  readonly code: KeyFileCode
  readonly path: string

  constructor(code: KeyFileCode, path: string, what: string, cause?: unknown) {
    super(`${path}: ${what}`, cause === undefined ? {} : { cause })
    this.code = code
    this.path = path
  }
}

/** What to do about a refusal of the system, as far as its code tells. */
export function systemAdvice(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException
  if (code === 'EACCES' || code === 'EPERM') {
    return `this user (${userNumber()}) has no permission; change owner or mode, or run this as the user of the daemon`
  }
  if (code === 'EROFS') return 'the file system is read-only; choose another place'
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'the disk is full; make room and try again'
  return message
}

/** As `ls -n` and `chown` know it: a name would need the password file. */
export function userNumber(): string {
  return String(process.geteuid?.() ?? 'unknown')
}

/** A path in a command that may be copied into a shell. */
export function shellWord(path: string): string {
  return /^[\w./@:+-]+$/.test(path) && !path.startsWith('-') ? path : `'${path.replaceAll("'", "'\\''")}'`
}
