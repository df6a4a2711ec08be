// Judges a tree of source files by a table of who may import whom. Answers with lines that say what is wrong and where.

import { posix } from 'node:path'
import { bareCode } from './bare-code.ts'
import { type ImportLine, importLines, UNREADABLE } from './import-lines.ts'
import type { SourceTree } from './source-tree.ts'

export interface House {
  /** Folder to the file through which everybody outside it must go. */
  readonly doors: Readonly<Record<string, string>>
  /** A file is judged by every rule that it matches, and must match at least one that says whom it may import. */
  readonly rules: readonly Rule[]
}

export interface Rule {
  readonly files: RegExp
  /**
   * Files, folders (with `/` at the end), packages and `node:` modules; what begins with `type ` only as `import type`, `node:*` is
   * all of Node, `*` is anything in src and out of it.
   */
  readonly mayImport?: readonly string[]
  /** Names, or members (`Math.random`), that the code must not use. */
  readonly neverNames?: readonly string[]
}

export function layeringProblems(tree: SourceTree, house: House): readonly string[] {
  const problems: string[] = []
  for (const [path, text] of tree) {
    const rules = house.rules.filter((rule) => rule.files.test(path))
    if (!rules.some((rule) => rule.mayImport)) problems.push(`${path}: stands in no room of the table`)
    for (const line of importLines(text)) {
      const what = importProblem(path, line, rules, house)
      if (what !== null) problems.push(`${path}:${line.line}: ${what}`)
    }
    for (const rule of rules) problems.push(...nameProblems(path, text, rule.neverNames ?? []))
  }
  return problems
}

/** What an import line leads to: a path from the project's folder, or the name of a package. */
export function targetOf(path: string, from: string): string {
  if (from.startsWith('.')) return posix.join(posix.dirname(path), from)
  const parts = from.split('/')
  return from.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]!
}

function importProblem(path: string, line: ImportLine, rules: readonly Rule[], house: House): string | null {
  if (line.from === UNREADABLE) return 'this import cannot be read'
  const target = targetOf(path, line.from)
  const isFile = line.from.startsWith('.')
  if (isFile && !target.startsWith('src/')) return `leaves src: ${target}`
  if (isFile && !target.endsWith('.ts')) return `a relative import ends in .ts: ${line.from}`
  for (const [room, door] of Object.entries(house.doors)) {
    if (target.startsWith(room) && !path.startsWith(room) && target !== door) return `goes past ${door}: ${target}`
  }
  for (const { mayImport } of rules) {
    if (mayImport && !mayImport.some((entry) => allows(entry, target, line.isType))) return `may not import ${target}`
  }
  return null
}

function allows(entry: string, target: string, isType: boolean): boolean {
  if (entry.startsWith('type ')) return isType && allows(entry.slice('type '.length), target, isType)
  if (entry === '*') return true
  if (entry === 'node:*') return target.startsWith('node:')
  return entry.endsWith('/') ? target.startsWith(entry) : target === entry
}

function nameProblems(path: string, text: string, names: readonly string[]): readonly string[] {
  if (names.length === 0) return []
  // A name behind a dot, # or ' is a member's or a property's; `...name` is the name itself.
  const pattern = new RegExp(`(?<![\\w$#]|(?<!\\.\\.)\\.)(?:${names.map(escaped).join('|')})\\b`, 'g')
  return bareCode(text)
    .split('\n')
    .flatMap((line, index) => [...line.matchAll(pattern)].map(([name]) => `${path}:${index + 1}: may not use ${name}`))
}

function escaped(name: string): string {
  return name.replaceAll('.', '\\.')
}
