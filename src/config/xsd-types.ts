// What a value may be, in the words of XML Schema. White space around a value is dropped there as it is here (xs:token, numbers).

import { MOST_NAME_CHARACTERS } from './certificate-name.ts'
import { NO_NETWORKS } from './networks.ts'
import { MOST_SOCKET_PATH_BYTES } from './path.ts'
import type { AttributeRule, Taken } from './schema.ts'
import { ALL_SERVICES } from './uuids.ts'
import { LONGEST_NAME } from './values.ts'

const UUID = '[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}'
const PUBLIC_KEY = 'eqpk1:[0-9A-Za-z_\\-]{43}'

/** Lines of the printed document, indented as far as their own elements need. */
export type Lines = readonly string[]

export function indented(lines: Lines): Lines {
  return lines.map((line) => `  ${line}`)
}

/** A simple type, for use inside an element or attribute, or (with a name) at the top of the document. */
export function typeLines(takes: Taken, name?: string): Lines {
  const naming = name === undefined ? '' : ` name="${name}"`
  return [`<xs:simpleType${naming}>`, ...indented(derivationLines(takes)), '</xs:simpleType>']
}

/** The type of an element with attributes; its value is of the type called `valueType`. */
export function attributedTypeLines(valueType: string, attributes: readonly AttributeRule[]): Lines {
  return [
    '<xs:complexType>',
    '  <xs:simpleContent>',
    `    <xs:extension base="${valueType}">`,
    ...indented(indented(indented(attributes.flatMap(attributeLines)))),
    '    </xs:extension>',
    '  </xs:simpleContent>',
    '</xs:complexType>',
  ]
}

function attributeLines(rule: AttributeRule): Lines {
  const use = rule.fallback === null ? ' use="required"' : ''
  return [`<xs:attribute name="${rule.name}"${use}>`, ...indented(typeLines(rule.takes)), '</xs:attribute>']
}

function derivationLines(takes: Taken): Lines {
  switch (takes.kind) {
    case 'number':
      return numberLines(takes)
    case 'word':
      return wordLines(takes.words)
    case 'path or word':
      return union(wordLines(takes.words), restriction('xs:token', [facet('pattern', '/[!-~]*')]))
    case 'url path':
      return restriction('xs:token', [facet('pattern', '/[^?#\\s]*')])
    case 'websocket url':
      return restriction('xs:token', [facet('pattern', 'wss?://[!-~]+')])
    case 'uuid':
      return restriction('xs:token', [facet('pattern', UUID)])
    case 'services':
      return union(wordLines([ALL_SERVICES]), restriction('xs:token', [facet('pattern', `${UUID}([, ]+${UUID})*`)]))
    case 'host':
      return restriction('xs:token', [facet('pattern', '[0-9A-Za-z_.:\\-]+')])
    case 'certificate name':
      return restriction('xs:token', [facet('pattern', '[!-~]+'), facet('maxLength', MOST_NAME_CHARACTERS)])
    case 'networks':
      return union(wordLines([NO_NETWORKS]), restriction('xs:token', [facet('pattern', '[0-9A-Fa-f.:/, ]+')]))
    case 'keys':
      return restriction('xs:token', [facet('pattern', `${PUBLIC_KEY}([, ]+${PUBLIC_KEY})?`)])
    case 'name':
      return restriction('xs:token', [facet('minLength', 1), facet('maxLength', LONGEST_NAME)])
    case 'path':
      return pathLines(takes)
    case 'nothing yet':
      return []
  }
}

function numberLines(takes: Taken & { readonly kind: 'number' }): Lines {
  const limits = [facet('minInclusive', takes.least), facet('maxInclusive', takes.most)]
  const number =
    takes.decimals === 0
      ? restriction('xs:integer', limits)
      : restriction('xs:decimal', [...limits, facet('fractionDigits', takes.decimals)])
  return takes.word === undefined ? number : union(wordLines([takes.word]), number)
}

function pathLines(takes: Taken & { readonly kind: 'path' }): Lines {
  if (takes.of === 'file') return restriction('xs:token', [facet('minLength', 1)])
  return restriction('xs:token', [facet('pattern', '/.+'), facet('maxLength', MOST_SOCKET_PATH_BYTES)])
}

function wordLines(words: readonly string[]): Lines {
  return restriction(
    'xs:token',
    words.map((word) => facet('enumeration', word)),
  )
}

function union(...alternatives: readonly Lines[]): Lines {
  const types = alternatives.flatMap((lines) => ['<xs:simpleType>', ...indented(lines), '</xs:simpleType>'])
  return ['<xs:union>', ...indented(types), '</xs:union>']
}

function restriction(base: string, facets: Lines): Lines {
  return [`<xs:restriction base="${base}">`, ...indented(facets), '</xs:restriction>']
}

function facet(name: string, value: string | number): string {
  return `<xs:${name} value="${value}"/>`
}
