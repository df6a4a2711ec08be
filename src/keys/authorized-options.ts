// The options of an authorized file: the one place that knows their names, what they take, and what holds without them.

import { type Network, readNetwork } from './network.ts'
import { holdsSecret, shown } from './shown.ts'

/** What a key may do. */
export interface ProviderOptions {
  /** UUIDs in lower case. */
  readonly services: ReadonlySet<string>
  /** Null: from anywhere. */
  readonly from: readonly Network[] | null
  /** Unix time in ms from which on the key is not taken; Infinity: never. */
  readonly expiresAtMs: number
  /** Infinity: as many as the program allows anybody; the same for streams. */
  readonly maxSessions: number
  /** Streams that are open at once in one session. */
  readonly maxStreams: number
  /** 32 bytes; null: none. */
  readonly preSharedKey: Uint8Array | null
  readonly isRevoked: boolean
}

/** The options of a line while they are read. */
export type OptionsDraft = { -readonly [Name in keyof ProviderOptions]: ProviderOptions[Name] }

/** The key in a file, or why there is none. */
export type PreSharedKeys = (path: string) => Uint8Array | string

interface OptionRule {
  /** For "… must be". */
  readonly takes: string
  /** Puts the value where it belongs. The answer is null, or what is wrong with it beyond not being what the option takes. */
  readonly read: (value: string, draft: OptionsDraft, preSharedKeys: PreSharedKeys) => string | null
}

/** Any more would never be reached: a consumer holds fewer sessions than that in all. */
const MOST_SESSIONS = 100_000

/** Streams of one session that a peer is ever allowed (the ceiling of its credit). */
const MOST_STREAMS = 16_384

/** One line with "…; it must be …" is written by `optionProblem`. */
const NOT_THAT = ''

const RULES: Readonly<Record<string, OptionRule>> = {
  services: {
    takes: 'UUIDs in quotes with commas between them, such as services="11111111-2222-3333-4444-555555555555"',
    read: readServices,
  },
  from: {
    takes: 'addresses or networks in quotes with commas between them, such as from="192.0.2.7,10.0.0.0/8,fd00::/8"',
    read: readFrom,
  },
  'expiry-time': {
    takes: 'a day, YYYYMMDD, or a minute, YYYYMMDDhhmm, in UTC, such as expiry-time="20270101"',
    read: readExpiryTime,
  },
  'max-sessions': {
    takes: `a whole number from 1 to ${MOST_SESSIONS}`,
    read: (value, draft) => readCount(value, MOST_SESSIONS, (count) => (draft.maxSessions = count)),
  },
  'max-streams': {
    takes: `a whole number from 1 to ${MOST_STREAMS}`,
    read: (value, draft) => readCount(value, MOST_STREAMS, (count) => (draft.maxStreams = count)),
  },
  'psk-file': { takes: 'the path of a file that edgerq keygen --psk made', read: readPreSharedKeyOption },
}
const REVOKED = 'revoked'
const NAMES: readonly string[] = [...Object.keys(RULES), REVOKED]

/** Null: the option stands in `draft` now. Otherwise what is wrong and what is allowed. */
export function readOption(
  option: { readonly name: string; readonly value: string | null },
  draft: OptionsDraft,
  preSharedKeys: PreSharedKeys,
): string | null {
  const { name, value } = option
  if (name === REVOKED) {
    draft.isRevoked = true
    return value === null ? null : 'revoked takes no value; write it alone, or leave it out'
  }
  const rule = Object.hasOwn(RULES, name) ? RULES[name]! : null
  if (rule === null) return strangerProblem(name, value)
  if (value === null || value === '') return `${name} has no value; it must be ${rule.takes}`
  const complaint = rule.read(value, draft, preSharedKeys)
  if (complaint === null) return null
  return `${name} must be ${rule.takes}, not ${shown(value)}${complaint === NOT_THAT ? '' : ` (${complaint})`}`
}

/** Any version and variant: the UUIDs in the samples of old are of none. */
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i

/** The form in which UUIDs are compared; null: it is none. */
export function canonicalUuid(text: string): string | null {
  return UUID.test(text) ? text.toLowerCase() : null
}

function readServices(value: string, draft: OptionsDraft): string | null {
  const services = new Set<string>()
  for (const member of membersOf(value)) {
    const uuid = canonicalUuid(member)
    if (uuid === null) return `${shown(member)} is no UUID`
    if (services.has(uuid)) return `${uuid} is in it twice`
    services.add(uuid)
  }
  draft.services = services
  return null
}

function readFrom(value: string, draft: OptionsDraft): string | null {
  const networks: Network[] = []
  for (const member of membersOf(value)) {
    const network = readNetwork(member)
    if (network === null) return `${shown(member)} is neither`
    networks.push(Object.freeze(network))
  }
  draft.from = Object.freeze(networks)
  return null
}

function membersOf(value: string): readonly string[] {
  return value.split(',').map((member) => member.trim())
}

const EXPIRY_TIME = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d))?$/

/** UTC, so that a file means the same on every machine and in summer. */
function readExpiryTime(value: string, draft: OptionsDraft): string | null {
  const [, year, month, day, hour = '00', minute = '00'] = EXPIRY_TIME.exec(value) ?? []
  if (year === undefined) return NOT_THAT
  const written = `${year}-${month}-${day}T${hour}:${minute}:00.000Z`
  const time = Date.parse(written)
  // Date.parse takes the 30th of February for the 1st of March, and 24:00 for the next day.
  if (Number.isNaN(time) || new Date(time).toISOString() !== written) return 'there is no such time'
  draft.expiresAtMs = time
  return null
}

function readCount(value: string, most: number, keep: (count: number) => void): string | null {
  const count = /^[1-9]\d{0,5}$/.test(value) ? Number(value) : most + 1
  if (count > most) return NOT_THAT
  keep(count)
  return null
}

function readPreSharedKeyOption(path: string, draft: OptionsDraft, preSharedKeys: PreSharedKeys): string | null {
  if (holdsSecret(path)) return 'the key itself must not stand here, where others may read it'
  const key = preSharedKeys(path)
  if (typeof key === 'string') return key
  draft.preSharedKey = key
  return null
}

function strangerProblem(name: string, value: string | null): string {
  if (value === null && (canonicalUuid(name) !== null || readNetwork(name) !== null)) {
    return `${shown(name)} stands alone; a list with commas in it needs quotes around it, such as services="…,…"`
  }
  const typed = name.toLowerCase()
  const near = NAMES.find((known) => isOneSlip(typed, known)) ?? NAMES.find((known) => isStart(typed, known))
  const hint = near === undefined ? '' : `; did you mean ${near}?`
  return `there is no option ${shown(name)}${hint} (the options are ${NAMES.join(', ')})`
}

/** One character added, left out or changed, or two neighbours swapped: what differs between equal ends tells. */
function isOneSlip(typed: string, known: string): boolean {
  let start = 0
  while (start < typed.length && typed[start] === known[start]) start++
  let end = 0
  const shorter = Math.min(typed.length, known.length)
  while (end < shorter - start && typed.at(-1 - end) === known.at(-1 - end)) end++
  const was = typed.slice(start, typed.length - end)
  const is = known.slice(start, known.length - end)
  if (was.length <= 1 && is.length <= 1) return true
  return was.length === 2 && is.length === 2 && was[0] === is[1] && was[1] === is[0]
}

/** `expiry` for `expiry-time`. */
function isStart(typed: string, known: string): boolean {
  return typed.length >= 3 && known.startsWith(typed)
}
