// The import lines of one file, read as the formatter writes them. What cannot be read is a problem, never overlooked.

import { withoutComments } from './bare-code.ts'

export interface ImportLine {
  /** As it stands in the file: './cursor.ts', 'node:net', 'saxes'. */
  readonly from: string
  /** Nothing of it is left at run time. */
  readonly isType: boolean
  readonly line: number
}

const STATEMENT =
  /^(?:import|export)\s+(type\s+)?(?:[\w$]+\s*,?\s*)?(?:\{[^}]*\}|\*(?:\s+as\s+[\w$]+)?)?\s*from\s*['"]([^'"]+)['"]|^import\s*['"]([^'"]+)['"]/gm
/** `import('x')`, also in a type; without a literal nobody can say what it is. */
const EXPRESSION = /\bimport\s*\(\s*(?:['"]([^'"]*)['"]\s*\))?/g
const BEGINNING = /^import\b(?!\s*[.(])/gm

/** What an import line says that cannot be read. */
export const UNREADABLE = '?'

export function importLines(text: string): readonly ImportLine[] {
  const code = withoutComments(text)
  const found: ImportLine[] = []
  const note = (at: number, from: string, isType: boolean): void => {
    found.push({ from, isType, line: code.slice(0, at).split('\n').length })
  }
  const read = new Set<number>()
  for (const match of code.matchAll(STATEMENT)) {
    read.add(match.index)
    note(match.index, (match[2] ?? match[3])!, match[1] !== undefined)
  }
  for (const match of code.matchAll(EXPRESSION)) note(match.index, match[1] ?? UNREADABLE, false)
  for (const match of code.matchAll(BEGINNING)) if (!read.has(match.index)) note(match.index, UNREADABLE, false)
  return found
}
