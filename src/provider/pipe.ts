// One link to one consumer: dials until it is through, registers its services, serves the streams that come, dials again when it is lost.
//
//   waiting ──▶ dialling ──opened──▶ serving ──lost──▶ waiting (full jitter)
//                  └── nobody answered ──▶ waiting          stop(): draining ──▶ closed

import type { Pipe as PipeConfig, ProviderService } from '../config/read.ts'
import type { Log } from '../log.ts'
import {
  CloseCode,
  type ControlMessage,
  type Crypto,
  closeSentence,
  type SessionEvent,
  type SessionHandle,
  type StreamHandle,
} from '../protocol/index.ts'
import type { Driver } from '../runtime/driver.ts'
import { Roster } from '../runtime/roster.ts'
import type { Watchdog } from '../runtime/watchdog.ts'
import { backoffMs, wasHealthy } from './backoff.ts'
import { DialError, Dialer } from './dialer.ts'
import { IncomingStream } from './incoming-stream.ts'
import { Registration } from './registration.ts'
import { describeTarget } from './target.ts'
import { causeOf } from './target-failure.ts'
import { type Target, Targets } from './targets.ts'

export interface PipeParts {
  readonly config: PipeConfig
  readonly driver: Driver
  /** One for each key that the consumer may have. */
  readonly cryptos: readonly Crypto[]
  /** The fingerprint of our own key, for logs; undefined: the pipe has none. */
  readonly key: string | undefined
  readonly watchdog: Watchdog
  readonly log: Log
  readonly software: string
  /** What the files of <ca> hold, by their paths as the configuration writes them. */
  readonly certificates: ReadonlyMap<string, string>
  /** In [0, 1), for the jitter of the backoff. */
  readonly fraction: () => number
  /** The consumer has answered for every service, and has taken at least one. */
  readonly onRegistered: (pipe: Pipe) => void
}

/** Longer than any line that works takes to answer: nothing listens there, or something on the way drops what we send. */
const TELL_UNANSWERED_AFTER_MS = 5_000
const KEYLESS_REMEDY =
  'check that edgerq-sc runs there, that both sides are of one version, that its UDP port is open on the way, and that it has no <identity>: with one it answers nobody without <consumer_key>'
/** A consumer is silent to those whom it does not know, so from here all of these look alike. */
const KEYED_REMEDY =
  'check that edgerq-sc runs there and its UDP port is open on the way; that <consumer_key> is what "edgerq pubkey" prints there; that its authorized providers list our key, not revoked, and the same pre-shared key'

/** What the pipe is doing; each phase carries only its own facts. */
type Phase =
  | { readonly kind: 'waiting'; readonly timer: NodeJS.Timeout }
  | { readonly kind: 'dialling' }
  | {
      readonly kind: 'serving'
      readonly registration: Registration
      readonly session: SessionHandle
      readonly sinceMs: number
    }
  | { readonly kind: 'closed' }

export class Pipe {
  readonly #parts: PipeParts
  readonly #dialer: Dialer
  readonly #targets: Targets
  readonly #streams = new Roster<IncomingStream>()
  #phase: Phase = { kind: 'closed' }
  #attempt = 0
  /** The newest stream that was taken; those above it were not touched. */
  #lastStream = 0
  #isDraining = false
  #whenEmpty: (() => void) | null = null

