// The bytes that our sample servers send: what stands at an offset depends on nothing but the offset,
// so that any piece of a body of any size can be checked without keeping the rest of it.

import { createHash } from 'node:crypto'

// Every line begins with its own number: a piece that is lost, doubled or moved by a whole pattern still shows.
const LINE_BYTES = 4096
const LINE_NUMBER_BYTES = 6
const LINES_PER_PATTERN = 16
const PATTERN = fillPattern(Buffer.alloc(LINE_BYTES * LINES_PER_PATTERN))

/** Pieces of this size leave a sample server: large enough to be cheap, small enough to feel back-pressure. */
export const CHUNK_BYTES = LINE_BYTES * LINES_PER_PATTERN

/** The `length` bytes that stand at `offset`, in a buffer of the caller's own. */
export function contentAt(offset: number, length: number): Buffer {
  const firstLine = Math.floor(offset / LINE_BYTES)
  const lineCount = Math.ceil((offset + length) / LINE_BYTES) - firstLine
  const lines = Buffer.allocUnsafe(lineCount * LINE_BYTES)
  for (let index = 0; index < lineCount; index++) writeLine(lines, index * LINE_BYTES, firstLine + index)
  const start = offset - firstLine * LINE_BYTES
  return lines.subarray(start, start + length)
}

/** The first `length` bytes, piece by piece. */
export function* contentChunks(length: number): Generator<Buffer> {
  for (let offset = 0; offset < length; offset += CHUNK_BYTES) {
    yield contentAt(offset, Math.min(CHUNK_BYTES, length - offset))
  }
}

/** SHA-256 of the first `length` bytes, in hex. */
export function contentSha256(length: number): string {
  const hash = createHash('sha256')
  for (const chunk of contentChunks(length)) hash.update(chunk)
  return hash.digest('hex')
}

/** Follows a body as it arrives and throws at the first byte that is not the right one. */
export class ContentCheck {
  receivedBytes = 0

  accept(chunk: Uint8Array): void {
    const expected = contentAt(this.receivedBytes, chunk.length)
    if (!expected.equals(chunk)) {
      const wrong = chunk.findIndex((byte, index) => byte !== expected[index])
      throw new Error(`byte ${this.receivedBytes + wrong} of the body is not the one that was sent`)
    }
    this.receivedBytes += chunk.length
  }
}

function writeLine(into: Buffer, at: number, line: number): void {
  const start = (line % LINES_PER_PATTERN) * LINE_BYTES
  PATTERN.copy(into, at, start, start + LINE_BYTES)
  into.writeUIntBE(line, at, LINE_NUMBER_BYTES)
}

/** A linear congruential generator (the constants of Numerical Recipes): the same bytes on every machine, hard to compress. */
function fillPattern(pattern: Buffer): Buffer {
  let state = 1
  for (let at = 0; at < pattern.length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    pattern[at] = state >>> 24
  }
  return pattern
}
