// Prints the reference in docs/configuration.md from the table: for each group a table of what may stand in it.

import { GROUP_NAMES, GROUPS, type GroupName, groupsIn } from './groups.ts'
import { type AttributeRule, defaultOf, type ElementRule, exampleOf, settingsOf, type Taken } from './schema.ts'
import { allowed } from './values.ts'

/** What stands around the printed part of docs/configuration.md. */
export const REFERENCE_START = '<!-- reference: printed from src/config/schema.ts by "npm run xsd" -->'
export const REFERENCE_END = '<!-- end of reference -->'

/** `document` with its reference printed anew. */
export function withReference(document: string): string {
  const start = document.indexOf(REFERENCE_START)
  const end = document.indexOf(REFERENCE_END)
  if (start === -1 || end < start) throw new Error('the document does not say where its reference stands')
  return `${document.slice(0, start)}${REFERENCE_START}\n\n${reference()}\n${document.slice(end)}`
}

function reference(): string {
  return GROUP_NAMES.map(groupSection).join('\n')
}

function groupSection(name: GroupName): string {
  const settings = settingsOf(name)
  const built = settings.filter((rule) => rule.takes.kind !== 'nothing yet')
  const later = settings.filter((rule) => rule.takes.kind === 'nothing yet')
  const lines = [`### ${pathOf(name)}`, '', GROUPS[name].meaning, ...groupsIn(name).map(membership), '']
  if (built.length > 0) lines.push(...tableOf(name, built), '')
  if (later.length > 0) lines.push(`Not in this version: ${later.map((rule) => code(rule.name)).join(', ')}.`, '')
  return lines.join('\n')
}

/** Such as `<service_provider> <pipes> <pipe>`. */
function pathOf(name: GroupName): string {
  const { under } = GROUPS[name]
  const own = code(`<${GROUPS[name].name}>`)
  return under === null ? own : `${pathOf(under)} ${own}`
}

function membership(name: GroupName): string {
  return `Holds ${code(`<${GROUPS[name].name}>`)}, ${GROUPS[name].occurs}.`
}

function tableOf(group: GroupName, rules: readonly ElementRule[]): readonly string[] {
  return [
    '| element | takes | default | means | example |',
    '|---|---|---|---|---|',
    ...rules.flatMap((rule) => [
      elementRow(group, rule),
      ...(rule.attributes ?? []).map((it) => attributeRow(rule, it)),
    ]),
  ]
}

function elementRow(group: GroupName, rule: ElementRule): string {
  const name = `${code(rule.name)}${times(rule)}`
  return row([name, taken(rule.takes), prose(defaultOf(rule, group)), prose(rule.meaning), code(exampleOf(rule))])
}

function times({ most = 1 }: ElementRule): string {
  if (most === 1) return ''
  return Number.isFinite(most) ? `, up to ${most}` : ', any number'
}

/** What it takes now, and what it is to take. */
function taken(takes: Taken): string {
  if (takes.kind !== 'word' || takes.later.length === 0) return allowed(takes)
  return `${allowed(takes)}; ${takes.later.join(', ')} is for a later version`
}

function attributeRow(rule: ElementRule, attribute: AttributeRule): string {
  const { name, takes, fallback, absent, meaning, example } = attribute
  const otherwise = absent ?? fallback ?? 'none; it must be there'
  return row([
    `attribute ${code(name)} of ${code(rule.name)}`,
    allowed(takes),
    prose(otherwise),
    prose(meaning),
    code(example),
  ])
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

/** Elements in running text would vanish as HTML. */
function prose(text: string): string {
  return text.replace(/<(\w+)>[^<]*<\/\1>|<\w+>/g, code)
}

function code(text: string): string {
  return `\`${text}\``
}
