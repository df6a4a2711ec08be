// Pieces of text that a socket has waiting leave as one text. Node's HTTP writes an answer as its head and body in one piece and its end as
// another, an empty one, and hands both to `writev`, which costs more than `write` does.

import type { Socket } from 'node:net'

interface Piece {
  readonly chunk: string | Uint8Array
  readonly encoding: BufferEncoding
}

/** Once for each socket, before anything is written. */
export function joinText(socket: Socket): void {
  const write = socket._write
  const writev = socket._writev!
  socket._writev = (pieces, callback) => {
    const text = joined(pieces)
    if (text === null) writev.call(socket, pieces, callback)
    else write.call(socket, text, 'latin1', callback)
  }
}

/** Null: they are not all latin1. */
function joined(pieces: readonly Piece[]): string | null {
  let text = ''
  for (const { chunk, encoding } of pieces) {
    if (typeof chunk !== 'string' || encoding !== 'latin1') return null
    text += chunk
  }
  return text
}
