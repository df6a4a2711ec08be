// Prints config/consumer.xsd and config/provider.xsd from the table, for editors and validators. They describe what this version
// accepts; what XML Schema cannot say (ports given twice, keys that are needed) only the programs check.

import { type FileKind, GROUP_NAMES, GROUPS, type GroupName, groupsIn } from './groups.ts'
import { defaultOf, ELEMENTS, type ElementRule, settingsOf } from './schema.ts'
import { attributedTypeLines, indented, type Lines, typeLines } from './xsd-types.ts'

/** The whole schema document of one kind of file. */
export function xsdOf(file: FileKind): string {
  const groups = GROUP_NAMES.filter((name) => GROUPS[name].file === file)
  const root = groups.find((name) => GROUPS[name].under === null)!
  const attributed = ELEMENTS.filter((rule) => rule.attributes && rule.under.some((group) => groups.includes(group)))
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!-- Printed from src/config/schema.ts by "npm run xsd": change the table, not this file. -->',
    '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">',
    ...indented(groupLines(root, '')),
    ...indented(attributed.flatMap((rule) => typeLines(rule.takes, rule.name))),
    '</xs:schema>',
  ]
  return `${lines.join('\n')}\n`
}

/** `occurs`: the attributes that say how often, or nothing for exactly once. */
function groupLines(name: GroupName, occurs: string): Lines {
  const { tag, groupOccurs, settingOccurs } = compositorOf(name)
  const settings = settingsOf(name).filter((rule) => rule.takes.kind !== 'nothing yet')
  return [
    `<xs:element name="${GROUPS[name].name}"${occurs}>`,
    ...indented([
      ...documentation(GROUPS[name].meaning),
      '<xs:complexType>',
      `  <xs:${tag}>`,
      ...indented(indented(settings.flatMap((rule) => settingLines(rule, name, settingOccurs(rule))))),
      ...indented(indented(groupsIn(name).flatMap((member) => groupLines(member, groupOccurs(member))))),
      `  </xs:${tag.split(' ')[0]}>`,
      '</xs:complexType>',
    ]),
    '</xs:element>',
  ]
}

interface Compositor {
  /** Name of the element that holds the members, with its attributes. */
  readonly tag: string
  readonly groupOccurs: (member: GroupName) => string
  readonly settingOccurs: (rule: ElementRule) => string
}

/**
 * Elements may come in any order. XML Schema 1.0 says so with `all`, whose members cannot repeat. A group in which only one
 * element may stand, again and again, is a `sequence`; where settings stand beside such elements, a repeated `choice` is all
 * that is left, and it can tell neither what is missing nor what stands there twice.
 */
function compositorOf(name: GroupName): Compositor {
  const repeats =
    groupsIn(name).some((member) => GROUPS[member].occurs === 'at least once') ||
    settingsOf(name).some(({ most = 1 }) => most > 1)
  const settingOccurs = (rule: ElementRule) => (rule.fallback === null ? '' : ' minOccurs="0"')
  const groupOccurs = (member: GroupName) => (GROUPS[member].occurs === 'at most once' ? ' minOccurs="0"' : '')
  if (!repeats) return { tag: 'all', groupOccurs, settingOccurs }
  const always = (occurs: string) => () => occurs
  if (settingsOf(name).length > 0)
    return { tag: 'choice maxOccurs="unbounded"', groupOccurs: always(''), settingOccurs: always('') }
  return { tag: 'sequence', groupOccurs: always(' maxOccurs="unbounded"'), settingOccurs }
}

function settingLines(rule: ElementRule, group: GroupName, occurs: string): Lines {
  const type = rule.attributes === undefined ? typeLines(rule.takes) : attributedTypeLines(rule.name, rule.attributes)
  return [
    `<xs:element name="${rule.name}"${occurs}>`,
    ...indented([...documentation(`${rule.meaning} Default: ${defaultOf(rule, group)}.`), ...type]),
    '</xs:element>',
  ]
}

function documentation(text: string): Lines {
  return [`<xs:annotation><xs:documentation>${escaped(text)}</xs:documentation></xs:annotation>`]
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
