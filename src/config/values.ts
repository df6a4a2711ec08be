// One value of the file, judged by what its element takes.

import { certificateNameComplaint } from './certificate-name.ts'
import type { Taken } from './element-rule.ts'
import { hostComplaint } from './host.ts'
import { keysComplaint } from './keys.ts'
import { NO_NETWORKS, networksComplaint } from './networks.ts'
import { isPathOf, isPlainUrlPath, isUrlPath, MOST_SOCKET_PATH_BYTES } from './path.ts'
import { quote } from './problems.ts'
import { ALL_SERVICES, isUuid, servicesComplaint } from './uuids.ts'
import { websocketUrlComplaint } from './websocket-url.ts'

export type Value = string | number

/** The value, or what is wrong and what is allowed (`shown` is how the element or attribute is called in messages). */
export type Judged = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly what: string }

export function judge(takes: Taken, text: string, shown: string): Judged {
  if (takes.kind === 'nothing yet') return refused(`${shown} is not in this version; leave it out`)
  if (text === '') return refused(`${shown} is empty; it must be ${allowed(takes)}`)
  switch (takes.kind) {
    case 'number':
      return judgeNumber(takes, text, shown)
    case 'word':
      if (takes.words.includes(text)) return accepted(text)
      return takes.later.includes(text) ? notYet(takes, text, shown) : mustBe(takes, text, shown)
    case 'path or word':
      return takes.words.includes(text) || isUrlPath(text) ? accepted(text) : mustBe(takes, text, shown)
    case 'url path':
      return isPlainUrlPath(text) ? accepted(text) : mustBe(takes, text, shown)
    case 'websocket url':
      return judgeUrl(takes, text, shown)
    case 'uuid':
      return isUuid(text) ? accepted(text.toLowerCase()) : mustBe(takes, text, shown)
    case 'services':
      return judgeBy(servicesComplaint(text), takes, text, shown)
    case 'host':
      return judgeBy(hostComplaint(text), takes, text, shown)
    case 'certificate name':
      return judgeBy(certificateNameComplaint(text), takes, text, shown)
    case 'networks':
      return judgeBy(networksComplaint(text), takes, text, shown)
    case 'name':
      return NAME.test(text) ? accepted(text) : mustBe(takes, text, shown)
    case 'keys':
      return judgeKeys(takes, text, shown)
    case 'path':
      return isPathOf[takes.of](text) ? accepted(text) : mustBe(takes, text, shown)
  }
}

/** What is allowed, for "must be …". */
export function allowed(takes: Taken): string {
  switch (takes.kind) {
    case 'number':
      return `${takes.word === undefined ? '' : `${takes.word} or `}${takes.least} to ${takes.most}${unitOf(takes.unit)}`
    case 'word':
      return oneOf(takes.words)
    case 'path or word':
      return oneOf([...takes.words, 'a path such as /healthz'])
    case 'url path':
      return 'a path such as /edgerq'
    case 'websocket url':
      return 'a URL such as wss://server.example.org/edgerq'
    case 'uuid':
      return 'a UUID such as 11111111-2222-3333-4444-555555555555'
    case 'services':
      return `UUIDs with commas between them, or ${ALL_SERVICES} for all`
    case 'host':
      return 'a host name, an IPv4 or an IPv6 address'
    case 'certificate name':
      return 'a DNS name, an IP address or a URI'
    case 'networks':
      return `networks such as 10.0.0.0/8 or fd00::/8, or ${NO_NETWORKS}`
    case 'name':
      return `1 to ${LONGEST_NAME} characters without control characters`
    case 'keys':
      return 'one or two public keys, eqpk1:…, as edgerq keygen prints them'
    case 'path':
      if (takes.of === 'file') return 'the path of a file'
      return `an absolute path of at most ${MOST_SOCKET_PATH_BYTES} bytes`
    case 'nothing yet':
      return 'left out'
  }
}

/** Characters; names go into log lines, where more would hide the rest. */
export const LONGEST_NAME = 255
const NAME = new RegExp(`^\\P{Cc}{1,${LONGEST_NAME}}$`, 'u')

/** More digits than any limit has. */
const WHOLE_NUMBER = /^\d{1,15}$/
const DECIMAL_NUMBER = /^\d{1,15}\.\d{1,15}$/

function judgeNumber(takes: Taken & { readonly kind: 'number' }, text: string, shown: string): Judged {
  if (text === takes.word) return accepted(text)
  const isDecimal = DECIMAL_NUMBER.test(text)
  if (!isDecimal && !WHOLE_NUMBER.test(text)) return mustBe(takes, text, shown)
  const value = Number(text)
  if (value < takes.least || value > takes.most) return mustBe(takes, text, shown)
  const decimals = isDecimal ? text.length - text.indexOf('.') - 1 : 0
  if (decimals <= takes.decimals) return accepted(value)
  const digits = takes.decimals === 0 ? 'a whole number' : `a number with at most ${takes.decimals} decimals`
  return refused(`${shown} must be ${digits}, ${allowed(takes)}, not ${quote(text)}`)
}

/** `complaint`: null if there is none, empty if there is one without a hint. */
function judgeBy(complaint: string | null, takes: Taken, text: string, shown: string): Judged {
  if (complaint === null) return accepted(text)
  const hint = complaint === '' ? '' : ` (${complaint})`
  return refused(`${shown} must be ${allowed(takes)}, not ${quote(text)}${hint}`)
}

/** What stands before an @ may be a password: it is not repeated. */
function judgeUrl(takes: Taken, text: string, shown: string): Judged {
  const complaint = websocketUrlComplaint(text)
  return complaint === null ? accepted(text) : judgeBy(complaint, takes, text.replace(/^.*@/s, '…@'), shown)
}

/** What stands in the place of a key may be a secret: it is never repeated. */
function judgeKeys(takes: Taken, text: string, shown: string): Judged {
  const complaint = keysComplaint(text)
  if (complaint === null) return accepted(text)
  return refused(`${shown} must be ${allowed(takes)} (${complaint})`)
}

function accepted(value: Value): Judged {
  return { ok: true, value }
}

function refused(what: string): Judged {
  return { ok: false, what }
}

function mustBe(takes: Taken, text: string, shown: string): Judged {
  return refused(`${shown} must be ${allowed(takes)}, not ${quote(text)}`)
}

function notYet(takes: Taken, text: string, shown: string): Judged {
  return refused(`${quote(text)} for ${shown} is not in this version; it must be ${allowed(takes)}`)
}

function unitOf(unit: string): string {
  return unit === '' ? '' : ` ${unit}`
}

function oneOf(words: readonly string[]): string {
  if (words.length === 1) return words[0]!
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}
