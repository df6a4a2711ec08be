// Pieces of a file or a command line in a message: short, on one line, with nothing in them that could play with a terminal.

/** Longest piece that a message repeats. */
const MOST_CHARACTERS = 60

export function shown(text: string): string {
  if (holdsSecret(text)) return '(a secret, which is not repeated here)'
  const start = [...text.slice(0, 2 * MOST_CHARACTERS)].slice(0, MOST_CHARACTERS).join('')
  const visible = start.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, escaped)
  return `"${visible}${start.length < text.length ? '…' : ''}"`
}

/** A private key, a pre-shared key or a token, wherever somebody has put it by mistake. */
export function holdsSecret(text: string): boolean {
  return /eqsk1:|eqps1:|eqtok1\./i.test(text)
}

function escaped(character: string): string {
  return `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`
}
