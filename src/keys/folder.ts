// The folder part of a path. (node:path belongs to rooms that know where a program was started.)

/** With its separator at the end, so that a name can be put behind it; `./` for a name alone. */
export function folderOf(path: string): string {
  const end = Math.max(path.lastIndexOf('/'), process.platform === 'win32' ? path.lastIndexOf('\\') : -1)
  return end === -1 ? './' : path.slice(0, end + 1)
}

/** Relative paths count from the folder of the file in which they stand, wherever the program was started. */
export function pathBeside(path: string, named: string): string {
  const isAbsolute = named.startsWith('/') || (process.platform === 'win32' && /^(?:\\|[a-z]:)/i.test(named))
  return isAbsolute ? named : folderOf(path) + named
}
