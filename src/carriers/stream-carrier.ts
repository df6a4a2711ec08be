// Datagrams as records over connections: what TCP, TLS and WebSocket have in common. How a connection is made is told from outside.
//
//   driver ─ batch ─▶ Line ─ records ─▶ Connection ─▶ socket          one line and one number for each connection
//   driver ◀─ datagram ─ Line ◀─ bytes ─ Connection ◀─ socket
//                               Door ◀─ accepted sockets              listeners only

import { isIP } from 'node:net'
import { addressBytes } from './address-bytes.ts'
import { Calls, type Dial } from './calls.ts'
import {
  type BoundAddress,
  type Carrier,
  type CarrierKind,
  type CarrierTraits,
  type Channel,
  type DialTarget,
  NO_CHANNEL,
  type OnDatagram,
  type OutgoingBatch,
  type Reach,
} from './carrier.ts'
import type { CarrierError } from './carrier-error.ts'
import type { Connection } from './connection.ts'
import { brokenRecord, slowRecord } from './connection-failure.ts'
import { Door, type NewGreeter } from './door.ts'
import { hostAndPort } from './host-text.ts'
import { Line, type LineOwner } from './line.ts'
import { MAX_RECORD_BYTES } from './record-reader.ts'
import { WriteBuffers } from './record-writer.ts'

/** Sums since the carrier was opened. */
export interface StreamCounters {
  datagramsSent: number
  datagramsReceived: number
  /** Datagrams to a path that has ended, or never was. */
  noWay: number
  /** Batches to a path that was not writable: taken, but a mistake of ours. */
  sentUnwritable: number
  /** Connections that ended without ever having had a session, or were not let in. */
  refused: number
}

const BATCH_BYTES = 65_536

const SWEEP_MS = 1_000

/** What was sent has so long to leave before a connection is cut. */
const END_WITHIN_MS = 2_000

export class StreamCarrier implements Carrier {
  readonly traits: CarrierTraits
  readonly counters: StreamCounters = {
    datagramsSent: 0,
    datagramsReceived: 0,
    noWay: 0,
    sentUnwritable: 0,
    refused: 0,
  }
  onDatagram: OnDatagram = () => {}
  onUnreachable: (path: number) => void = () => {}
  onWritable: (path: number) => void = () => {}
  onPathGone: (path: number, cause: Error) => void = () => {}
  onFailure: (cause: Error) => void = () => {}
  isPathInUse: (path: number) => boolean = () => false
  /** Told of whoever left a listener without ever having had a session, or was not let in; as often as strangers please. */
  onRefused: (from: string, cause: Error) => void = () => {}

  readonly #calls: Calls | null
  readonly #door: Door | null
  readonly #lineOwner: LineOwner
  readonly #lines = new Map<number, Line>()
  /** Lines that end once what was sent has left, and since when. */
  readonly #ending = new Map<Line, number>()
  readonly #sweeping: NodeJS.Timeout
  #nextPath = 1
  #closing: Promise<void> | null = null
  #onAllEnded: () => void = () => {}

