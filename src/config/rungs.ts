// The ways of a <pipe> to its consumer, the best first: the rungs of the ladder that a provider goes down while nobody answers.

import type { Fields } from './fields.ts'
import { isLoopback } from './host.ts'
import { CARRIERS, type CarrierName } from './link-elements.ts'
import type { Place, Problems } from './problems.ts'
import { type Given, refuseRepeats } from './rules.ts'
import { attributeOf, type Setting } from './setting.ts'
import { websocketAddress } from './websocket-url.ts'

export interface Rung {
  readonly carrier: CarrierName
  /** Of `url`, if there is one. An IPv6 address stands without brackets. */
  readonly hostname: string
  readonly port: number
  /** Of websocket only, and there always: ws:// or wss://. */
  readonly url: string | null
  /** True: it runs inside TLS, in which the consumer shows a certificate. */
  readonly isTls: boolean
  /** Of what says all this, for messages. */
  readonly place: Place
}

/** At least one. One whose address could not be read has an empty hostname. */
export function readRungs(pipe: Fields, problems: Problems): readonly Rung[] {
  const rungs = pipe.all('carrier').map((setting) => {
    if (setting.isSound) refuseMisfits(setting, pipe, problems)
    return rungOf(setting, pipe)
  })
  const sound = rungs.filter(isSound)
  refuseRepeats(sound.map(givenOf), problems, () => 'are one and the same way to the consumer; leave one out')
  const [tls] = pipe.groups('pipeTls')
  if (tls !== undefined && sound.length === rungs.length && !rungs.some(({ isTls }) => isTls)) {
    problems.add(tls, TLS_FOR_NOTHING)
  }
  return rungs
}

const TLS_FOR_NOTHING =
  '<tls> changes nothing here: no <carrier> of this pipe is tcp (without tls="no") or has a wss:// url, and there is no TLS over UDP; leave it out, or write <carrier>tcp</carrier>'

/** Safe by default: a way that leaves this machine needs keys, or TLS to show who is there. */
export function refuseBlindTrust(pipe: Fields, rungs: readonly Rung[], problems: Problems): void {
  if (pipe.isYes('insecure') || pipe.isWritten('consumer_key') || pipe.text('identity') !== '') return
  for (const rung of rungs) {
    if (rung.isTls || !isSound(rung) || isLoopback(rung.hostname)) continue
    const reason = `a pipe to another host needs keys, and ${rung.carrier} to ${hostPortOf(rung)} is one without TLS`
    problems.add(rung.place, `${reason}: ${TRUST_REMEDY}`)
  }
}

const TRUST_REMEDY =
  'run "edgerq keygen -o provider.key" here and "edgerq keygen -o consumer.key" where the consumer runs: each says what to write where; or let each <carrier> to another host run inside TLS, as tcp with <tls> in the pipe or as websocket with a wss:// url, so that certificates say who is there; or write <insecure>yes</insecure> under <pipe> to believe whoever answers'

function rungOf(setting: Setting, pipe: Fields): Rung {
  const address = setting.isSound ? addressOf(setting, pipe) : UNREAD
  return { carrier: carrierOf(setting), ...address, place: placeOf(setting, pipe) }
}

type Address = Omit<Rung, 'carrier' | 'place'>

const UNREAD: Address = { hostname: '', port: 0, url: null, isTls: false }

function addressOf(setting: Setting, pipe: Fields): Address {
  const carrier = carrierOf(setting)
  const url = attributeOf(setting, 'url')
  if (carrier === 'websocket') return url === '' ? UNREAD : websocketAddress(url)
  return {
    hostname: attributeOf(setting, 'hostname') || pipe.text('hostname'),
    port: Number(attributeOf(setting, 'port')) || pipe.number('port'),
    url: null,
    isTls: carrier === 'tcp' && pipe.groups('pipeTls').length > 0 && attributeOf(setting, 'tls') !== 'no',
  }
}

function carrierOf({ value }: Setting): CarrierName {
  return CARRIERS.find((word) => word === value) ?? 'udp'
}

/** Without a <carrier> it is <hostname> that says where the pipe leads. */
function placeOf({ place }: Setting, pipe: Fields): Place {
  const { line, column } = pipe.isWritten('carrier') ? place : pipe.placeOf('hostname')
  return { line, column }
}

/** Attributes that say nothing to a carrier, and why. */
const MISFITS: Readonly<Record<CarrierName, Readonly<Record<string, string>>>> = {
  udp: { url: 'it is for websocket', tls: 'there is no TLS over UDP, where the link is sealed by itself' },
  tcp: { url: 'it is for websocket' },
  websocket: {
    hostname: 'the url says it',
    port: 'the url says it',
    tls: 'the url says it: wss:// is with TLS, ws:// without',
  },
}

function refuseMisfits(setting: Setting, pipe: Fields, problems: Problems): void {
  const carrier = carrierOf(setting)
  for (const [name, reason] of Object.entries(MISFITS[carrier])) {
    if (attributeOf(setting, name) === '') continue
    problems.add(setting.place, `attribute ${name} may not stand at ${carrier}: ${reason}; leave it out`)
  }
  if (carrier === 'websocket' && attributeOf(setting, 'url') === '') problems.add(setting.place, URL_MISSING)
  if (carrier === 'tcp' && attributeOf(setting, 'tls') === 'yes' && pipe.groups('pipeTls').length === 0) {
    problems.add(setting.place, 'tls="yes" needs <tls> in <pipe>, where whom to believe is written')
  }
}

const URL_MISSING =
  'attribute url is missing in <carrier>; websocket needs a URL such as wss://server.example.org/edgerq'

function isSound({ hostname, port }: Rung): boolean {
  return hostname !== '' && port !== 0
}

/** A URL has its host in lower case already, and its path means what it says. */
function givenOf({ place, hostname, ...way }: Rung): Given {
  return { value: JSON.stringify({ ...way, hostname: hostname.toLowerCase() }), place }
}

function hostPortOf({ hostname, port }: Rung): string {
  return hostname.includes(':') ? `[${hostname}]:${port}` : `${hostname}:${port}`
}
