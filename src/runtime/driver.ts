// hot
// The only loop of the product: feeds datagrams in, sends datagrams out, re-arms one timer.
//
//   datagrams, application calls ─▶ setImmediate ─▶ turn: deadlines ─ events and ready streams ─ batches out ─ timer
//                                └▶ long before a turn: batches out
//
// Over connections it also passes on which of them take nothing more for now, and ends those that are of no more use.
//
// Events come before batches, so that what the application reads, releases and answers in this turn leaves in the same datagrams as the
// ACK: one datagram instead of two for a small request (docs/decisions.md).

import { type EventLoopUtilization, performance } from 'node:perf_hooks'
import type { Carrier } from '../carriers/carrier.ts'
import type {
  Connections,
  Crypto,
  DatagramBatch,
  Endpoint,
  Micros,
  PathId,
  SessionEvent,
  SessionHandle,
} from '../protocol/index.ts'
import { BusyPolling } from './busy-polling.ts'
import type { StreamOwner } from './stream-owner.ts'
import type { YieldProcessor } from './yield-processor.ts'

/** Batches one turn may send before the event loop gets to breathe: about 1 MB, a few milliseconds. */
const BATCHES_PER_TURN = 16
/** A wait shorter than the timer's own resolution is spent in the event loop. */
const TIMER_RESOLUTION: Micros = 1_000
/**
 * What the application has given for longer than this leaves before the turn: the other side begins with it while this one reads on. Less
 * would cost more in datagrams than it gains (docs/decisions.md).
 */
const LONGEST_GATHERING: Micros = 400
/** How often the endpoint is told how busy the process is: shorter than the kernel's buffer takes to fill. */
const LOOK_EVERY: Micros = 50_000

export class Driver {
  readonly endpoint: Endpoint
  readonly carrier: Carrier
  /** Told of every session event; set before the first turn. */
  onEvent: (event: SessionEvent) => void = () => {}

  readonly #clock: () => Micros
  readonly #batch: DatagramBatch
  /** Null: the carrier has none. */
  readonly #connections: Connections | null
  #immediate: NodeJS.Immediate | null = null
  #wokenAt: Micros = 0
  /** Since when the application's calls are gathered; `Infinity`: they will be sent soon. */
  #gatheringSince: Micros = Number.POSITIVE_INFINITY
  #isReceiving = false
  /** Calls of the application since the last turn, and the streams that are told in it of bytes; not those that take more, as in bulk. */
  #said = 0
  #heard = 0
  readonly #polling = new BusyPolling()
  /** Null: this process sleeps as soon as there is nothing to do. */
  readonly #yieldProcessor: YieldProcessor | null
  #isPolling = false
  #polledAt: Micros = 0
  /** Time spent polling since the last look, which is no work. */
  #polled: Micros = 0
  #loop: EventLoopUtilization = performance.eventLoopUtilization()
  #lookAt: Micros = 0
  #timer: NodeJS.Timeout | null = null
  #timerAt: Micros = Number.POSITIVE_INFINITY
  #isClosed = false
  #whenSettled: (() => void) | null = null
  #whenIdle: (() => void) | null = null

  constructor(endpoint: Endpoint, carrier: Carrier, clock: () => Micros, yieldProcessor: YieldProcessor | null = null) {
    this.endpoint = endpoint
    this.carrier = carrier
    this.#clock = clock
    this.#yieldProcessor = yieldProcessor
    this.#batch = { buffer: new Uint8Array(carrier.traits.maxBatchBytes), length: 0, segmentBytes: 0, path: 0 }
    this.#connections = endpoint.connections
    endpoint.onWork = this.#onWork
    carrier.isPathInUse = (path) => endpoint.isPathInUse(path)
    carrier.onUnreachable = (path) => endpoint.onUnreachable(path, clock())
    carrier.onDatagram = this.#onDatagram
    carrier.onWritable = (path) => this.#connections?.release(path)
    carrier.onPathGone = (path, cause) => this.#connections?.onPathGone(path, cause.message, clock())
  }

