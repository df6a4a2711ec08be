// One link to one consumer, over the best of its carriers that works. The ladder decides which one is dialled, used and left; here that is
// carried out, and the ladder is told what came of it.
//
//   rung ──session──▶ registers ──answered──▶ in use ──retired──▶ serves what it has ──▶ gone
//                        └─────────── lost ─────┴───▶ the ladder dials again

import type { Pipe as PipeConfig, ProviderService } from '../config/read.ts'
import type { Log } from '../log.ts'
import { CloseCode, type Crypto, type SessionEvent, type SessionHandle } from '../protocol/index.ts'
import type { Watchdog } from '../runtime/watchdog.ts'
import { Ladder, type Loss, type Wish } from './ladder.ts'
import { PipeLog } from './pipe-log.ts'
import { PipeSession } from './pipe-session.ts'
import { Rung, type RungParts } from './rung.ts'
import { describeTarget } from './target.ts'
import { causeOf } from './target-failure.ts'
import { type Target, Targets } from './targets.ts'

export interface PipeParts {
  readonly config: PipeConfig
  /** The best first; at least one. */
  readonly rungs: readonly RungParts[]
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

type Closed = Extract<SessionEvent, { kind: 'closed' }>

export class Pipe {
  readonly #parts: PipeParts
  readonly #rungs: readonly Rung[]
  readonly #ladder: Ladder
  readonly #log: PipeLog
  readonly #targets: Targets
  /** What the ladder knows of: one for each rung that has one. Beside them retired sessions may still serve. */
  readonly #current = new Map<Rung, PipeSession>()
  readonly #sessions = new Set<PipeSession>()
  #timer: NodeJS.Timeout | null = null
  #isClosed = false
  #whenEmpty: (() => void) | null = null

  constructor(parts: PipeParts) {
    this.#parts = parts
    const { config, cryptos, key, log, rungs, fraction } = parts
    const fallbackAfterMs = config.fallbackAfterSeconds * 1_000
    const probeMs = config.probeSeconds * 1_000
    this.#ladder = new Ladder({ rungs: rungs.length, fallbackAfterMs, probeMs, fraction })
    this.#log = new PipeLog(config.name, log)
    this.#targets = new Targets({
      services: config.services,
      certificates: parts.certificates,
      software: parts.software,
      onHealth: (service, isHealthy) => this.#onHealth(service, isHealthy),
    })
    const owner = {
      ...{ name: config.name, cryptos, key, log },
      isCarrying: () => this.#ladder.isCarrying,
      onSession: (rung: Rung, session: SessionHandle) => this.#onSession(rung, session),
      onFailed: (rung: Rung) => this.#obey(this.#ladder.onFailed(this.#rungs.indexOf(rung), performance.now())),
    }
    this.#rungs = rungs.map((rung) => new Rung(rung, owner))
    for (const rung of this.#rungs) rung.driver.onEvent = (event) => this.#on(rung, event)
  }

  get name(): string {
    return this.#parts.config.name
  }

  /** The consumer as the configuration names it first. */
  get consumer(): string {
    return this.#rungs[0]!.consumer
  }

  start(): void {
    this.#targets.start()
    this.#obey(this.#ladder.start(performance.now()))
  }