  /** Either it dials, or it greets those who call. */
  constructor(kind: CarrierKind, way: { readonly dial: Dial } | { readonly newGreeter: NewGreeter }) {
    this.traits = { ...TRAITS, kind }
    this.#calls = 'dial' in way ? new Calls(way.dial) : null
    this.#door = 'newGreeter' in way ? this.#newDoor(way.newGreeter) : null
    this.#lineOwner = {
      buffers: new WriteBuffers(),
      onRecord: (path, record) => {
        this.counters.datagramsReceived++
        this.onDatagram(record, path)
      },
      onWritable: (path) => this.onWritable(path),
      onBroken: (line, verdict) => this.#cut(line, brokenRecord(this.describe(line.path), verdict)),
    }
    this.#sweeping = setInterval(() => this.sweep(performance.now()), SWEEP_MS).unref()
  }

  get addresses(): readonly BoundAddress[] {
    return this.#door?.addresses ?? []
  }

  /** Rejects with a `CarrierError` if the port cannot be had; the carrier is closed then. */
  async listen(reach: Reach, port: number): Promise<void> {
    try {
      await this.#door?.listen(reach, port)
    } catch (error) {
      await this.close()
      throw error
    }
  }

  send(batch: OutgoingBatch): boolean {
    const { length, segmentBytes } = batch
    if (!(segmentBytes > 0) || length > BATCH_BYTES || Math.min(segmentBytes, length) > MAX_RECORD_BYTES) {
      throw new RangeError('not a batch that a stream can carry')
    }
    const line = this.#lines.get(batch.path)
    const datagrams = Math.ceil(length / segmentBytes)
    if (line === undefined) {
      this.counters.noWay += datagrams
      return true
    }
    if (!line.isWritable) this.counters.sentUnwritable++
    line.send(batch)
    this.counters.datagramsSent += datagrams
    return true
  }

  /** What is sent to a path that has ended is gone at once: it never waits. */
  isWritable(path: number): boolean {
    return this.#lines.get(path)?.isWritable ?? true
  }

  pathTo(host: string, port: number): number {
    throw new TypeError(`${hostAndPort(host, port)} has no number without a connection, which is for connect to make`)
  }

  connect(to: DialTarget): Promise<number> {
    if (this.#calls === null) throw new TypeError('a listener calls nobody')
    return this.#calls.begin(to, (connection) => this.#adopt(connection))
  }

  disconnect(path: number): void {
    const line = this.#lines.get(path)
    if (line === undefined) return
    this.#lines.delete(path)
    this.#door?.onDisconnect(path)
    line.stop()
    this.#ending.set(line, performance.now())
    line.connection.end()
  }

  channelOf(path: number): Channel {
    return this.#lines.get(path)?.connection.channel ?? NO_CHANNEL
  }

  describe(path: number): string {
    const connection = this.#lines.get(path)?.connection
    return connection === undefined ? 'unknown' : hostAndPort(connection.host, connection.port)
  }

  addressOf(path: number): Uint8Array | null {
    const connection = this.#lines.get(path)?.connection
    return connection === undefined || isIP(connection.host) === 0
      ? null
      : addressBytes(connection.host, connection.port)
  }

  /** What the time of `performance.now()` demands; the carrier does it once a second. */
  sweep(nowMs: number): void {
    for (const line of this.#lines.values())
      if (line.isStalled(nowMs)) this.#cut(line, slowRecord(this.describe(line.path)))
    for (const [line, sinceMs] of this.#ending) if (nowMs - sinceMs >= END_WITHIN_MS) line.connection.destroy()
    this.#door?.sweep(nowMs)
  }

  /** Waits until what was sent has left, or 2 seconds. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#calls?.close()
    for (const path of this.#lines.keys()) this.disconnect(path)
    const cut = setTimeout(() => {
      for (const line of this.#ending.keys()) line.connection.destroy()
    }, END_WITHIN_MS)
    await Promise.all([this.#door?.close(), this.#allEnded()])
    clearTimeout(cut)
    clearInterval(this.#sweeping)
  }

  #allEnded(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#ending.size === 0) resolve()
      else this.#onAllEnded = resolve
    })
  }

  #newDoor(newGreeter: NewGreeter): Door {
    return new Door(
      {
        onOpen: (connection) => this.#adopt(connection),
        isPathInUse: (path) => this.isPathInUse(path),
        onRefused: (from, cause) => {
          this.counters.refused++
          this.onRefused(from, cause)
        },
        expel: (path, cause) => {
          const line = this.#lines.get(path)
          if (line !== undefined) this.#cut(line, cause)
        },
      },
      newGreeter,
    )
  }

  #adopt(connection: Connection): number {
    const line = new Line(this.#nextPath++, connection, this.#lineOwner)
    this.#lines.set(line.path, line)
    connection.onGone = (cause) => this.#forget(line, cause)
    return line.path
  }

  #cut(line: Line, cause: CarrierError): void {
    this.#forget(line, cause)
    line.connection.destroy()
  }

  /** Only the first cause counts: that of the end which follows from it says less. */
  #forget(line: Line, cause: CarrierError): void {
    if (this.#ending.delete(line) && this.#ending.size === 0) this.#onAllEnded()
    this.#door?.onGone(line.path, cause)
    if (!this.#lines.delete(line.path)) return
    line.stop()
    setImmediate(() => this.onPathGone(line.path, cause))
  }
}

const TRAITS = {
  reliable: true,
  ordered: true,
  forbidsFragments: true,
  maxDatagramBytes: MAX_RECORD_BYTES,
  maxBatchBytes: BATCH_BYTES,
} as const
