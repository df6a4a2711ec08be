// The names in a certificate, out of the one text that Node makes of them:
//
//   DNS:a.example, IP Address:192.0.2.1, URI:spiffe://a/b, DNS:"odd\u002c DNS:forged.example"
//
// What could be taken for more than one name is a JSON string there, after CVE-2021-44532.

import type { PeerName } from './carrier.ts'

/** Kinds of names that say who somebody is, as Node writes them. Others (directory names, registered ids …) are left out. */
const KINDS: ReadonlyMap<string, PeerName['kind']> = new Map([
  ['DNS', 'dns'],
  ['IP Address', 'ip'],
  ['URI', 'uri'],
  ['email', 'email'],
])

/** One name at the beginning: its kind, then a JSON string or anything up to a comma. */
const NAME = /([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/y

/** Empty if the text is not what it should be: no name is better than a wrong one. */
export function peerNames(subjectAltName: string): readonly PeerName[] {
  const names: PeerName[] = []
  NAME.lastIndex = 0
  while (NAME.lastIndex < subjectAltName.length) {
    const found = NAME.exec(subjectAltName)
    if (found === null) return []
    const [, word, text] = found as unknown as [string, string, string]
    const value = text.startsWith('"') ? unquoted(text) : text
    if (value === null) return []
    const kind = KINDS.get(word)
    if (kind !== undefined && value !== '') names.push({ kind, value })
  }
  return names
}

function unquoted(text: string): string | null {
  try {
    return JSON.parse(text) as string
  } catch {
    return null
  }
}
