// One session of a pipe: registers the services, serves the streams that come, and leaves without cutting any.
//
//   registering ──answered──▶ open ──retire()──▶ retired: no new streams ── the last has ended ──▶ closed
//                                └─────────────── lost ──────────────────────────────────────────────▲

import type { Pipe as PipeConfig } from '../config/read.ts'
import type { Log } from '../log.ts'
import { CloseCode, type SessionHandle, type SessionStats, type StreamHandle } from '../protocol/index.ts'
import { Roster } from '../runtime/roster.ts'
import type { Watchdog } from '../runtime/watchdog.ts'
import { IncomingStream } from './incoming-stream.ts'
import { Registration } from './registration.ts'
import type { Target } from './targets.ts'

export interface PipeSessionParts {
  readonly session: SessionHandle
  readonly config: PipeConfig
  /** The consumer as the configuration names it, for logs. */
  readonly consumer: string
  readonly software: string
  readonly watchdog: Watchdog
  readonly log: Log
  readonly find: (uuid: string) => Target | null
  readonly onTarget: (target: Target, failure: NodeJS.ErrnoException | null) => void
  /** The consumer has answered for the last service. */
  readonly onAnswered: () => void
  /** The same, and it has taken at least one. */
  readonly onRegistered: () => void
  readonly onAddressToken: (token: Uint8Array) => void
  /** No stream is served just now. */
  readonly onEmpty: () => void
}

/**
 * A retired session is looked at so often, and ends when it had no stream twice in a row: a stream that the consumer opened before it heard
 * DRAIN is then refused, which lets it go elsewhere, and not cut.
 */
const LOOK_EVERY_MS = 1_000

export class PipeSession {
  readonly session: SessionHandle
  readonly #parts: PipeSessionParts
  readonly #registration: Registration
  readonly #streams = new Roster<IncomingStream>()
  /** The newest stream that was taken; those above it were not touched. */
  #lastStream = 0
  #isDraining = false
  #timer: NodeJS.Timeout | null = null
  /** Filled anew at each look. */
  readonly #stats = {} as SessionStats

  constructor(parts: PipeSessionParts) {
    const { session, config, consumer, software, log, find } = parts
    this.session = session
    this.#parts = parts
    session.owner = this
    this.#registration = new Registration({
      session,
      config,
      consumer,
      software,
      log,
      isHealthy: (uuid) => find(uuid)!.health.isHealthy,
      onAnswered: parts.onAnswered,
      onRegistered: parts.onRegistered,
      onAddressToken: parts.onAddressToken,
    })
  }

  /** The consumer has answered for every service; it may have been none. */
  get isAnswered(): boolean {
    return this.#registration.isAnswered
  }

  /** Streams that are served here. */
  get load(): number {
    return this.#streams.size
  }

  /** Takes no new streams. */
  drain(): void {
    if (this.#isDraining) return
    this.#isDraining = true
    this.#registration.say({ kind: 'drain', lastStream: this.#lastStream })
  }

  /** Takes no new streams, and ends when the last one has and everything was acknowledged. */
  retire(): void {
    this.drain()
    let wasEmpty = false
    this.#timer ??= setInterval(() => {
      this.session.stats(this.#stats)
      const isEmpty = this.#stats.openStreams === 0
      if (isEmpty && wasEmpty) this.session.close(CloseCode.none, 'The provider goes on over another carrier.')
      wasEmpty = isEmpty
    }, LOOK_EVERY_MS)
  }

  sayHealth(uuid: string, isHealthy: boolean): void {
    this.#registration.say({ kind: 'health', uuid, isHealthy })
  }

  /** The consumer has opened it. */
  onStream(stream: StreamHandle): void {
    const { watchdog, find, onTarget, onEmpty, log } = this.#parts
    const incoming = new IncomingStream({
      stream,
      watchdog,
      find,
      isDraining: () => this.#isDraining,
      onTarget,
      onDone: (done, outcome) => {
        this.#streams.delete(done)
        if (this.#streams.size === 0) onEmpty()
        if (!log.isDebug) return
        const { uuid: service, client, requestId: request } = done.head ?? UNKNOWN
        log.debug('streamDone', { service, client, request, outcome })
      },
    })
    this.#streams.add(incoming)
    this.#lastStream = stream.id
    incoming.onStreamReady()
  }

  /** Ends every stream at once. */
  cut(): void {
    for (const stream of this.#streams) stream.cut()
  }

  /** The session is gone. */
  onClosed(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
  }
}

/** A stream that ended before its head was read. */
const UNKNOWN = { uuid: undefined, client: undefined, requestId: undefined }
