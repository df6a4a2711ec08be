// A provider that serves one http service over a real session inside the process, and the consumers that ask it.

import assert from 'node:assert/strict'
import type { ProviderService } from '../../src/config/read.ts'
import type { RequestHead } from '../../src/http/heads.ts'
import { encodeStreamHead } from '../../src/protocol/index.ts'
import type { ForwarderOutcome } from '../../src/provider/forwarder.ts'
import { IncomingStream } from '../../src/provider/incoming-stream.ts'
import { Targets } from '../../src/provider/targets.ts'
import { Watchdog, type Watched } from '../../src/runtime/watchdog.ts'
import { Joined, type JoinedSession } from '../runtime/joined.ts'
import { until } from '../runtime/until.ts'
import { headFrame, PlayedConsumer } from './played-consumer.ts'

/** Long enough that no test which works ever meets it. */
const NO_TTL_MS = 60_000

/** A watchdog that tells what it watches, and whose time passes when it is told to. */
class HeldWatchdog extends Watchdog {
  readonly watched: Watched[] = []
  nowMs = 0

  constructor() {
    super(() => this.nowMs)
  }

  override watch(connection: Watched, idleTimeoutMs: number): void {
    this.watched.push(connection)
    super.watch(connection, idleTimeoutMs)
  }

  pass(ms: number): void {
    this.sweep()
    this.nowMs += ms
    this.sweep()
  }
}

export class Serving {
  readonly watchdog = new HeldWatchdog()
  /** How each stream ended, in that order. */
  readonly outcomes: ForwarderOutcome[] = []
  /** What became of each connection to the target: `reached`, or the code of the error. */
  readonly reached: string[] = []
  readonly forwarders: IncomingStream[] = []
  readonly session: JoinedSession
  readonly #joined: Joined
  readonly #service: ProviderService
  readonly #targets: Targets

  private constructor(joined: Joined, session: JoinedSession, service: ProviderService, ca: string | null) {
    this.#joined = joined
    this.session = session
    this.#service = service
    const certificates = new Map(ca === null ? [] : [[service.tls?.caPath ?? '', ca]])
    this.#targets = new Targets({ services: [service], certificates, software: 'test', onHealth: () => {} })
  }

  /** `ca`: what the file of the service's `caPath` holds. */
  static async of(service: ProviderService, ca: string | null = null): Promise<Serving> {
    const joined = new Joined()
    return new Serving(joined, await joined.join(), service, ca)
  }

  /** A stream for this service whose first frame is a HEAD. */
  ask(head: Partial<RequestHead> = {}, ttlMs: number = NO_TTL_MS): Promise<PlayedConsumer> {
    return this.open([headFrame(head)], ttlMs)
  }

  /** A stream for this service that begins with these frames. */
  async open(frames: readonly Uint8Array[], ttlMs: number = NO_TTL_MS): Promise<PlayedConsumer> {
    const near = this.session.near.openStream()!
    const { uuid } = this.#service
    const head = { kind: 'http', uuid, requestId: uuid, connectWithinMs: ttlMs, hops: [], client: '' } as const
    near.write(encodeStreamHead(head))
    for (const frame of frames) near.write(frame)
    const consumer = new PlayedConsumer(near)
    const stream = await this.#joined.accepted(this.session, near.id)
    const forwarder = new IncomingStream({
      stream,
      watchdog: this.watchdog,
      find: (asked) => this.#targets.find(asked),
      isDraining: () => false,
      onTarget: (_target, failure) => void this.reached.push(failure?.code ?? 'reached'),
      onDone: (_forwarder, outcome) => void this.outcomes.push(outcome),
    })
    this.forwarders.push(forwarder)
    forwarder.onStreamReady()
    return consumer
  }

  /** What the last stream is watched as. */
  get watched(): Watched {
    return this.watchdog.watched.at(-1)!
  }

  /** Waits until the whole answer is here. */
  async answered(consumer: PlayedConsumer): Promise<void> {
    await until(() => consumer.isWhole || consumer.reset !== '', 'the answer is whole')
    assert.deepEqual([consumer.reset, consumer.problem], ['', ''])
  }

  /** Waits until the answer is broken off, and checks that it does not look whole. */
  async broken(consumer: PlayedConsumer, code: string): Promise<void> {
    await until(() => consumer.reset !== '' || consumer.hasEnded, 'the answer is broken off')
    assert.deepEqual([consumer.reset, consumer.isWhole, consumer.problem], [code, false, ''])
  }

  /** Waits until every stream is done and nothing of it is open or held on either side. */
  async settled(): Promise<void> {
    await until(() => this.outcomes.length === this.forwarders.length, 'every forwarder is done')
    await this.#joined.settled(this.session)
  }

  /** The line goes dead; the provider is told that the session is gone. */
  lose(): void {
    this.session.far.close(0, '')
  }

  async close(): Promise<void> {
    this.#targets.stop()
    await this.#joined.close()
  }
}
