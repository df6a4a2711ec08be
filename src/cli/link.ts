// Makes what both daemons stand on: an endpoint on a carrier, driven by the real clock.

import { randomBytes } from 'node:crypto'
import { type Carrier, NO_CHANNEL } from '../carriers/carrier.ts'
import type { Congestion } from '../config/read.ts'
import type { Log } from '../log.ts'
import {
  Bbr,
  BOOT_ID_BYTES,
  type CongestionController,
  type Crypto,
  Cubic,
  DEFAULT_SETTINGS,
  DropReason,
  Endpoint,
  type Line,
  LineKind,
  type Micros,
  RekeyReason,
  SECOND,
  silentTrace,
  type Trace,
} from '../protocol/index.ts'
import { Driver } from '../runtime/driver.ts'
import { monotonicClock, systemRandom } from '../runtime/system.ts'
import { yieldProcessor } from '../runtime/yield-processor.ts'
import { ExitStatus } from './exit.ts'

/** What the configuration says of all links. */
export interface LinkSettings {
  readonly surviveSeconds: number
  readonly maxDatagramBytes: number
  /** How far a path is searched for larger ones. */
  readonly ceilingDatagramBytes: number
  readonly congestion: Congestion
}

export interface LinkOptions extends LinkSettings {
  readonly carrier: Carrier
  readonly crypto: Crypto
  /** `listener`: providers call us; `dialler`: we call a consumer. */
  readonly role: 'listener' | 'dialler'
  readonly log: Log
  readonly instanceId: Uint8Array
  /** For a dialler that has other carriers to go to. */
  readonly askAfterQuiet?: Micros | undefined
}

export function openDriver(options: LinkOptions): Driver {
  const { traits } = options.carrier
  const endpoint = new Endpoint(
    {
      random: systemRandom,
      crypto: options.crypto,
      trace: TRACES[options.role](options.log),
      settings: {
        ...DEFAULT_SETTINGS,
        survive: options.surviveSeconds * SECOND,
        askAfterQuiet: options.askAfterQuiet ?? DEFAULT_SETTINGS.askAfterQuiet,
        // The operator's number is about paths of datagrams; a connection takes records of any size up to its own.
        maxDatagramBytes: traits.reliable ? traits.maxDatagramBytes : options.maxDatagramBytes,
        ceilingDatagramBytes: Math.min(traits.maxDatagramBytes, options.ceilingDatagramBytes),
      },
      acceptsSessions: options.role === 'listener',
      instanceId: options.instanceId,
      bootId: BOOT_ID,
      newController: CONTROLLERS[options.congestion],
      addressOf: (path) => options.carrier.addressOf(path),
      line: lineOf(options.carrier),
      wallClockMs: Date.now,
    },
    monotonicClock(),
  )
  return new Driver(endpoint, options.carrier, monotonicClock, yieldProcessor)
}

/** For a provider, which ends if the carrier fails for good. */
export function openDialler(options: Omit<LinkOptions, 'role'>): Driver {
  options.carrier.onFailure = (cause) => endFor(cause, 'edgerq-sp', options.log)
  return openDriver({ ...options, role: 'dialler' })
}

const CONTROLLERS: Readonly<Record<Congestion, (maxDatagramBytes: number) => CongestionController>> = {
  bbr: (maxDatagramBytes) => new Bbr(maxDatagramBytes, systemRandom),
  cubic: (maxDatagramBytes) => new Cubic(maxDatagramBytes),
}

/** Only TLS of our own binds the handshake: behind a proxy each end would see another. */
function lineOf(carrier: Carrier): Line {
  const { kind, forbidsFragments } = carrier.traits
  return {
    kind: LineKind[kind],
    forbidsFragments,
    bindingOf: (path) => (kind === 'tls' ? carrier.channelOf(path) : NO_CHANNEL).binding,
  }
}

/** Drops that come of keys which do not fit are told, so that an operator whose providers are not let in sees why. */
const TRACES: Readonly<Record<LinkOptions['role'], (log: Log) => Trace>> = {
  listener: (log) => ({
    ...keyTrace(log),
    dropped(reason) {
      if (reason === DropReason.badMac) log.tally('handshakeForAnotherKey')
      else if (reason === DropReason.replayed) log.tally('handshakeTooOld')
    },
  }),
  dialler: (log) => ({
    ...keyTrace(log),
    dropped(reason) {
      if (reason === DropReason.badHandshake) log.tally('answerNotVerified')
    },
  }),
}

const WHY = { [RekeyReason.packets]: 'packets', [RekeyReason.age]: 'age', [RekeyReason.peer]: 'peer' }

function keyTrace(log: Log): Trace {
  return {
    ...silentTrace,
    datagramsResized(session, bytes) {
      log.debug('datagramsResized', { session, bytes })
    },
    keysChanged(session, number, why) {
      log.debug('keysChanged', { session, number, why: WHY[why as RekeyReason] })
    },
    keysExhausted(session, why) {
      log.some('keysExhausted', { session, why: WHY[why as RekeyReason] })
    },
  }
}

/** A carrier's socket has failed for good: nothing can be carried or mended, so the program ends and says why. */
export function endFor(cause: Error, program: string, log: Log): never {
  log.error('carrierFailed', { cause: cause.message })
  process.stderr.write(`${program}: ${cause.message}\n`)
  process.exit(ExitStatus.couldNotRun)
}

/** When this process began, in ms, and two random bytes: a later start has a larger one. */
const BOOT_ID = bootId()

function bootId(): Uint8Array {
  const id = Buffer.alloc(BOOT_ID_BYTES)
  id.writeUIntBE(Date.now(), 0, 6)
  randomBytes(2).copy(id, 6)
  return id
}
