// A dialler and a listener with a line between them that delays and loses, in virtual time. Smaller than the simulator: no sockets,
// no late timers; made for tests that look into both ends after every step.

import type { DatagramBatch, SessionEvent, SessionHandle, StreamHandle } from '../../src/protocol/api.ts'
import type { Endpoint } from '../../src/protocol/endpoint.ts'
import { MILLISECOND, type Micros, type PathId, SECOND } from '../../src/protocol/units.ts'
import { Prng } from '../sim/prng.ts'
import { ENDS, START } from './endpoints.ts'

/** What runs above one endpoint. */
export interface Application {
  onEvent(event: SessionEvent): void
  onReady(stream: StreamHandle): void
}

export interface Line {
  /** One way. */
  readonly delay?: Micros
  /** The next datagram takes up to this much longer: it may be overtaken. */
  readonly jitter?: Micros
  /** Share of the datagrams that do not arrive. */
  loss?: number
  readonly seed?: number
}

interface Flying {
  readonly at: Micros
  readonly to: End
  readonly from: PathId
  readonly bytes: Uint8Array
}

interface End {
  readonly endpoint: Endpoint
  readonly application: Application
}

const MOST_STEPS = 2_000_000
const MOST_ROUNDS = 10_000

export class EndpointPair {
  now: Micros = START
  readonly line: Line
  /** Where the listener sees the dialler; what it sends elsewhere is lost, as behind a NAT that has forgotten. */
  here: PathId = ENDS.here
  /** Told after every step. */
  onStep: () => void = () => {}
  readonly #dialler: End
  readonly #listener: End
  readonly #random: Prng
  readonly #batch: DatagramBatch = { buffer: new Uint8Array(65_507), length: 0, segmentBytes: 0, path: 0 }
  /** The earliest last. */
  readonly #flying: Flying[] = []

  constructor(dialler: End, listener: End, line: Line = {}) {
    this.#dialler = dialler
    this.#listener = listener
    this.line = line
    this.#random = new Prng(line.seed ?? 1)
  }

  dial(): SessionHandle {
    return this.#dialler.endpoint.dial(ENDS.there, this.now)
  }

  /** Runs until `isDone`, or for so long; true: it was done. */
  run(span: Micros, isDone: () => boolean = () => false): boolean {
    const until = this.now + span
    for (let steps = 0; !isDone(); steps++) {
      if (steps === MOST_STEPS) throw new Error('the two never come to rest')
      this.#turn(this.#dialler)
      this.#turn(this.#listener)
      this.onStep()
      if (isDone()) return true
      const next = this.#nextMoment()
      if (next > until) {
        this.now = until
        return false
      }
      this.now = Math.max(this.now, next)
      this.#deliver()
    }
    return true
  }

  #nextMoment(): Micros {
    const arrival = this.#flying.at(-1)?.at ?? Infinity
    return Math.min(arrival, this.#dialler.endpoint.nextDeadline(), this.#listener.endpoint.nextDeadline())
  }

  #deliver(): void {
    while (this.#flying.length > 0 && this.#flying.at(-1)!.at <= this.now) {
      const { to, from, bytes } = this.#flying.pop()!
      to.endpoint.receive(bytes, from, this.now)
    }
  }

  #turn(end: End): void {
    if (end.endpoint.nextDeadline() <= this.now) end.endpoint.onDeadline(this.now)
    for (let rounds = 0; this.#tell(end) || this.#send(end); rounds++) {
      if (rounds === MOST_ROUNDS) throw new Error('one end talks without rest')
    }
  }

  #tell({ endpoint, application }: End): boolean {
    let hasTold = false
    for (let event = endpoint.nextEvent(); event !== null; event = endpoint.nextEvent()) {
      application.onEvent(event)
      hasTold = true
    }
    for (let stream = endpoint.nextReadyStream(); stream !== null; stream = endpoint.nextReadyStream()) {
      application.onReady(stream)
      hasTold = true
    }
    return hasTold
  }

  #send(from: End): boolean {
    const batch = this.#batch
    if (!from.endpoint.nextDatagrams(batch, this.now)) return false
    if (batch.path !== (from === this.#dialler ? ENDS.there : this.here)) return true
    for (let at = 0; at < batch.length; at += batch.segmentBytes) {
      this.#fly(from, batch.buffer.slice(at, Math.min(at + batch.segmentBytes, batch.length)))
    }
    return true
  }

  #fly(from: End, bytes: Uint8Array): void {
    if (this.#random.chance(this.line.loss ?? 0)) return
    const jitter = this.#random.fraction() * (this.line.jitter ?? 0)
    const at = this.now + (this.line.delay ?? 5 * MILLISECOND) + jitter
    const [to, path] = from === this.#dialler ? [this.#listener, this.here] : [this.#dialler, ENDS.there]
    const flying = { at, to, from: path, bytes }
    let index = this.#flying.length
    while (index > 0 && this.#flying[index - 1]!.at <= at) index--
    this.#flying.splice(index, 0, flying)
  }
}

/** Long enough for what is in flight, delayed ACKs included, to be settled. */
export const SETTLING: Micros = 5 * SECOND
