// What may stand where a path is asked for.

/** unix(7): `sun_path` holds 108 bytes, of which the last is 0. Some systems take a few less, and say so when they connect. */
export const MOST_SOCKET_PATH_BYTES = 107

/** linux/limits.h: PATH_MAX, with its final 0. */
const MOST_FILE_PATH_BYTES = 4_095

/** More than any page for probes has, and less than any server refuses (RFC 9110 §4.1: 8,000). */
const MOST_URL_PATH_CHARACTERS = 1_024

/** Control characters can stand in paths, and never do but by mistake. */
const CONTROL = /\p{Cc}/u

/** `path-absolute` and `query` of RFC 3986 §3. */
const URL_PATH = /^\/(?:[\w.~!$&'()*+,;=:@/?-]|%[\da-f]{2})*$/i

/** Of the disk, by what is to be found there. */
export const isPathOf = {
  socket: (text: string) => text.startsWith('/') && isNameable(text, MOST_SOCKET_PATH_BYTES),
  file: (text: string) => isNameable(text, MOST_FILE_PATH_BYTES),
} as const

/** Of a request. */
export function isUrlPath(text: string): boolean {
  return text.length <= MOST_URL_PATH_CHARACTERS && URL_PATH.test(text)
}

/** Of a WebSocket: as it arrives, for clients resolve `/../` before they ask. */
export function isPlainUrlPath(text: string): boolean {
  return isUrlPath(text) && new URL(`ws://host${text}`).pathname === text
}

function isNameable(text: string, mostBytes: number): boolean {
  return new TextEncoder().encode(text).length <= mostBytes && !CONTROL.test(text)
}
