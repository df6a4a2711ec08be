// One process of a simulated world: an endpoint, the application above it and the socket below it. It takes the
// driver's turn in the driver's order; what it cannot do is read a clock.

import type {
  DatagramBatch,
  ProtocolEndpoint,
  SessionEvent,
  SessionHandle,
  StreamHandle,
} from '../../src/protocol/api.ts'
import type { Micros, PathId } from '../../src/protocol/units.ts'
import type { Link } from './link.ts'
import type { Prng } from './prng.ts'

/** The six calls and what a shell needs besides them. */
export interface SimEndpoint extends ProtocolEndpoint {
  dial(path: PathId, now: Micros): SessionHandle
  /** Says goodbye on all sessions. */
  close(code: number, reason: string): void
}

/** What runs on top of an endpoint. All calls come from the node's turn, events before streams. */
export interface Application {
  onEvent(event: SessionEvent, now: Micros): void
  onReady(stream: StreamHandle, now: Micros): void
  /** When it wants to act by itself; `Infinity`: it only answers. */
  nextAction(): Micros
  onAction(now: Micros): void
}

export interface NodeOptions {
  readonly name: string
  readonly endpoint: SimEndpoint
  readonly application: Application
  readonly random: Prng
  /** Timers fire late by up to this much, evenly drawn, as those of an event loop do. */
  readonly timerLateness: Micros
}

/** Linux gives a socket 212,992 bytes; with the kernel's bookkeeping that is about so many full datagrams. */
const SOCKET_BUFFER_DATAGRAMS = 92
/** What segmentation offload takes in one call. */
const BATCH_BYTES = 65_507
/** Rounds of sending and listening in one turn; a conversation that lasts longer without a clock is a livelock. */
const MAX_ROUNDS = 10_000

interface Waiting {
  readonly bytes: Uint8Array
  readonly from: PathId
}

export class SimNode {
  readonly name: string
  endpoint: SimEndpoint
  application: Application
  /** Datagrams that found the socket buffer full while the process was stopped. */
  overflowed = 0
  /** Deadlines that were due; in a quiet world almost none are. */
  wakeUps = 0
  readonly #random: Prng
  readonly #timerLateness: Micros
  readonly #routes: Link[] = []
  readonly #batch: DatagramBatch = { buffer: new Uint8Array(BATCH_BYTES), length: 0, segmentBytes: 0, path: 0 }
  #inbox: Waiting[] = []
  #stoppedUntil: Micros = 0
  /** The application called the endpoint outside a turn. */
  #hasWork = false
  #armedFor: Micros = Infinity
  #firesAt: Micros = Infinity

  constructor(options: NodeOptions) {
    this.name = options.name
    this.endpoint = options.endpoint
    this.application = options.application
    this.#random = options.random
    this.#timerLateness = options.timerLateness
    this.#listenForWork()
  }

  /** The number under which the endpoint finds `link`. */
  addRoute(link: Link): PathId {
    return this.#routes.push(link) - 1
  }

  /** A datagram reaches the socket; it waits there for the turn, or for the end of a stop. */
  accept(bytes: Uint8Array, from: PathId): void {
    if (this.#inbox.length >= SOCKET_BUFFER_DATAGRAMS) this.overflowed += 1
    else this.#inbox.push({ bytes, from })
  }

  /** SIGSTOP until then: no input, no timer, no application; datagrams pile up in the socket. */
  stopUntil(until: Micros): void {
    this.#stoppedUntil = until
  }

  /** The process was killed and is back: nothing of the old one is left, its socket buffer included. */
  restart(endpoint: SimEndpoint, application: Application): void {
    this.endpoint = endpoint
    this.application = application
    this.#inbox = []
    this.#armedFor = Infinity
    this.#firesAt = Infinity
    this.#listenForWork()
  }

  /** When this node has something to do; a time that has passed: now. */
  nextWake(): Micros {
    const wake = this.#inbox.length > 0 || this.#hasWork ? 0 : Math.min(this.#firesAt, this.application.nextAction())
    return Math.max(wake, this.#stoppedUntil)
  }

  /** Does what is due: first the application by itself, as a socket's callback would, then the driver's turn if it needs one. */
  goOn(now: Micros): void {
    if (now < this.#stoppedUntil) return
    if (this.application.nextAction() <= now) this.application.onAction(now)
    if (this.#inbox.length > 0 || this.#hasWork || this.#firesAt <= now) this.#turn(now)
  }

  #turn(now: Micros): void {
    this.#hasWork = false
    this.#feed(now)
    if (this.endpoint.nextDeadline() <= now && this.#firesAt <= now) {
      this.wakeUps += 1
      this.endpoint.onDeadline(now)
    }
    let rounds = 0
    do {
      if (rounds === MAX_ROUNDS) throw new Error(`${this.name} never comes to rest`)
      rounds += 1
      this.#send(now)
    } while (this.#listen(now))
    this.#hasWork = false
    this.#arm(now)
  }

  #listenForWork(): void {
    this.#hasWork = true // a new process takes a first turn to arm its timer
    this.endpoint.onWork = () => {
      this.#hasWork = true
    }
  }

  #feed(now: Micros): void {
    for (const { bytes, from } of this.#inbox) this.endpoint.receive(bytes, from, now)
    this.#inbox.length = 0
  }

  #send(now: Micros): void {
    const batch = this.#batch
    for (let batches = 0; this.endpoint.nextDatagrams(batch, now); batches += 1) {
      if (batches === MAX_ROUNDS) throw new Error(`${this.name} never stops sending`)
      this.#checkBatch()
      const link = this.#routes[batch.path]!
      for (let at = 0; at < batch.length; at += batch.segmentBytes) {
        link.send(batch.buffer.subarray(at, Math.min(at + batch.segmentBytes, batch.length)), now)
      }
    }
  }

  #checkBatch(): void {
    const { length, segmentBytes, path } = this.#batch
    if (segmentBytes <= 0 || length <= 0) throw new Error(`${this.name} gave out an empty batch`)
    if (length > BATCH_BYTES) throw new Error(`${this.name} filled ${length} bytes of a batch of ${BATCH_BYTES}`)
    if (this.#routes[path] === undefined) throw new Error(`${this.name} sends to path ${path}, which nobody gave it`)
  }

  /** Tells the application everything there is to tell; false: there was nothing. */
  #listen(now: Micros): boolean {
    let told = 0
    for (let event = this.endpoint.nextEvent(); event !== null; event = this.endpoint.nextEvent()) {
      this.application.onEvent(event, now)
      told = this.#counted(told)
    }
    for (let stream = this.endpoint.nextReadyStream(); stream !== null; stream = this.endpoint.nextReadyStream()) {
      this.application.onReady(stream, now)
      told = this.#counted(told)
    }
    return told > 0
  }

  #counted(told: number): number {
    if (told === MAX_ROUNDS) throw new Error(`${this.name} has something to tell for ever`)
    return told + 1
  }

  /** Re-arms the one timer if the earliest deadline moved. */
  #arm(now: Micros): void {
    const deadline = this.endpoint.nextDeadline()
    if (Number.isNaN(deadline)) throw new Error(`${this.name} waits for a time that is not a number`)
    if (deadline === this.#armedFor && this.#firesAt > now) return
    this.#armedFor = deadline
    this.#firesAt = deadline === Infinity ? Infinity : Math.ceil(Math.max(deadline, now) + this.#lateness())
  }

  #lateness(): Micros {
    return this.#timerLateness === 0 ? 0 : this.#random.fraction() * this.#timerLateness
  }
}
