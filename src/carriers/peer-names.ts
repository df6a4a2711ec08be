// The names in a certificate, out of the one text that Node makes of them:
//
//   DNS:a.example, IP Address:192.0.2.1, URI:spiffe://a/b, DNS:"odd\u002c DNS:forged.example"
//
// What could be taken for more than one name is a JSON string there, after CVE-2021-44532.

/** Kinds of names that say who somebody is. Others (directory names, registered ids …) are left out. */
const KINDS: ReadonlySet<string> = new Set(['DNS', 'IP Address', 'URI', 'email'])

/** One name at the beginning: its kind, then a JSON string or anything up to a comma. */
const NAME = /([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/y

/** Empty if the text is not what it should be: no name is better than a wrong one. */
export function peerNames(subjectAltName: string): readonly string[] {
  const names: string[] = []
  NAME.lastIndex = 0
  while (NAME.lastIndex < subjectAltName.length) {
    const found = NAME.exec(subjectAltName)
    if (found === null) return []
    const [, kind, value] = found as unknown as [string, string, string]
    const name = value.startsWith('"') ? unquoted(value) : value
    if (name === null) return []
    if (KINDS.has(kind) && name !== '') names.push(name)
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
