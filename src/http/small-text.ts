// Small bodies as text: node's writer joins text with the head into one write, while bytes cost it two pieces, and stay lent until they
// have left.

/** Beyond it the text, which is copied once more, costs more than it saves. */
const MOST_TEXT_BYTES = 4_096

/** Each byte as the character of its number, for a write as `latin1`. Null: it is better written as bytes. */
export function smallText(bytes: Uint8Array): string | null {
  if (bytes.length > MOST_TEXT_BYTES) return null
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}
