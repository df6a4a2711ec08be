// A dialler and a listener on reliable lines, in virtual time. Each dial has a connection of its own. Takes the driver's turn, so what it
// does with connections is what the driver does.

import assert from 'node:assert/strict'
import type { DatagramBatch, EndpointSettings, SessionHandle } from '../../src/protocol/api.ts'
import type { Endpoint } from '../../src/protocol/endpoint.ts'
import { type Line, LineKind } from '../../src/protocol/line.ts'
import { type Micros, type PathId, SECOND } from '../../src/protocol/units.ts'
import { Bookkeeper } from './bookkeeper.ts'
import { newEndpoint, START } from './endpoints.ts'
import { type LineWish, Pipe } from './reliable-line.ts'

export const TCP: Line = { kind: LineKind.tcp, forbidsFragments: true, bindingOf: () => new Uint8Array(0) }

/** Records of a carrier on connections, and four of them a batch. */
export const RECORD_BYTES = 16_384
const BATCH_BYTES = 4 * RECORD_BYTES

const MOST_STEPS = 1_000_000
const MOST_ROUNDS = 10_000

export type Side = 'dialler' | 'listener'

export interface LinePairWish {
  readonly line?: LineWish
  readonly settings?: Partial<EndpointSettings>
  readonly lines?: Partial<Record<Side, Line>>
  readonly ends?: Partial<Record<Side, Endpoint>>
}

export interface LineTalk {
  readonly pair: LinePair
  readonly ours: SessionHandle
  readonly theirs: SessionHandle
}

/** Two sides with an open session, and nothing left to be said. */
export function lineTalk(wish: LinePairWish = {}): LineTalk {
  const pair = new LinePair(wish)
  const ours = pair.dial()
  pair.run(20 * SECOND, () => pair.books.listener.session !== null)
  pair.run(3 * SECOND)
  assert.deepEqual([pair.books.dialler.told, pair.books.listener.told], [['opened'], ['opened']])
  return { pair, ours, theirs: pair.books.listener.session! }
}

interface Connection {
  /** Its number at either end. */
  readonly paths: Record<Side, PathId>
  /** What each side sends. */
  readonly pipes: Record<Side, Pipe>
  /** Sides that have ended it; what they sent still leaves. */
  readonly endedBy: Set<Side>
}

/** A packet that was sent, as it was on the line. */
export interface Sent {
  readonly by: Side
  readonly path: PathId
  readonly bytes: Uint8Array
  readonly at: Micros
}

const SIDES: readonly Side[] = ['dialler', 'listener']
const OTHER: Readonly<Record<Side, Side>> = { dialler: 'listener', listener: 'dialler' }

export class LinePair {
  now: Micros = START
  readonly ends: Readonly<Record<Side, Endpoint>>
  readonly books: Readonly<Record<Side, Bookkeeper>> = { dialler: new Bookkeeper(), listener: new Bookkeeper() }
  readonly sent: Sent[] = []
  /** Which connections a side has ended, in order. */
  readonly ended: Readonly<Record<Side, PathId[]>> = { dialler: [], listener: [] }
  /** Packets given to a connection that was not writable: mistakes. */
  sentUnwritable = 0
  onStep: () => void = () => {}
  /** Somebody was told something outside his turn. */
  #hasNews = false
  readonly #wish: LineWish
  readonly #connections: Connection[] = []
  readonly #batch: DatagramBatch = { buffer: new Uint8Array(BATCH_BYTES), length: 0, segmentBytes: 0, path: 0 }

  constructor({ line = {}, settings = {}, lines = {}, ends = {} }: LinePairWish = {}) {
    this.#wish = line
    const sizes = { maxDatagramBytes: RECORD_BYTES, ...settings }
    this.ends = {
      dialler: ends.dialler ?? newEndpoint({ seed: 1, settings: sizes, line: lines.dialler ?? TCP }),
      listener:
        ends.listener ?? newEndpoint({ seed: 2, settings: sizes, line: lines.listener ?? TCP, acceptsSessions: true }),
    }
  }

