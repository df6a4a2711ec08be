// A piece of a stranger's message for a sentence to people: short, and with nothing in it that a log or a terminal would act on.

/** Nobody reads further. */
const MOST_QUOTED_CHARACTERS = 64

export function quoted(text: string): string {
  const start = text.slice(0, MOST_QUOTED_CHARACTERS).replace(/[^\x20-\x7e]|["\\]/g, escaped)
  return `"${start}${text.length > MOST_QUOTED_CHARACTERS ? '…' : ''}"`
}

function escaped(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
}
