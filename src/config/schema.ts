// THE table of elements: what may stand in consumer.xml and provider.xml, what each takes and what it means (those of links are in
// link-elements.ts, those that only hold others in groups.ts). Both files are read by it, and docs/configuration.md and the two .xsd
// files are printed from it, so none of them can say anything else. Long because it is a table.

import { type ElementRule, integer, PORT, PORT_OR_ANY, type Taken, YES_NO } from './element-rule.ts'
import { GROUPS, type GroupName } from './groups.ts'
import { LINK_ELEMENTS } from './link-elements.ts'

export type { AttributeRule, ElementRule, Taken } from './element-rule.ts'

export const BALANCES = ['least', 'round_robin', 'source_hash'] as const
export const CONGESTIONS = ['bbr', 'cubic'] as const
export const PROTOCOLS = ['http', 'tcp'] as const
export const HEALTH_CHECKS = ['connect', 'off'] as const
export const AUTO = 'auto'

/** What RFC 9000 §14 asks every path to carry; the least that `max_datagram` takes and what `auto` begins with. */
export const LEAST_DATAGRAM_BYTES = 1_200
/** What a UDP datagram over IPv4 can hold: 65,535 less both headers. */
export const MOST_DATAGRAM_BYTES = 65_507

const NOTHING_YET: Taken = { kind: 'nothing yet' }
const UNLESS_SOCKET = 'none; it must be there unless socket is'

