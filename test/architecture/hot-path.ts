// Looks into files that begin with `// hot` for what makes objects each time it runs. It knows only forms that always do, so what it
// finds is real; what it does not find is for the profiler.

import { bareCode } from './bare-code.ts'
import type { SourceTree } from './source-tree.ts'

/** What makes something new on every run, whatever stands around it. */
const MAKES_OBJECTS: readonly (readonly [RegExp, string])[] = [
  [/\.\.\./, 'a spread or a rest'],
  [/\.(?:slice|splice|concat)\(/, 'a copy'],
  [/\.(?:map|flatMap|filter|forEach|reduce|toSorted|split|join)\(/, 'a callback or an array'],
  [/\bnew (?:Map|Set|Array|Promise)\b/, 'a new collection or promise'],
  [/\b(?:async|await)\b|\bPromise\./, 'a promise'],
  [/\b(?:JSON|Object)\.\w/, 'a walk over an object'],
  [/`/, 'a template'],
  [/\b(?:const|let) \[/, 'an array taken apart'],
  [/\bBigInt\b|\b\d+n\b/, 'a BigInt'],
]

/** `file#member` of what runs seldom although it stands in a hot file. Constructors, fields and constants are made once anyway. */
export type ColdPlaces = ReadonlySet<string>

export function hotPathProblems(tree: SourceTree, cold: ColdPlaces): readonly string[] {
  const problems: string[] = []
  const used = new Set<string>()
  for (const [path, text] of tree) {
    if (!text.startsWith('// hot\n')) continue
    for (const { line, place, what } of findings(text)) {
      const name = `${path}#${place}`
      if (cold.has(name)) used.add(name)
      else problems.push(`${path}:${line}: ${what} in ${place}`)
    }
  }
  for (const name of cold) if (!used.has(name)) problems.push(`${name} needs no exception any more`)
  return problems
}

interface Finding {
  readonly line: number
  readonly place: string
  readonly what: string
}

function findings(text: string): readonly Finding[] {
  const found: Finding[] = []
  let place: Place = NOWHERE
  for (const [index, line] of bareCode(text).split('\n').entries()) {
    place = placeOf(line, place)
    if (!place.runsOften) continue
    for (const [pattern, what] of MAKES_OBJECTS) {
      if (pattern.test(line)) found.push({ line: index + 1, place: place.name, what })
    }
  }
  return found
}

/** What a line stands in. */
interface Place {
  readonly name: string
  readonly runsOften: boolean
  /** A function of the file, whose body is as deep as the members of a class. */
  readonly isFunction: boolean
}

const NOWHERE: Place = { name: '', runsOften: false, isFunction: false }

const FUNCTION = /^(?:export )?(?:async )?function (\w+)/
const METHOD = /^ {2}(?:override )?(?:static )?(?:async )?(?:[gs]et )?(#?\w+)(?:<[^>]*>)?\(/
const ARROW = /^ {2}(?:readonly )?(#?\w+) = \(.*=> \{$/

/** `around`: what the line before stands in. The depth at which the formatter puts things tells them apart. */
function placeOf(line: string, around: Place): Place {
  const ofFile = FUNCTION.exec(line)
  if (ofFile !== null) return { name: ofFile[1]!, runsOften: true, isFunction: true }
  if (/^\S/.test(line)) return around.isFunction && line.startsWith(')') ? around : NOWHERE
  if (around.isFunction) return around
  const member = METHOD.exec(line) ?? ARROW.exec(line)
  if (member !== null) return { name: member[1]!, runsOften: member[1] !== 'constructor', isFunction: false }
  return /^ {2}[\w#]/.test(line) ? NOWHERE : around
}
