// A carrier whose lines are setImmediate: datagrams of one process to itself, without a socket. A line can be cut.

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

export class MemoryCarrier implements Carrier {
  readonly traits = {
    kind: 'udp',
    reliable: false,
    ordered: true,
    forbidsFragments: true,
    maxDatagramBytes: 65_507,
    maxBatchBytes: 65_507,
  } as const
  readonly addresses: readonly BoundAddress[] = []
  onDatagram: OnDatagram = () => {}
  onUnreachable: (path: number) => void = () => {}
  onWritable: (path: number) => void = () => {}
  onPathGone: (path: number, cause: Error) => void = () => {}
  onFailure: (cause: Error) => void = () => {}
  isPathInUse: (path: number) => boolean = () => true
  /** True: nothing leaves and nothing arrives any more. */
  isCut = false
  /** What was dialled, in order. */
  readonly dialled: string[] = []

  readonly #others: ReadonlyMap<string, MemoryCarrier>
  readonly #paths: (MemoryCarrier | string)[] = []

  /** `others`: who answers at which literal host. */
  constructor(others: ReadonlyMap<string, MemoryCarrier> = new Map()) {
    this.#others = others
  }

  pathTo(host: string, _port: number): number {
    this.dialled.push(host)
    return this.#number(this.#others.get(host) ?? host)
  }

  send(batch: OutgoingBatch): boolean {
    const to = this.#paths[batch.path]
    if (this.isCut || to === undefined || typeof to === 'string') return true
    for (let at = 0; at < batch.length; at += batch.segmentBytes) {
      const bytes = batch.buffer.slice(at, Math.min(at + batch.segmentBytes, batch.length))
      setImmediate(() => to.#arrive(bytes, this))
    }
    return true
  }

  async connect(to: DialTarget): Promise<number> {
    return this.pathTo(to.host, to.port)
  }

  isWritable(): boolean {
    return true
  }

  disconnect(): void {}

  channelOf(): Channel {
    return NO_CHANNEL
  }

  addressOf(path: number): Uint8Array {
    return addressBytes('127.0.0.1', path)
  }

  describe(path: number): string {
    return `memory:${path}`
  }

  async close(): Promise<void> {
    this.isCut = true
  }

  #arrive(bytes: Uint8Array, from: MemoryCarrier): void {
    if (!this.isCut) this.onDatagram(bytes, this.#number(from))
  }

  #number(other: MemoryCarrier | string): number {
    const known = this.#paths.indexOf(other)
    return known >= 0 ? known : this.#paths.push(other) - 1
  }
}
