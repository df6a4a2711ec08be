// Header fields as they are everywhere in this room, and how long a body is.

/** Node's raw form: name, value, name, value … Names as they were spelled, values latin1. */
export type FieldList = readonly string[]

/** Of an answer, `chunked` means that the length was not known beforehand. */
export type BodyFraming =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }

/** The values of all fields that are called `name`, which is in lower case, in their order. */
export function valuesOf(fields: FieldList, name: string): string[] {
  const values: string[] = []
  for (let at = 0; at < fields.length; at += 2) {
    const given = fields[at]!
    if (given.length === name.length && given.toLowerCase() === name) values.push(fields[at + 1]!)
  }
  return values
}

/** The fields for which `isPassed` says yes (it is asked with the name in lower case), in their order and spelling. */
export function fieldsThat(isPassed: (name: string) => boolean, fields: FieldList): string[] {
  const passed: string[] = []
  for (let at = 0; at < fields.length; at += 2) {
    if (isPassed(fields[at]!.toLowerCase())) passed.push(fields[at]!, fields[at + 1]!)
  }
  return passed
}

/** As node takes trailers. */
export function inPairs(fields: FieldList): [string, string][] {
  const pairs: [string, string][] = []
  for (let at = 0; at < fields.length; at += 2) pairs.push([fields[at]!, fields[at + 1]!])
  return pairs
}

/** A head as HTTP/1 writes it, for what node's writer does not write. Nothing in it may end a line; who calls this has made sure of that. */
export function headText(startLine: string, fields: FieldList): string {
  const lines = [startLine]
  for (let at = 0; at < fields.length; at += 2) lines.push(`${fields[at]}: ${fields[at + 1]}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}

/**
 * The members of comma-separated lists (RFC 9110 §5.6.1), in one field or several; empty ones do not count. Only for lists whose members
 * hold no quotes, for a comma always ends a member here.
 */
export function listMembers(values: readonly string[]): string[] {
  if (values.length === 0) return []
  return values.flatMap((value) => value.split(',').map(withoutBlanks)).filter((member) => member !== '')
}

/** The options of all Connection fields, in lower case (RFC 9110 §7.6.1). */
export function connectionOptions(fields: FieldList): ReadonlySet<string> {
  const values = valuesOf(fields, 'connection')
  const usual = values.length === 0 ? NO_OPTIONS : values.length === 1 ? USUAL_OPTIONS.get(values[0]!) : undefined
  return usual ?? new Set(listMembers(values).map((option) => option.toLowerCase()))
}

const NO_OPTIONS: ReadonlySet<string> = new Set()
/** What almost every message says, if anything: no list needs to be taken apart for it. */
const USUAL_OPTIONS: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  ['keep-alive', 'Keep-Alive', 'close', 'Close'].map((value) => [value, new Set([value.toLowerCase()])]),
)

/** RFC 9110 §5.6.2. */
export function isToken(text: string): boolean {
  return text !== '' && !NO_TOKEN.test(text)
}

const NO_TOKEN = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/

/** Blanks as HTTP knows them; `trim` would take more, such as 0xA0. */
function withoutBlanks(text: string): string {
  return text.replace(/^[ \t]+/, '').replace(/[ \t]+$/, '')
}