  constructor(parts: PipeParts) {
    this.#parts = parts
    this.#dialer = new Dialer(parts.driver, parts.cryptos)
    this.#targets = new Targets({
      services: parts.config.services,
      certificates: parts.certificates,
      software: parts.software,
      onHealth: (service, isHealthy) => this.#onHealth(service, isHealthy),
    })
    parts.driver.onEvent = (event) => this.#on(event)
  }

  get name(): string {
    return this.#parts.config.name
  }

  /** The consumer as the configuration names it. */
  get consumer(): string {
    const { hostname, port } = this.#parts.config
    return hostname.includes(':') ? `[${hostname}]:${port}` : `${hostname}:${port}`
  }

  start(): void {
    this.#targets.start()
    void this.#dial()
  }

  /** Takes no new streams and waits for those that are served; the caller bounds the wait and then calls `close`. */
  async drain(): Promise<void> {
    this.#isDraining = true
    this.#say({ kind: 'drain', lastStream: this.#lastStream })
    await new Promise<void>((resolve) => {
      this.#whenEmpty = resolve
      this.#tellIfEmpty()
    })
    await this.#parts.driver.settle()
  }

  /** Ends every stream that is left, the session and the carrier. */
  async close(): Promise<void> {
    this.#targets.stop()
    this.cut()
    if (this.#phase.kind === 'waiting') clearTimeout(this.#phase.timer)
    this.#phase = { kind: 'closed' }
    this.#dialer.cancel()
    await this.#parts.driver.close(CloseCode.shuttingDown, 'The provider stops.')
  }

  cut(): void {
    for (const stream of this.#streams) stream.cut()
  }

  async #dial(): Promise<void> {
    const { config, log } = this.#parts
    this.#phase = { kind: 'dialling' }
    log.debug('dialling', { pipe: this.name, consumer: this.consumer })
    const unanswered = setTimeout(() => this.#tellUnanswered(), TELL_UNANSWERED_AFTER_MS)
    try {
      const session = await this.#dialer.dial({
        hostname: config.hostname,
        port: config.port,
        loopbackOnly: !config.insecure && config.keys === null,
      })
      this.#onSession(session)
    } catch (error) {
      if (this.#isClosed) return
      log.warn('consumerNotReached', {
        pipe: this.name,
        consumer: this.consumer,
        key: this.#parts.key,
        cause: (error as DialError).message,
        remedy: this.#remedy,
      })
      this.#wait()
    } finally {
      clearTimeout(unanswered)
    }
  }

  /** A dial goes on for half a minute; whoever watches the log wants to know sooner. */
  #tellUnanswered(): void {
    this.#parts.log.warn('consumerNotAnswering', {
      pipe: this.name,
      consumer: this.consumer,
      key: this.#parts.key,
      forMs: TELL_UNANSWERED_AFTER_MS,
      remedy: this.#remedy,
    })
  }

  get #remedy(): string {
    return this.#parts.config.keys === null ? KEYLESS_REMEDY : KEYED_REMEDY
  }

  #wait(): void {
    const waitMs = backoffMs(this.#attempt, this.#parts.fraction())
    this.#attempt++
    this.#phase = { kind: 'waiting', timer: setTimeout(() => void this.#dial(), waitMs) }
  }

  #onSession(session: SessionHandle): void {
    if (this.#isClosed) {
      session.close(CloseCode.shuttingDown, '')
      return
    }
    // Lost again in the turn in which it opened: its `closed` event came while nobody was listening for it.
    if (session.control.isClosed) throw new DialError('the consumer hung up at once')
    const { config, log, software } = this.#parts
    log.info('connected', { pipe: this.name, consumer: this.consumer })
    const registration = new Registration({
      session,
      config,
      consumer: this.consumer,
      software,
      log,
      isHealthy: (uuid) => this.#targets.find(uuid)!.health.isHealthy,
      onRegistered: () => this.#parts.onRegistered(this),
      onAddressToken: (token) => this.#parts.driver.endpoint.keepAddressToken(session, token),
    })
    this.#phase = { kind: 'serving', registration, session, sinceMs: performance.now() }
    this.#lastStream = 0
    if (this.#isDraining) this.#say({ kind: 'drain', lastStream: this.#lastStream })
  }

  #on(event: SessionEvent): void {
    if (this.#dialer.onEvent(event)) return
    if (this.#phase.kind !== 'serving' || event.session !== this.#phase.session) return
    const { log } = this.#parts
    switch (event.kind) {
      case 'accepted':
        this.#onStream(event.stream)
        return
      case 'suspect':
        log.warn('consumerSilent', { pipe: this.name, consumer: this.consumer })
        return
      case 'recovered':
        log.info('consumerBack', { pipe: this.name, consumer: this.consumer })
        return
      case 'closed':
        this.#onLost(event, this.#phase.sinceMs)
        return
      case 'opened':
      case 'moved':
      case 'streamsAvailable':
        return
    }
  }

  #onLost(event: Extract<SessionEvent, { kind: 'closed' }>, sinceMs: number): void {
    this.#parts.log.warn('connectionLost', {
      pipe: this.name,
      consumer: this.consumer,
      by: event.by,
      why: event.code === CloseCode.none ? undefined : closeSentence(event.code),
      reason: event.reason || undefined,
    })
    // A consumer that says goodbye, or that it has forgotten us, is there to be called: no reason to wait long. One that shuts us out will
    // do so again until somebody changes something.
    const isThere = event.by === 'peer' || event.by === 'reset'
    const isShutOut = event.code === CloseCode.notAuthorised
    if (!isShutOut && (isThere || wasHealthy(performance.now() - sinceMs))) this.#attempt = 0
    this.#wait()
  }

  #onStream(stream: StreamHandle): void {
    const incoming = new IncomingStream({
      stream,
      watchdog: this.#parts.watchdog,
      find: (uuid) => this.#targets.find(uuid),
      isDraining: () => this.#isDraining,
      onTarget: (target, failure) => this.#onTarget(target, failure),
      onDone: (done, outcome) => {
        this.#streams.delete(done)
        this.#tellIfEmpty()
        const { log } = this.#parts
        if (!log.isDebug) return
        const { uuid: service, client, requestId: request } = done.head ?? UNKNOWN
        log.debug('streamDone', { service, client, request, outcome })
      },
    })
    this.#streams.add(incoming)
    this.#lastStream = stream.id
    incoming.onStreamReady()
  }

  #onTarget({ service, health }: Target, failure: NodeJS.ErrnoException | null): void {
    health.note(failure === null)
    if (failure === null) return
    const target = describeTarget(service)
    this.#parts.log.some('targetNotReached', { service: service.uuid, target, cause: causeOf(failure) })
  }

  #onHealth(service: ProviderService, isHealthy: boolean): void {
    const fields = { service: service.uuid, name: service.name, target: describeTarget(service) }
    if (isHealthy) this.#parts.log.info('targetAnswers', fields)
    else
      this.#parts.log.warn('targetDoesNotAnswer', {
        ...fields,
        remedy: 'start the target or correct what the configuration says of it',
      })
    if (this.#phase.kind === 'serving') this.#say({ kind: 'health', uuid: service.uuid, isHealthy })
  }

  get #isClosed(): boolean {
    return this.#phase.kind === 'closed'
  }

  #say(message: ControlMessage): void {
    if (this.#phase.kind === 'serving') this.#phase.registration.say(message)
  }

  #tellIfEmpty(): void {
    if (this.#streams.size === 0) this.#whenEmpty?.()
  }
}

/** A stream that ended before its head was read. */
const UNKNOWN = { uuid: undefined, client: undefined, requestId: undefined }
