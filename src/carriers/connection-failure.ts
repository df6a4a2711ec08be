// What is said when a connection does not come about, or breaks: where, whose side, and what to do.

import { CarrierError } from './carrier-error.ts'
import { RECORD_WITHIN_MS } from './line.ts'
import { type BrokenRecord, MAX_RECORD_BYTES, RecordVerdict } from './record-reader.ts'
import { explainTls } from './tls-failure.ts'

/** `to`: as people write the address that was called. */
export function dialFailure(to: string, error: NodeJS.ErrnoException): CarrierError {
  return new CarrierError(`no connection to ${to}: ${explain(error)}`, error)
}

/** What answered, the other side or a proxy, speaks HTTP but did not want a WebSocket. */
export function refusedUpgrade(to: string, status: number): CarrierError {
  const hint = UPGRADE_HINTS.get(status) ?? 'look into the log of the other side, and of the proxies between'
  return new CarrierError(`no connection to ${to}: the answer was HTTP ${status}; ${hint}`, 'REFUSED_UPGRADE')
}

const UPGRADE_HINTS: ReadonlyMap<number, string> = new Map([
  [403, 'a proxy between forbids it; ask whoever runs that'],
  [
    404,
    'the path is not the one that the other side listens to, or a reverse proxy does not pass it on; correct the URL',
  ],
  [407, 'the proxy wants a user name and password; write them into its URL'],
  [426, 'a reverse proxy between passes no WebSockets on; have it pass Upgrade'],
  [502, 'a proxy between does not reach the other side; start that, or correct the address in the proxy'],
])

export function dialTooSlow(to: string, withinMs: number): CarrierError {
  const what = 'look whether the address is right, the other side runs, and a firewall between lets TCP through'
  return new CarrierError(`no connection to ${to}: it did not stand within ${withinMs} ms; ${what}`, 'NO_ANSWER')
}

/** A listener's view of a call that came to nothing. */
export function callerFailure(from: string, error: NodeJS.ErrnoException): CarrierError {
  return new CarrierError(`${from} was not let in: ${explain(error)}`, error)
}

/** `atOnce`: before the other side had sent anything, which one does that does not want us, or a stunnel that gets no further. */
export type When = 'atOnce' | 'later'

export function connectionFailure(from: string, error: NodeJS.ErrnoException, when: When): CarrierError {
  if (when === 'atOnce' && CUT.has(error.code ?? '')) return closedByPeer(from, when)
  return new CarrierError(`the connection with ${from} broke: ${explain(error)}`, error)
}

/** The end of a connection as whoever had unread bytes in it tells it. */
const CUT = new Set(['ECONNRESET', 'EPIPE'])

export function closedByPeer(from: string, when: When): CarrierError {
  const what = `the connection with ${from} was ended by the other side`
  return new CarrierError(when === 'atOnce' ? `${what} before it had said anything; ${UNWANTED}` : what, 'PEER_CLOSED')
}

/** What can be behind it, on whichever side. */
const UNWANTED =
  'it may not know our key, not accept our certificate or have no room, or what is between (stunnel, a proxy) may not reach it: the logs there say why'

export function brokenRecord(from: string, verdict: BrokenRecord): CarrierError {
  return new CarrierError(`${from} ${BROKEN[verdict]}`, 'BROKEN_RECORD')
}

export function slowRecord(from: string): CarrierError {
  const seconds = RECORD_WITHIN_MS / 1_000
  return new CarrierError(
    `${from} did not end a record within ${seconds} s; its line is stuck, or it is not edgerq`,
    'SLOW_RECORD',
  )
}

const STRANGE = 'what runs there may not be edgerq, or another version of it'

const BROKEN: Readonly<Record<BrokenRecord, string>> = {
  [RecordVerdict.tooLong]: `sent a record of more than ${MAX_RECORD_BYTES} bytes; ${STRANGE}`,
  [RecordVerdict.empty]: `sent an empty record; ${STRANGE}`,
  [RecordVerdict.cut]: `sent a message that ends within a record; ${STRANGE}`,
  [RecordVerdict.tls]: 'speaks TLS, and this side does not; give both sides <tls>, or neither',
}

/** Begins in the middle of a sentence, ends with what to do. */
function explain(error: NodeJS.ErrnoException): string {
  return (
    SENTENCES.get(error.code ?? '') ??
    explainTls(error) ??
    `it failed (${error.code ?? error.message}); look into the other side's log`
  )
}

const SENTENCES: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'nobody listens there; start the other side, or correct the address or port here'],
  [
    'ECONNRESET',
    'the other side or what is between (stunnel, a proxy) cut it; it may have no room, speak something else, not accept our certificate, or not reach what is behind it: its log says why',
  ],
  ['EPIPE', 'the other side had closed it; its log says why'],
  [
    'ETIMEDOUT',
    'nothing came back for too long; look whether the other side runs and what is between lets TCP through',
  ],
  ['EHOSTUNREACH', 'no way leads to that host; look at the network on this side'],
  ['ENETUNREACH', 'no way leads to that network; look at the network on this side'],
  ['EADDRNOTAVAIL', 'this machine has no address or port left to call from; look at the network on this side'],
  ['ENOTFOUND', 'its name is not known here; correct the name, or look at the name server of this machine'],
  ['EAI_AGAIN', 'the name server does not answer; look at the network on this side'],
  ['EMFILE', 'too many files are open here; raise the limit (ulimit -n)'],
])