  /** Takes no new streams and waits for those that are served; the caller bounds the wait and then calls `close`. */
  async drain(): Promise<void> {
    this.#obey(this.#ladder.stop())
    for (const session of this.#sessions) session.drain()
    await new Promise<void>((resolve) => {
      this.#whenEmpty = resolve
      this.#tellIfEmpty()
    })
    await Promise.all(this.#rungs.map(({ driver }) => driver.settle()))
  }

  /** Ends every stream that is left, the sessions and the carriers. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#targets.stop()
    this.cut()
    this.#obey(this.#ladder.stop())
    for (const session of this.#sessions) session.onClosed()
    await Promise.all(this.#rungs.map(({ driver }) => driver.close(CloseCode.shuttingDown, 'The provider stops.')))
  }

  cut(): void {
    for (const session of this.#sessions) session.cut()
  }

  // ---- The ladder ----

  #obey(wishes: readonly Wish[]): void {
    for (const wish of wishes) this.#do(wish)
    if (this.#timer !== null) clearTimeout(this.#timer)
    const { deadline } = this.#ladder
    if (deadline === Number.POSITIVE_INFINITY) return
    // Node's timers may come a fraction of a millisecond early; the ladder would only ask for another one.
    const waitMs = Math.ceil(deadline - performance.now())
    this.#timer = setTimeout(() => this.#obey(this.#ladder.onDeadline(performance.now())), waitMs)
  }

  #do(wish: Wish): void {
    const rung = this.#rungs[wish.rung]!
    switch (wish.kind) {
      case 'dial':
        rung.dial()
        return
      case 'cancel':
      case 'retire':
        rung.cancel()
        // It may have begun to serve while it registered.
        this.#current.get(rung)?.retire()
        this.#current.delete(rung)
        return
      case 'use':
        this.#log.changed(this.#rungs[wish.from]!, rung, wish.why)
        return
    }
  }

  // ---- Sessions ----

  #onSession(rung: Rung, session: SessionHandle): void {
    const { config, log, software, watchdog, onRegistered } = this.#parts
    this.#log.connected(rung)
    const own = new PipeSession({
      ...{ session, config, consumer: rung.consumer, software, watchdog, log },
      find: (uuid) => this.#targets.find(uuid),
      onTarget: (target, failure) => this.#onTarget(target, failure),
      onAnswered: () => this.#onAnswered(rung, own),
      onRegistered: () => onRegistered(this),
      onAddressToken: (token) => rung.driver.endpoint.keepAddressToken(session, token),
      onEmpty: () => this.#tellIfEmpty(),
    })
    this.#sessions.add(own)
    this.#current.set(rung, own)
    if (own.isAnswered) this.#onAnswered(rung, own)
  }

  /** Only now is it as good as the one that it may replace: a consumer that took no service from it would have nobody. */
  #onAnswered(rung: Rung, own: PipeSession): void {
    if (this.#current.get(rung) !== own) return
    this.#obey(this.#ladder.onOpened(this.#rungs.indexOf(rung), performance.now()))
  }

  #on(rung: Rung, event: SessionEvent): void {
    if (rung.onEvent(event)) return
    const own = event.session.owner
    if (this.#isClosed || !(own instanceof PipeSession)) return
    switch (event.kind) {
      case 'accepted':
        own.onStream(event.stream)
        return
      case 'suspect':
        this.#onSuspect(rung, own)
        return
      case 'recovered':
        this.#onRecovered(rung, own)
        return
      case 'closed':
        this.#onClosed(rung, own, event)
        return
      case 'opened':
      case 'moved':
      case 'streamsAvailable':
        return
    }
  }

  #onSuspect(rung: Rung, own: PipeSession): void {
    if (this.#current.get(rung) !== own) return
    this.#log.silent(rung)
    this.#obey(this.#ladder.onSuspect(this.#rungs.indexOf(rung), performance.now()))
  }

  #onRecovered(rung: Rung, own: PipeSession): void {
    if (this.#current.get(rung) !== own) return
    this.#log.back(rung)
    this.#obey(this.#ladder.onRecovered(this.#rungs.indexOf(rung), performance.now()))
  }

  #onClosed(rung: Rung, own: PipeSession, event: Closed): void {
    own.onClosed()
    this.#sessions.delete(own)
    const isCurrent = this.#current.get(rung) === own
    if (isCurrent || own.load > 0) this.#log.lost(rung, event)
    if (!isCurrent) return
    this.#current.delete(rung)
    this.#obey(this.#ladder.onLost(this.#rungs.indexOf(rung), lossOf(event), performance.now()))
  }

  // ---- Targets ----

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
    for (const session of this.#sessions) session.sayHealth(service.uuid, isHealthy)
  }

  #tellIfEmpty(): void {
    if ([...this.#sessions].every(({ load }) => load === 0)) this.#whenEmpty?.()
  }
}

/** A consumer that says goodbye, or that it has forgotten us, is there to be called; one that shuts us out will do so again. */
function lossOf({ by, code }: Closed): Loss {
  if (code === CloseCode.notAuthorised) return 'shutOut'
  return by === 'peer' || by === 'reset' ? 'peer' : 'path'
}
