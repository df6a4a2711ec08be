// Takes one line of an authorized file apart, and says where each part stands. What the parts mean is not decided here.
//
//   services="11111111-2222-3333-4444-555555555555",max-sessions=2 eqpk1:hSDw…TmoA  the lab, second floor
//   └ option ─────────────────────────────────────┘ └ option ────┘ └ key ────────┘  └ comment ───────────┘

import { apparentKind } from './key-text.ts'

/** Columns count from 1, in UTF-16 units as editors do. */
export interface LineOption {
  readonly column: number
  readonly name: string
  /** Null: there is no `=`. */
  readonly value: string | null
}

export interface LineParts {
  readonly options: readonly LineOption[]
  readonly key: string
  readonly keyColumn: number
  readonly comment: string
}

export interface LineFault {
  readonly column: number
  readonly what: string
}

/** A fault: where the line cannot be read any further. */
export function takeApart(line: string): LineParts | LineFault {
  const control = line.search(CONTROL)
  if (control !== -1) return { column: control + 1, what: 'there is a control character; remove it' }
  const options: LineOption[] = []
  let at = 0
  for (;;) {
    at = endOf(SEPARATORS, line, at)
    if (at === line.length) return { column: at + 1, what: `a public key is missing; ${FORM}` }
    if (apparentKind(line.slice(at, at + LONGEST_PREFIX)) !== null) return { options, ...keyAt(line, at) }
    const end = endOf(OPTION, line, at)
    const fault = faultAt(line, at, end)
    if (fault !== null) return fault
    options.push(optionIn(line.slice(at, end), at + 1))
    at = end
  }
}

/** Tabs are blanks. Anything else of the kind is damage, or is there to deceive whoever looks at the file. */
const CONTROL = /(?!\t)\p{Cc}/u

const FORM = 'a line is: options, separated by commas, then eqpk1:… and a comment'

/** Of what a key begins with; looking at more of the line for each option would cost its length every time. */
const LONGEST_PREFIX = 6

const SEPARATORS = /[\s,]*/y
/** A name, and perhaps a value; one in quotes may hold blanks and commas. */
const OPTION = /[^\s,="]+(?:=(?:"[^"]*"|[^\s,"]*))?/y
const WORD = /\S+/y

/** Where a match that begins at `at` ends; `at` if there is none. */
function endOf(pattern: RegExp, line: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(line) ? pattern.lastIndex : at
}

/** What stands behind an option must keep it apart from the next one. */
function faultAt(line: string, at: number, end: number): LineFault | null {
  if (end > at && (end === line.length || /[\s,]/.test(line[end]!))) return null
  const what =
    line[end] === '"'
      ? 'this quote opens or closes nothing; a value in quotes is written name="value", without quotes in it'
      : `an option or a key cannot begin here; ${FORM}`
  return { column: end + 1, what }
}

function optionIn(text: string, column: number): LineOption {
  const equals = text.indexOf('=')
  if (equals === -1) return { column, name: text, value: null }
  return { column, name: text.slice(0, equals), value: text.slice(equals + 1).replaceAll('"', '') }
}

function keyAt(line: string, at: number): Omit<LineParts, 'options'> {
  const end = endOf(WORD, line, at)
  return { key: line.slice(at, end), keyColumn: at + 1, comment: line.slice(end).trim() }
}