  /** A new connection; answers its number at the dialler. */
  connect(): PathId {
    const number = this.#connections.length
    const paths = { dialler: 70 + number, listener: 30 + number }
    const pipes = { dialler: new Pipe(this.#wish), listener: new Pipe(this.#wish) }
    this.#connections.push({ paths, pipes, endedBy: new Set() })
    return paths.dialler
  }

  dial(path = this.connect()): SessionHandle {
    return this.ends.dialler.dial(path, this.now)
  }

  /** What `side` sends on the connection that was made as number `index`. */
  pipe(side: Side, index = 0): Pipe {
    return this.#connections[index]!.pipes[side]
  }

  /** The connection breaks; both ends learn of it now. */
  cut(index = 0): void {
    const connection = this.#connections[index]!
    for (const side of SIDES) this.#tellGone(connection, side)
  }

  /** Runs until `isDone`, or for so long; true: it was done. */
  run(span: Micros, isDone: () => boolean = () => false): boolean {
    const until = this.now + span
    for (let steps = 0; !isDone(); steps++) {
      if (steps === MOST_STEPS) throw new Error('the two never come to rest')
      for (const side of SIDES) this.#turn(side)
      this.onStep()
      if (isDone()) return true
      const next = this.#hasNews ? this.now : this.#nextMoment()
      this.#hasNews = false
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
    const pipes = this.#connections.flatMap(({ pipes }) => [pipes.dialler.nextMoment(), pipes.listener.nextMoment()])
    return Math.min(...pipes, this.ends.dialler.nextDeadline(), this.ends.listener.nextDeadline())
  }

  #deliver(): void {
    for (const connection of [...this.#connections]) for (const side of SIDES) this.#deliverFrom(connection, side)
  }

  #deliverFrom(connection: Connection, from: Side): void {
    const pipe = connection.pipes[from]
    pipe.advance(this.now)
    if (pipe.isWritable) this.ends[from].connections!.release(connection.paths[from])
    const to = OTHER[from]
    for (let bytes = pipe.take(this.now); bytes !== null; bytes = pipe.take(this.now)) {
      if (!connection.endedBy.has(to)) this.ends[to].receive(bytes, connection.paths[to], this.now)
    }
    if (connection.endedBy.has(from) && pipe.isEmpty) this.#tellGone(connection, to)
  }

  #tellGone(connection: Connection, side: Side): void {
    if (connection.endedBy.has(side)) return
    connection.endedBy.add(side)
    this.#hasNews = true
    this.ends[side].connections!.onPathGone(connection.paths[side], 'The connection was cut.', this.now)
  }

  #turn(side: Side): void {
    const endpoint = this.ends[side]
    if (endpoint.nextDeadline() <= this.now) endpoint.onDeadline(this.now)
    for (let rounds = 0; this.#tell(side) || this.#send(side); rounds++) {
      if (rounds === MOST_ROUNDS) throw new Error('one end talks without rest')
    }
    const connections = endpoint.connections!
    for (let path = connections.next(); path !== null; path = connections.next()) this.#end(side, path)
  }

  #tell(side: Side): boolean {
    const endpoint = this.ends[side]
    const book = this.books[side]
    let hasTold = false
    for (let event = endpoint.nextEvent(); event !== null; event = endpoint.nextEvent()) {
      book.onEvent(event)
      hasTold = true
    }
    for (let stream = endpoint.nextReadyStream(); stream !== null; stream = endpoint.nextReadyStream()) {
      book.onReady(stream)
      hasTold = true
    }
    return hasTold
  }

  #send(side: Side): boolean {
    const batch = this.#batch
    if (!this.ends[side].nextDatagrams(batch, this.now)) return false
    const connection = this.#connections.find(({ paths }) => paths[side] === batch.path)!
    const pipe = connection.pipes[side]
    if (!pipe.isWritable) this.sentUnwritable++
    for (let at = 0; at < batch.length; at += batch.segmentBytes) {
      const bytes = batch.buffer.slice(at, Math.min(at + batch.segmentBytes, batch.length))
      this.sent.push({ by: side, path: batch.path, bytes: bytes.slice(), at: this.now })
      if (!connection.endedBy.has(side)) pipe.send(bytes, this.now)
    }
    if (!pipe.isWritable) this.ends[side].connections!.hold(batch.path)
    return true
  }

  #end(side: Side, path: PathId): void {
    this.ended[side].push(path)
    const connection = this.#connections.find(({ paths }) => paths[side] === path)!
    connection.endedBy.add(side)
    // It reads no more, and once what was sent has left the other side hears of the end.
    if (connection.pipes[side].isEmpty) this.#tellGone(connection, OTHER[side])
  }
}
