// One consumer's driver and the drivers of its providers, joined inside the process: real endpoints, the real event loop, no UDP.

import type { EndpointSettings, Micros, SessionEvent, SessionHandle, StreamHandle } from '../../src/protocol/index.ts'
import { Driver } from '../../src/runtime/driver.ts'
import { monotonicClock } from '../../src/runtime/system.ts'
import type { YieldProcessor } from '../../src/runtime/yield-processor.ts'
import { newEndpoint, statsOf } from '../protocol/endpoints.ts'
import { MemoryCarrier } from './memory-carrier.ts'
import { until } from './until.ts'

/** One association as both sides have it. */
export interface JoinedSession {
  /** The listener's handle: it opens the streams. */
  readonly near: SessionHandle
  /** The dialler's handle: it takes them. */
  readonly far: SessionHandle
  readonly farDriver: Driver
}

export class Joined {
  readonly driver: Driver
  readonly carrier = new MemoryCarrier()
  readonly #settings: Partial<EndpointSettings>
  readonly #clock: () => Micros
  readonly #farDrivers: Driver[] = []
  readonly #events: SessionEvent[] = []
  readonly #farEvents: SessionEvent[] = []

  /** `yieldProcessor`: the consumer polls before it sleeps. */
  constructor(
    settings: Partial<EndpointSettings> = {},
    clock = monotonicClock,
    yieldProcessor: YieldProcessor | null = null,
  ) {
    this.#settings = settings
    this.#clock = clock
    const endpoint = newEndpoint({ seed: 1, settings, acceptsSessions: true, now: clock() })
    this.driver = new Driver(endpoint, this.carrier, clock, yieldProcessor)
    this.driver.onEvent = (event) => this.#events.push(event)
  }

  /** Another provider, with a session that is open on both sides. */
  async join(): Promise<JoinedSession> {
    const known = this.sessions.length
    const farDriver = this.newDialler()
    const far = farDriver.dial(farDriver.carrier.pathTo('near', 1))
    await until(() => this.sessions.length > known && this.#isOpen(far), 'the session is open on both sides')
    return { near: this.sessions.at(-1)!, far, farDriver }
  }

  newDialler(): Driver {
    const endpoint = newEndpoint({ seed: 2 + this.#farDrivers.length, settings: this.#settings, now: this.#clock() })
    const driver = new Driver(endpoint, new MemoryCarrier(new Map([['near', this.carrier]])), this.#clock)
    driver.onEvent = (event) => this.#farEvents.push(event)
    this.#farDrivers.push(driver)
    return driver
  }

  /** A stream opened by the near side, and what the far side sees of it once `first` has arrived. */
  async openStream(
    session: JoinedSession,
    first: Uint8Array = new Uint8Array([0]),
  ): Promise<[StreamHandle, StreamHandle]> {
    const near = session.near.openStream()!
    near.write(first)
    const far = await this.accepted(session, near.id)
    far.release(far.read()!.length)
    return [near, far]
  }

  /** The far handle of a stream, once it is there and has something to say. */
  async accepted(session: JoinedSession, id: number): Promise<StreamHandle> {
    await until(() => this.streamsTakenBy(session).some((stream) => stream.id === id), `stream ${id} arrives`)
    return this.streamsTakenBy(session).find((stream) => stream.id === id)!
  }

  streamsTakenBy(session: JoinedSession): StreamHandle[] {
    return this.#farEvents.flatMap((event) => {
      return event.kind === 'accepted' && event.session === session.far ? [event.stream] : []
    })
  }

  /** Waits until both sides agree that nothing of this session is open or held. */
  async settled({ near, far }: JoinedSession): Promise<void> {
    const left = () =>
      [near, far].map((session) => statsOf(session)).map((stats) => stats.openStreams + stats.heldBytes)
    await until(() => left().every((count) => count === 0), 'every stream is closed and no byte is held')
  }

  /** Every line goes dead, and the near side is told that its sessions are gone. */
  lose(): void {
    for (const { carrier } of this.#farDrivers) (carrier as MemoryCarrier).isCut = true
    this.carrier.isCut = true
    for (const session of this.sessions) session.close(0, '')
  }

  async close(): Promise<void> {
    await Promise.all([this.driver, ...this.#farDrivers].map((driver) => driver.close(0, '')))
  }

  /** Those that have opened on the near side, in that order, also when they are gone. */
  get sessions(): SessionHandle[] {
    return this.#events.filter((event) => event.kind === 'opened').map(({ session }) => session)
  }

  #isOpen(far: SessionHandle): boolean {
    return this.#farEvents.some((event) => event.kind === 'opened' && event.session === far)
  }
}
