// Bytes of a file to text. Only UTF-8 is read: a guess at another encoding would read a file other than the one its author sees.

import type { Problem } from './problems.ts'

const LINE_FEED = 0x0a

/** What other encodings begin with: their byte order marks, and `<` in two-byte form for files without one. */
const FOREIGN_BEGINNINGS: readonly { readonly encoding: string; readonly bytes: readonly number[] }[] = [
  { encoding: 'UTF-32', bytes: [0xff, 0xfe, 0x00, 0x00] },
  { encoding: 'UTF-32', bytes: [0x00, 0x00, 0xfe, 0xff] },
  { encoding: 'UTF-16', bytes: [0xff, 0xfe] },
  { encoding: 'UTF-16', bytes: [0xfe, 0xff] },
  { encoding: 'UTF-16', bytes: [0x3c, 0x00] },
  { encoding: 'UTF-16', bytes: [0x00, 0x3c] },
]

/** The text without its byte order mark, or the problem that says where it stops being UTF-8. */
export function textOf(bytes: Uint8Array): string | Problem {
  const foreign = FOREIGN_BEGINNINGS.find((beginning) => beginning.bytes.every((byte, i) => bytes[i] === byte))
  if (foreign !== undefined) {
    return { line: 1, column: 1, what: `the file is ${foreign.encoding}; save it as UTF-8` }
  }
  return decoded(bytes) ?? firstDamage(bytes)
}

function decoded(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}

/** No byte of a longer UTF-8 sequence is a line feed, so lines can be judged one by one. */
function firstDamage(bytes: Uint8Array): Problem {
  let line = 1
  for (let start = 0; start < bytes.length; line++) {
    const feed = bytes.indexOf(LINE_FEED, start)
    const end = feed === -1 ? bytes.length : feed
    const lineBytes = bytes.subarray(start, end)
    if (decoded(lineBytes) === null) return damageIn(lineBytes, line)
    start = end + 1
  }
  throw new Error('bytes that are not UTF-8 have a line that is not UTF-8')
}

function damageIn(lineBytes: Uint8Array, line: number): Problem {
  const column = new TextDecoder().decode(lineBytes).indexOf('\ufffd') + 1
  return { line, column, what: 'these bytes are not UTF-8; save the file as UTF-8' }
}
