// Endpoints for tests, and the steps of a driver's turn taken by hand: no clock, no links. A test passes every datagram on itself
// and sees everything that was said, dropped or told.

import type {
  DatagramBatch,
  EndpointOptions,
  EndpointSettings,
  SessionEvent,
  SessionHandle,
  SessionStats,
} from '../../src/protocol/api.ts'
import { Cubic } from '../../src/protocol/congestion/cubic.ts'
import { Endpoint } from '../../src/protocol/endpoint.ts'
import type { Line } from '../../src/protocol/line.ts'
import { type Crypto, silentTrace, type Trace } from '../../src/protocol/ports.ts'
import { DEFAULT_SETTINGS } from '../../src/protocol/settings.ts'
import { type Micros, type PathId, SECOND } from '../../src/protocol/units.ts'
import { NullCrypto } from '../sim/null-crypto.ts'
import { Prng } from '../sim/prng.ts'

/** Not 0, which would hide a 0 that means "never". */
export const START: Micros = 1_000 * SECOND

export interface EndpointWish {
  /** Draws everything; two endpoints of one test need two. */
  readonly seed: number
  /** The same number: the same process, perhaps restarted. */
  readonly instance?: number
  readonly boot?: number
  readonly acceptsSessions?: boolean
  readonly settings?: Partial<EndpointSettings>
  readonly trace?: Trace
  /** Default: one that hides nothing and notices damage. */
  readonly crypto?: Crypto
  readonly now?: Micros
  readonly addressOf?: EndpointOptions['addressOf']
  readonly wallClockMs?: () => number
  /** Default: UDP. */
  readonly line?: Line
}

export function newEndpoint(wish: EndpointWish): Endpoint {
  const random = new Prng(wish.seed)
  const instance = wish.instance ?? wish.seed
  return new Endpoint(
    {
      random,
      crypto: wish.crypto ?? new NullCrypto({ random, resetKey: instance }),
      trace: wish.trace ?? silentTrace,
      // Without the caution of a listener that has just been started: most tests are about something else.
      settings: { ...DEFAULT_SETTINGS, cautionAfterStart: 0, ...wish.settings },
      acceptsSessions: wish.acceptsSessions ?? false,
      instanceId: instanceIdOf(instance),
      bootId: new Uint8Array(8).fill(wish.boot ?? 1),
      newController: (maxDatagramBytes) => new Cubic(maxDatagramBytes),
      ...(wish.addressOf && { addressOf: wish.addressOf }),
      ...(wish.wallClockMs && { wallClockMs: wish.wallClockMs }),
      ...(wish.line && { line: wish.line }),
    },
    wish.now ?? START,
  )
}

/** 16 bytes that name this instance and no other. */
export function instanceIdOf(instance: number): Uint8Array {
  const id = new Uint8Array(16).fill(instance)
  id[0] = instance >>> 8
  return id
}

/** Counts why datagrams were dropped. */
export class Drops implements Trace {
  readonly reasons: number[] = []
  dropped(reason: number): void {
    this.reasons.push(reason)
  }
  packetSent(): void {}
  packetReceived(): void {}
  packetLost(): void {}
  windowChanged(): void {}
  datagramsResized(): void {}
  keysChanged(): void {}
  keysExhausted(): void {}

  /** The reasons since the last call. */
  take(): number[] {
    return this.reasons.splice(0)
  }
}

export interface Datagram {
  readonly bytes: Uint8Array
  readonly path: PathId
}

const batch: DatagramBatch = { buffer: new Uint8Array(65_507), length: 0, segmentBytes: 0, path: 0 }

/** Everything that the endpoint wants to send now, one datagram each. */
export function outgoing(endpoint: Endpoint, now: Micros): Datagram[] {
  const datagrams: Datagram[] = []
  while (endpoint.nextDatagrams(batch, now)) {
    for (let at = 0; at < batch.length; at += batch.segmentBytes) {
      const bytes = batch.buffer.slice(at, Math.min(at + batch.segmentBytes, batch.length))
      datagrams.push({ bytes, path: batch.path })
    }
    if (datagrams.length > 10_000) throw new Error('the endpoint never stops sending')
  }
  return datagrams
}

/** Feeds a copy: an endpoint decrypts in place. */
export function feed(endpoint: Endpoint, bytes: Uint8Array, from: PathId, now: Micros): void {
  endpoint.receive(bytes.slice(), from, now)
}

export function eventsOf(endpoint: Endpoint): SessionEvent[] {
  const events: SessionEvent[] = []
  for (let event = endpoint.nextEvent(); event !== null; event = endpoint.nextEvent()) events.push(event)
  return events
}

/** The kinds of the events that wait, a closing with whoever ended it. */
export function toldBy(endpoint: Endpoint): string[] {
  return eventsOf(endpoint).map((event) => (event.kind === 'closed' ? `closed by ${event.by}` : event.kind))
}

/** A number for the far side on each side; no two of a test are alike, so that a mix-up shows. */
export interface Ends {
  /** What the dialler calls the listener. */
  readonly there: PathId
  /** What the listener calls the dialler. */
  readonly here: PathId
}

export const ENDS: Ends = { there: 7, here: 3 }

/** Passes datagrams between a dialler and a listener until both are silent; returns how many passed. */
export function exchange(dialler: Endpoint, listener: Endpoint, now: Micros, ends: Ends = ENDS): number {
  let passed = 0
  for (;;) {
    const out = outgoing(dialler, now).filter(({ path }) => path === ends.there)
    for (const { bytes } of out) feed(listener, bytes, ends.here, now)
    const back = outgoing(listener, now).filter(({ path }) => path === ends.here)
    for (const { bytes } of back) feed(dialler, bytes, ends.there, now)
    if (out.length + back.length === 0) return passed
    passed += out.length + back.length
  }
}

export interface Connected {
  readonly dialler: Endpoint
  readonly listener: Endpoint
  /** The session as each side has it. */
  readonly ours: SessionHandle
  readonly theirs: SessionHandle
  /** What each side has dropped since. */
  readonly diallerDrops: Drops
  readonly listenerDrops: Drops
}

/** Two endpoints with one open session, and no event waiting. */
export function connected(settings: Partial<EndpointSettings> = {}): Connected {
  const diallerDrops = new Drops()
  const listenerDrops = new Drops()
  const dialler = newEndpoint({ seed: 1, settings, trace: diallerDrops })
  const listener = newEndpoint({ seed: 2, settings, trace: listenerDrops, acceptsSessions: true })
  const ours = dialler.dial(ENDS.there, START)
  exchange(dialler, listener, START)
  const [event] = eventsOf(listener)
  if (event?.kind !== 'opened') throw new Error(`the listener told of ${event?.kind}`)
  eventsOf(dialler)
  return { dialler, listener, ours, theirs: event.session, diallerDrops, listenerDrops }
}

export function statsOf(session: SessionHandle): SessionStats {
  const stats: SessionStats = {
    smoothedRtt: 0,
    minRtt: 0,
    windowBytes: 0,
    bytesInFlight: 0,
    packetsSent: 0,
    packetsReceived: 0,
    packetsLost: 0,
    bytesSent: 0,
    bytesReceived: 0,
    openStreams: 0,
    heldBytes: 0,
    rekeys: 0,
  }
  session.stats(stats)
  return stats
}