  dial(path: PathId, crypto?: Crypto): SessionHandle {
    return this.endpoint.dial(path, this.#clock(), crypto)
  }

  /** Waits until no stream is open: whatever was written has been acknowledged. */
  settle(): Promise<void> {
    return new Promise((resolve) => {
      this.#whenSettled = resolve
      this.#wake()
    })
  }

  /** Says goodbye to all sessions, waits until that has left, and closes the carrier. */
  async close(code: number, reason: string): Promise<void> {
    if (this.#isClosed) return
    this.endpoint.close(code, reason)
    await new Promise<void>((resolve) => {
      this.#whenIdle = resolve
      this.#wake()
    })
    this.#isClosed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    if (this.#immediate !== null) clearImmediate(this.#immediate)
    await this.carrier.close()
  }

  /** One datagram is fed at once, its memory being borrowed; what follows from it waits for the turn. */
  readonly #onDatagram = (datagram: Uint8Array, from: PathId): void => {
    const now = this.#clock()
    if (this.#immediate === null && !this.#isClosed) this.#askForTurn(now)
    this.#isReceiving = true
    this.endpoint.receive(datagram, from, now)
    this.#isReceiving = false
  }

  readonly #onWork = (): void => {
    if (this.#isReceiving) return
    this.#said++
    this.#wake()
  }

  readonly #wake = (): void => {
    if (this.#isReceiving || this.#isClosed) return
    const now = this.#clock()
    if (this.#immediate === null) this.#askForTurn(now)
    else if (now - this.#gatheringSince > LONGEST_GATHERING) {
      this.#gatheringSince = Number.POSITIVE_INFINITY
      // Not at once: the endpoint is in the middle of the call that brought this.
      process.nextTick(this.#sendEarly)
    }
  }

  #askForTurn(now: Micros): void {
    this.#immediate = setImmediate(this.#turn)
    this.#wokenAt = now
    this.#gatheringSince = now
  }

  readonly #sendEarly = (): void => {
    if (this.#immediate === null || this.#isClosed) return
    const now = this.#clock()
    this.#send(now)
    this.#gatheringSince = now
  }

  /**
   * The timer does not act itself: the event loop reads what waits in the sockets first, so that an ACK which has long arrived is not
   * taken for missing because the process was busy or asleep.
   */
  readonly #onTimer = (): void => {
    this.#timer = null
    this.#timerAt = Number.POSITIVE_INFINITY
    this.#wake()
  }

  readonly #turn = (): void => {
    const now = this.#clock()
    const wokenAt = this.#wokenAt
    const said = this.#said
    this.#gatheringSince = Number.POSITIVE_INFINITY
    this.endpoint.onTurn(now - wokenAt, now)
    if (now >= this.#lookAt) this.#look(now)
    if (this.endpoint.nextDeadline() <= now) this.endpoint.onDeadline(now)
    this.#tell()
    this.#immediate = null
    if (!this.#send(now)) this.#wake()
    if (this.#connections !== null) this.#disconnect(this.#connections)
    this.#arm(now)
    if (this.#yieldProcessor !== null) this.#keepAwake(said, wokenAt, this.#yieldProcessor)
    if (this.#whenSettled !== null && this.endpoint.openStreams === 0) this.#whenSettled()
    if (this.#whenIdle !== null && this.endpoint.isIdle) this.#whenIdle()
  }

  /** The event loop goes on without sleeping, and so reads what arrives meanwhile at once. */
  #keepAwake(said: number, wokenAt: Micros, yieldProcessor: YieldProcessor): void {
    const now = this.#clock()
    if (said > 0 || this.#heard > 0) this.#polling.onTurn(said, this.#heard, wokenAt, now)
    this.#said = 0
    this.#heard = 0
    if (this.#immediate !== null || this.#isPolling || !this.#polling.isWorthIt(now)) return
    this.#isPolling = true
    this.#polledAt = now
    setImmediate(this.#poll, yieldProcessor)
  }

  readonly #poll = (yieldProcessor: YieldProcessor): void => {
    const now = this.#clock()
    this.#isPolling = this.#immediate === null && !this.#isClosed && this.#polling.isWorthIt(now)
    if (this.#immediate === null) this.#polled += now - this.#polledAt
    if (!this.#isPolling) return
    this.#polledAt = now
    yieldProcessor()
    setImmediate(this.#poll, yieldProcessor)
  }

  #look(now: Micros): void {
    const loop = performance.eventLoopUtilization()
    const { active, idle } = performance.eventLoopUtilization(loop, this.#loop)
    this.endpoint.onBusy(Math.max(0, active - this.#polled / 1_000) / (active + idle))
    this.#polled = 0
    this.#loop = loop
    this.#lookAt = now + LOOK_EVERY
  }

  #tell(): void {
    for (let event = this.endpoint.nextEvent(); event !== null; event = this.endpoint.nextEvent()) this.onEvent(event)
    for (let s = this.endpoint.nextReadyStream(); s !== null; s = this.endpoint.nextReadyStream()) {
      if (s.isReadable) this.#heard++
      ;(s.owner as StreamOwner | null)?.onStreamReady()
    }
  }

  /** False: more waits than one turn may send. */
  #send(now: Micros): boolean {
    for (let i = 0; i < BATCHES_PER_TURN; i++) {
      if (!this.endpoint.nextDatagrams(this.#batch, now)) return true
      this.carrier.send(this.#batch)
      if (this.#connections !== null && !this.carrier.isWritable(this.#batch.path)) {
        this.#connections.hold(this.#batch.path)
      }
    }
    return false
  }

  /** After sending: the carrier ends a connection once what it was given has left. */
  #disconnect(connections: Connections): void {
    for (let path = connections.next(); path !== null; path = connections.next()) this.carrier.disconnect(path)
  }

  /** Re-arms only for an earlier deadline: a timer that fires too early costs one turn, less than replacing it each time. */
  #arm(now: Micros): void {
    const deadline = this.endpoint.nextDeadline()
    if (deadline >= this.#timerAt) return
    if (deadline - now < TIMER_RESOLUTION) {
      this.#wake()
      return
    }
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = setTimeout(this.#onTimer, Math.ceil((deadline - now) / 1_000))
    this.#timerAt = deadline
  }
}
