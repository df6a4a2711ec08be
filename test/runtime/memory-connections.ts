// A reliable carrier inside one process: connections that keep the order, lose nothing, hold back who sends too much, and end.

import { addressBytes } from '../../src/carriers/address-bytes.ts'
import {
  type BoundAddress,
  type Carrier,
  type Channel,
  type DialTarget,
  NO_CHANNEL,
  type OnDatagram,
  type OutgoingBatch,
} from '../../src/carriers/carrier.ts'

/** With more than so much under way a path is not writable. */
const KEEPS_BYTES = 256 * 1_024

interface End {
  readonly carrier: MemoryConnections
  readonly path: number
  /** The other end. */
  far: End | null
  keptBytes: number
  /** False: the far side takes nothing. */
  flows: boolean
  kept: Uint8Array[]
}

export class MemoryConnections implements Carrier {
  readonly traits = {
    kind: 'tcp',
    reliable: true,
    ordered: true,
    forbidsFragments: true,
    maxDatagramBytes: 16_384,
    maxBatchBytes: 65_536,
  } as const
  readonly addresses: readonly BoundAddress[] = []
  onDatagram: OnDatagram = () => {}
  onUnreachable: (path: number) => void = () => {}
  onWritable: (path: number) => void = () => {}
  onPathGone: (path: number, cause: Error) => void = () => {}
  onFailure: (cause: Error) => void = () => {}
  isPathInUse: (path: number) => boolean = () => true
  /** Batches to a path that was not writable: mistakes. */
  sentUnwritable = 0
  /** Paths that the driver has ended, in order. */
  readonly disconnected: number[] = []
  readonly #listener: MemoryConnections | null
  readonly #ends = new Map<number, End>()
  #nextPath = 1

  /** Calls this one, or is called if there is none. */
  constructor(listener: MemoryConnections | null = null) {
    this.#listener = listener
  }

  async connect(_to?: DialTarget): Promise<number> {
    const near = this.#newEnd()
    const far = this.#listener!.#newEnd()
    near.far = far
    far.far = near
    return near.path
  }

  pathTo(): number {
    throw new TypeError('there is no number without a connection')
  }

  /** What is sent on a path stays there until `let`. */
  dam(path: number): void {
    this.#ends.get(path)!.flows = false
  }

  let(path: number): void {
    const end = this.#ends.get(path)!
    end.flows = true
    for (const bytes of end.kept.splice(0)) this.#carry(end, bytes)
  }

  /** The connection breaks: both sides are told in turns of their own. */
  cut(path: number): void {
    const end = this.#ends.get(path)!
    for (const each of [end, end.far!]) each.carrier.#tellGone(each)
  }

  send(batch: OutgoingBatch): boolean {
    const end = this.#ends.get(batch.path)
    if (end === undefined) return true
    if (!this.isWritable(batch.path)) this.sentUnwritable++
    for (let at = 0; at < batch.length; at += batch.segmentBytes) {
      const bytes = batch.buffer.slice(at, Math.min(at + batch.segmentBytes, batch.length))
      end.keptBytes += bytes.length
      if (end.flows) this.#carry(end, bytes)
      else end.kept.push(bytes)
    }
    return true
  }

  isWritable(path: number): boolean {
    return (this.#ends.get(path)?.keptBytes ?? 0) < KEEPS_BYTES
  }

  disconnect(path: number): void {
    this.disconnected.push(path)
    const end = this.#ends.get(path)
    if (end === undefined) return
    this.#ends.delete(path)
    // Behind what was sent.
    setImmediate(() => setImmediate(() => end.far!.carrier.#tellGone(end.far!)))
  }

  channelOf(): Channel {
    return NO_CHANNEL
  }

  addressOf(path: number): Uint8Array {
    return addressBytes('127.0.0.1', path)
  }

  describe(path: number): string {
    return `connection:${path}`
  }

  async close(): Promise<void> {
    for (const path of [...this.#ends.keys()]) this.disconnect(path)
  }

  #newEnd(): End {
    const end: End = { carrier: this, path: this.#nextPath++, far: null, keptBytes: 0, flows: true, kept: [] }
    this.#ends.set(end.path, end)
    return end
  }

  #carry(end: End, bytes: Uint8Array): void {
    setImmediate(() => {
      const wasWritable = end.keptBytes < KEEPS_BYTES
      end.keptBytes -= bytes.length
      const far = end.far!
      if (far.carrier.#ends.has(far.path)) far.carrier.onDatagram(bytes, far.path)
      if (!wasWritable && end.keptBytes < KEEPS_BYTES) this.onWritable(end.path)
    })
  }

  #tellGone(end: End): void {
    if (!this.#ends.delete(end.path)) return
    setImmediate(() => this.onPathGone(end.path, new Error('the connection was cut')))
  }
}