/** Elements that hold a value, in the order in which the manual tells them. A root's service settings are defaults for its services. */
export const ELEMENTS: readonly ElementRule[] = [
  ...LINK_ELEMENTS,
  {
    name: 'uuid',
    under: ['consumerService', 'providerService'],
    takes: { kind: 'uuid' },
    fallback: null,
    meaning: 'The name of the service, the same on both sides; upper and lower case are one.',
    example: '11111111-2222-3333-4444-555555555555',
  },
  {
    name: 'name',
    under: ['consumerService', 'providerService'],
    takes: { kind: 'name' },
    fallback: '',
    absent: 'the UUID',
    meaning: 'What people call the service, in logs and in status.',
    example: 'intranet wiki',
  },
  {
    name: 'inaddr_any',
    under: ['consumerService'],
    takes: YES_NO,
    fallback: 'no',
    meaning:
      'no: clients on this machine only (127.0.0.1, and ::1 where there is one); yes: all addresses, IPv6 and IPv4.',
    example: 'yes',
  },
  {
    name: 'port',
    under: ['consumerService'],
    takes: PORT_OR_ANY,
    fallback: null,
    meaning: 'The TCP port on which clients find the service; 0 takes any free one and shows it in the ready line.',
    example: '3000',
  },
  {
    name: 'hostname',
    under: ['providerService'],
    takes: { kind: 'host' },
    fallback: '',
    absent: UNLESS_SOCKET,
    meaning: 'The host of the target: a name, an IPv4 or an IPv6 address.',
    example: '127.0.0.1',
  },
  {
    name: 'port',
    under: ['providerService'],
    takes: PORT,
    fallback: '',
    absent: UNLESS_SOCKET,
    meaning:
      'The TCP port of the target: a web server, any other TCP service, or the service port of another consumer.',
    example: '3088',
  },
  {
    name: 'socket',
    under: ['providerService'],
    takes: { kind: 'path', of: 'socket' },
    fallback: '',
    absent: 'none',
    meaning: 'The Unix socket of the target, in place of hostname and port.',
    example: '/run/app.sock',
  },
  {
    name: 'protocol',
    under: ['consumer', 'consumerService', 'provider', 'providerService'],
    takes: { kind: 'word', words: PROTOCOLS, later: [] },
    fallback: 'http',
    meaning:
      'http: requests are parsed, checked and balanced one by one; tcp: bytes are carried untouched. Both sides must say the same.',
    example: 'tcp',
  },
  {
    name: 'max_connections',
    under: ['consumer', 'consumerService'],
    takes: integer(1, 100_000, 'connections'),
    fallback: '50',
    meaning:
      'Client connections that the service serves at once; further ones wait as long as hold allows, then get 503 (tcp: are closed).',
    example: '200',
  },
  {
    name: 'request_buffer',
    under: ['consumer', 'consumerService'],
    takes: integer(1_024, 16_777_216, 'bytes'),
    fallback: '4096',
    meaning:
      "The largest request head, and how much of one request is held in memory before its body moves at the provider's pace; never a limit on the body.",
    example: '16384',
  },
  {
    name: 'request_ttl',
    under: ['consumer', 'consumerService'],
    takes: { kind: 'number', least: 0.1, most: 86_400, unit: 'seconds', decimals: 3 },
    fallback: '3',
    meaning: 'The longest wait for the first byte of the answer once a provider has the whole request; then 504.',
    example: '0.5',
  },
  {
    name: 'idle_timeout',
    under: ['consumer', 'consumerService'],
    takes: integer(0, 86_400, 'seconds'),
    fallback: '0',
    meaning:
      'A stream on which nothing moves for this long is ended; 0: never. Bytes that wait and cannot move are given 60 seconds whatever this says.',
    example: '300',
  },
  {
    name: 'hold',
    under: ['consumer', 'consumerService'],
    takes: integer(0, 300, 'seconds'),
    fallback: '5',
    meaning: 'How long a request waits for a provider, or for a place under max_connections, before it gets 503.',
    example: '10',
  },
  {
    name: 'balance',
    under: ['consumer', 'consumerService'],
    takes: { kind: 'word', words: BALANCES, later: [] },
    fallback: 'least',
    meaning:
      'Which of several providers takes the next request: the least busy, each in turn, or always the same one for a client address.',
    example: 'round_robin',
  },
  {
    name: 'trusted_proxies',
    under: ['consumer', 'consumerService'],
    takes: { kind: 'networks' },
    fallback: '127.0.0.0/8 ::1/128',
    meaning:
      'Where proxies in front of the service are, as a list with blanks or commas. What a request from there says in X-Forwarded-…, Forwarded and X-Request-Id is believed and passed on; from elsewhere it is replaced. none: nobody is believed.',
    example: '127.0.0.0/8, 10.1.0.0/16, fd00::/8',
  },
  {
    name: 'health',
    under: ['provider', 'providerService'],
    takes: { kind: 'path or word', words: HEALTH_CHECKS },
    fallback: 'connect',
    meaning:
      'How the target is probed: connect opens a connection to it (with tls up to the end of the handshake); a path is fetched from it by GET and must give 2xx or 3xx within 3 seconds, of http services only; off believes it is well.',
    example: 'off',
    attributes: [
      {
        name: 'interval',
        takes: integer(1, 3_600, 'seconds'),
        fallback: '10',
        meaning: 'Time between two probes.',
        example: '<health interval="10">connect</health>',
      },
    ],
  },
  {
    name: 'survive',
    under: ['consumer', 'provider'],
    takes: integer(1, 3_600, 'seconds'),
    fallback: '60',
    meaning: "How long a session outlives silence; the smaller of the two sides' values holds.",
    example: '120',
  },
  {
    name: 'congestion',
    under: ['consumer', 'provider'],
    takes: { kind: 'word', words: CONGESTIONS, later: [] },
    fallback: 'bbr',
    meaning:
      'Who decides how fast datagrams leave this side. bbr measures what the path carries, and keeps its pace where datagrams are lost at random; cubic, as in most kernels, takes every loss for congestion. Over TCP, TLS and WebSocket the connection decides.',
    example: 'cubic',
  },
  {
    name: 'max_datagram',
    under: ['consumer', 'provider'],
    takes: {
      kind: 'number',
      least: LEAST_DATAGRAM_BYTES,
      most: MOST_DATAGRAM_BYTES,
      unit: 'bytes',
      decimals: 0,
      word: AUTO,
    },
    fallback: AUTO,
    meaning:
      'The UDP payload of a full datagram. auto begins with 1200, which every path carries, and finds out what the path takes; a number is used as it is, and must fit the whole path.',
    example: '1400',
  },
  {
    name: 'udp_offload',
    under: ['consumer', 'provider'],
    takes: YES_NO,
    fallback: 'yes',
    meaning:
      "Whether the kernel's batching of datagrams is used where it is to be had: Linux with the optional package koffi. no: one system call for each datagram.",
    example: 'no',
  },
  notYet('admin', ['consumer', 'provider'], 'The address of the status page.'),
  notYet('inspect', ['consumer', 'provider', 'consumerService'], 'Whether requests can be looked at.'),
]

/** Attributes that name the .xsd file for an editor may stand at a root; they mean nothing to us. */
export const EDITOR_ATTRIBUTES: ReadonlySet<string> = new Set(['xmlns:xsi', 'xsi:noNamespaceSchemaLocation'])

/** The settings that may stand in `group`. */
export function settingsOf(group: GroupName): readonly ElementRule[] {
  return ELEMENTS.filter((rule) => rule.under.includes(group))
}

/** Said to people: what holds when the element is left out of `group`. */
export function defaultOf(rule: ElementRule, group: GroupName): string {
  if (rule.absent !== undefined) return rule.absent
  if (rule.fallback === null) return 'none; it must be there'
  const isInherited = GROUPS[group].under !== null && rule.under.some((home) => GROUPS[home].under === null)
  return isInherited ? `what the root says, else ${rule.fallback}` : rule.fallback
}

/** Said to people: the whole element, with the attributes that must be there. */
export function exampleOf(rule: ElementRule): string {
  const needed = rule.attributes?.find(({ fallback }) => fallback === null)
  return needed?.example ?? `<${rule.name}>${rule.example}</${rule.name}>`
}

function notYet(name: string, under: readonly GroupName[], meaning: string): ElementRule {
  return { name, under, takes: NOTHING_YET, fallback: '', meaning, example: '' }
}
