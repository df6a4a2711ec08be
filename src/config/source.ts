// The text of a configuration file to a tree of elements that know their line and column. What the elements mean is read.ts's business.
//
// Two parsers, each for what it does best: saxes refuses everything that is not well-formed (well-formed.ts), and only then
// fast-xml-parser, which forgives too much to stand alone, builds the tree and says where each element starts.

import { XMLParser } from 'fast-xml-parser'
import type { Place, Problem } from './problems.ts'
import { textOf } from './utf8.ts'
import { malformations } from './well-formed.ts'

/** One element. Its place is that of its `<`. */
export interface XmlElement extends Place {
  readonly name: string
  /** Its own characters (not its children's), without the white space around them. */
  readonly text: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]
}

export type Source =
  | { readonly ok: true; readonly root: XmlElement }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/** Bytes of a file, or characters of a text: several hundred times the largest sensible configuration. */
const MOST_SIZE = 1_048_576

/** Reads bytes (UTF-8) or text. Line ends count as one whatever they are; a byte order mark counts as nothing. */
export function readSource(source: string | Uint8Array): Source {
  if (source.length > MOST_SIZE)
    return refused({ line: 1, column: 1, what: `the file is larger than ${MOST_SIZE} bytes (1 MiB)` })
  const decoded = typeof source === 'string' ? source : textOf(source)
  if (typeof decoded !== 'string') return refused(decoded)
  const text = decoded.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n')
  const placeOf = placesIn(text)
  // saxes would take half a pair together with the character behind it, and so miss a `<` that the other parser sees.
  const half = text.search(/\p{Surrogate}/u)
  if (half !== -1) return refused({ ...placeOf(half), what: 'half a surrogate pair is no character' })
  const problems = malformations(text, placeOf)
  return problems.length > 0 ? { ok: false, problems } : { ok: true, root: treeOf(text, placeOf) }
}

function refused(problem: Problem): Source {
  return { ok: false, problems: [problem] }
}

/** Answers in O(log lines), also where the whole file is one line. */
function placesIn(text: string): (index: number) => Place {
  const starts = [0]
  for (let feed = text.indexOf('\n'); feed !== -1; feed = text.indexOf('\n', feed + 1)) starts.push(feed + 1)
  return (index) => {
    let low = 0
    let high = starts.length
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (starts[middle]! <= index) low = middle
      else high = middle
    }
    return { line: low + 1, column: index - starts[low]! + 1 }
  }
}

/** Put before every name: it can stand in none, so no element is ever taken for a property of a JavaScript object. */
const NAME_MARK = '<'
const TEXT = '#text'
const CDATA = '#cdata'
const ATTRIBUTES = ':@'
const ATTRIBUTE_MARK = '@_'
const PLACE = XMLParser.getMetaDataSymbol() as symbol

const parser = new XMLParser({
  preserveOrder: true,
  captureMetaData: true,
  ignoreDeclaration: true,
  ignoreAttributes: false,
  attributeNamePrefix: ATTRIBUTE_MARK,
  textNodeName: TEXT,
  // Kept apart from text, for `&amp;` in a CDATA section is five characters.
  cdataPropName: CDATA,
  parseTagValue: false,
  trimValues: false,
  // Its expansion has limits of its own and leaves numbers alone; `characters` below has neither flaw.
  processEntities: false,
  jPath: false,
  // Called twice for `<a/>`, hence the question.
  transformTagName: (name) => (name.startsWith(NAME_MARK) ? name : NAME_MARK + name),
})

/** What the parser gives: one key that is the name, and attributes and a start index beside it. */
type ParsedNode = Readonly<Record<string | symbol, unknown>>

function treeOf(text: string, placeOf: (index: number) => Place): XmlElement {
  const nodes = parser.parse(text, false) as readonly ParsedNode[]
  const roots = elementsOf(nodes, placeOf)
  if (roots.length !== 1) throw new Error(`the parsers disagree: ${roots.length} roots in a well-formed document`)
  return roots[0]!
}

function elementsOf(nodes: readonly ParsedNode[], placeOf: (index: number) => Place): XmlElement[] {
  const elements: XmlElement[] = []
  for (const node of nodes) {
    const key = Object.keys(node).find((name) => name.startsWith(NAME_MARK))
    if (key === undefined) continue
    const content = node[key] as readonly ParsedNode[]
    elements.push({
      name: key.slice(NAME_MARK.length),
      text: textIn(content),
      attributes: attributesOf(node[ATTRIBUTES] as Readonly<Record<string, string>> | undefined),
      children: elementsOf(content, placeOf),
      ...placeOf((node[PLACE] as { readonly startIndex: number }).startIndex),
    })
  }
  return elements
}

function textIn(nodes: readonly ParsedNode[]): string {
  let text = ''
  for (const node of nodes) {
    if (TEXT in node) text += characters(node[TEXT] as string)
    else if (CDATA in node) text += (node[CDATA] as readonly ParsedNode[])[0]![TEXT] as string
  }
  return trimmed(text)
}

function attributesOf(raw: Readonly<Record<string, string>> = {}): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>()
  for (const [name, value] of Object.entries(raw)) {
    attributes.set(name.slice(ATTRIBUTE_MARK.length), trimmed(characters(value)))
  }
  return attributes
}

const NAMED_CHARACTERS = new Map([
  ['amp', '&'],
  ['apos', "'"],
  ['gt', '>'],
  ['lt', '<'],
  ['quot', '"'],
])

/** Resolves references. One reference gives one character, so text never grows; the gate has made sure that each is known. */
function characters(raw: string): string {
  return raw.replace(/&(?:#x([\da-fA-F]+)|#(\d+)|(\w+));/g, (_, hex?: string, decimal?: string, name?: string) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16))
    if (decimal !== undefined) return String.fromCodePoint(Number.parseInt(decimal, 10))
    return NAMED_CHARACTERS.get(name!)!
  })
}

/** Only what XML calls white space: a no-break space that was pasted into a number shall be seen, not forgiven. */
const WHITE_SPACE = ' \t\n\r'

// By hand: a pattern for the end of the text tries every space in it, and a megabyte of spaces would take minutes.
function trimmed(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && WHITE_SPACE.includes(text[start]!)) start++
  while (end > start && WHITE_SPACE.includes(text[end - 1]!)) end--
  return text.slice(start, end)
}
