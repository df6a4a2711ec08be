// hot
// Datagrams over node:dgram, one system call each: works on every system that Node runs on.

import { isIP, isIPv4, SocketAddress } from 'node:net'
import { AddressBook, type RemoteAddress } from './address-book.ts'
import { addressBytes } from './address-bytes.ts'
import {
  type BoundAddress,
  type Carrier,
  type CarrierTraits,
  type Channel,
  type DialTarget,
  NO_CHANNEL,
  type OnDatagram,
  type OutgoingBatch,
  type Reach,
} from './carrier.ts'
import { CarrierError } from './carrier-error.ts'
import { hostAndPort, MAPPED, plainHost } from './host-text.ts'
import { openListenerSockets } from './udp-listener.ts'
import { openUdpSocket, type UdpSocket } from './udp-socket.ts'
import { UnreachableHints } from './unreachable-hints.ts'

/** A listener is bound to known addresses; a dialler opens one socket for each address family when it is first needed. */
export type UdpCarrierOptions =
  | { readonly role: 'listener'; readonly reach: Reach; readonly port: number }
  | { readonly role: 'dialler' }

/** Sums since the carrier was opened. */
export interface UdpCounters {
  datagramsSent: number
  datagramsReceived: number
  /** Datagrams dropped here because the kernel and our own bound on what waits for it were full. */
  queueFull: number
  /** Datagrams to a path that was forgotten, or of a family that this machine does not have. */
  noWay: number
  /** Batches in which the system refused a datagram, by the system's name for the cause. */
  readonly sendErrors: Map<string, number>
  /** Reads that failed without harm to the socket, in the same way. */
  readonly receiveErrors: Map<string, number>
}

export interface UdpCarrier extends Carrier {
  readonly counters: UdpCounters
  /** The sockets that are open, with what the kernel granted them; a dialler's appear with their first path. */
  readonly sockets: readonly UdpSocket[]
  /** The address behind a number as `pathTo` takes it, to be kept over a restart; null: forgotten. */
  remoteOf(path: number): BoundAddress | null
}

/** Rejects with a `CarrierError` if a listener's port cannot be had. */
export async function openUdpCarrier(options: UdpCarrierOptions): Promise<UdpCarrier> {
  if (options.role === 'dialler') return new DgramCarrier([], true)
  return new DgramCarrier(openListenerSockets(options.reach, options.port), false)
}

/** 65,535 bytes less the IPv4 header (20) and the UDP header (8): RFC 768, RFC 791. */
const MAX_DATAGRAM_BYTES = 65_507

/** What one call with segmentation offload could move. */
const BATCH_BYTES = 65_536

const TRAITS: CarrierTraits = {
  kind: 'udp',
  reliable: false,
  ordered: false,
  // node:dgram cannot ask for it.
  forbidsFragments: false,
  maxDatagramBytes: MAX_DATAGRAM_BYTES,
  maxBatchBytes: BATCH_BYTES,
}

/** What may wait in the process once the kernel's buffer is full: as much again as that holds, then drop as a router would. */
const MAX_QUEUED_BYTES = 4 * 1_024 * 1_024

/** The far host or a router said no. An unconnected Linux socket hears only of missing routes; others hear the ICMP too. */
const UNREACHABLE = new Set(['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH'])

/** Reads that fail so leave the socket whole: an echo of an earlier send, or a moment without memory. */
const PASSING = new Set([...UNREACHABLE, 'EHOSTDOWN', 'ENETDOWN', 'ENOBUFS', 'ENOMEM', 'EINTR', 'EAGAIN', 'EMSGSIZE'])

const MAX_PORT = 65_535

/** Index in `RemoteAddress` for an address that no socket of ours can reach. */
const NO_SOCKET = -1

/**
 * Sockets stay unconnected, a dialler's too: the kernel then picks the source address anew for every datagram, so a
 * session outlives a change of the local address. The price is that Linux does not tell us of ICMP port unreachable.
 */
class DgramCarrier implements UdpCarrier {
  readonly traits = TRAITS
  readonly sockets: UdpSocket[] = []
  readonly counters: UdpCounters = {
    datagramsSent: 0,
    datagramsReceived: 0,
    queueFull: 0,
    noWay: 0,
    sendErrors: new Map(),
    receiveErrors: new Map(),
  }
  onDatagram: OnDatagram = () => {}
  onUnreachable: (path: number) => void = () => {}
  onWritable: (path: number) => void = () => {}
  onPathGone: (path: number, cause: Error) => void = () => {}
  onFailure: (cause: Error) => void = () => {}
  isPathInUse: (path: number) => boolean = () => false

  readonly #opensOnDemand: boolean
  readonly #book = new AddressBook((path) => this.isPathInUse(path))
  /** One for each socket, so that a send makes no closure. */
  readonly #onSent: ((error: Error | null) => void)[] = []
  readonly #hints = new UnreachableHints()
  #isClosed = false

  constructor(sockets: readonly UdpSocket[], opensOnDemand: boolean) {
    this.#opensOnDemand = opensOnDemand
    for (const socket of sockets) this.#adopt(socket)
  }

  get addresses(): readonly BoundAddress[] {
    return this.sockets.map(({ host, port }) => ({ host, port }))
  }

  send(batch: OutgoingBatch): boolean {
    if (!(batch.segmentBytes > 0) || batch.length > BATCH_BYTES) throw new RangeError('not a batch that UDP can send')
    const to = this.#book.find(batch.path)
    const socket = to === null ? undefined : this.sockets[to.socket]
    const datagrams = Math.ceil(batch.length / batch.segmentBytes)
    if (to === null || socket === undefined || this.#isClosed) {
      this.counters.noWay += datagrams
      // In its own turn, as every other event: whoever sends is not called back meanwhile.
      if (to !== null) queueMicrotask(() => this.#tellUnreachable(to.path))
      return true
    }
    const queuedBytes = socket.handle.getSendQueueSize()
    if (queuedBytes + batch.length > MAX_QUEUED_BYTES) {
      this.counters.queueFull += datagrams
      return false
    }
    this.#sendSegments(batch, socket, to, queuedBytes > 0)
    this.counters.datagramsSent += datagrams
    return true
  }

  /** What the kernel does not take at once stays referenced by the queue until it does. */
  #sendSegments(batch: OutgoingBatch, socket: UdpSocket, to: RemoteAddress, isQueued: boolean): void {
    // A queue keeps its whole buffer alive: behind one, a copy of its own size bounds the memory by the bytes that wait.
    const buffer = isQueued ? copyOf(batch) : batch.buffer
    // Only the first, which is of full size, asks for its result: what befalls it befalls the others, and an answer for
    // each would cost more than it tells.
    let onSent: ((error: Error | null) => void) | undefined = this.#onSent[to.socket]
    for (let start = 0; start < batch.length; start += batch.segmentBytes) {
      const bytes = Math.min(batch.segmentBytes, batch.length - start)
      socket.handle.send(buffer, start, bytes, to.port, to.host, onSent)
      onSent = undefined
    }
    if (!isQueued && socket.handle.getSendQueueCount() > 0) batch.buffer = new Uint8Array(BATCH_BYTES)
  }

  /** What the kernel has no room for is dropped: no caller need wait. */
  isWritable(_path: number): boolean {
    return true
  }

  pathTo(host: string, port: number): number {
    if (isIP(host) === 0) throw new TypeError(`a carrier takes literal addresses only, not "${host}"`)
    if (!(port >= 1 && port <= MAX_PORT)) throw new RangeError(`a UDP port is 1 to ${MAX_PORT}, not ${port}`)
    const plain = plainHost(canonicalHost(host))
    const index = this.#socketFor(isIPv4(plain) ? 'ipv4' : 'ipv6')
    const isMapped = isIPv4(plain) && this.sockets[index]?.family === 'dual'
    return this.#book.intern(index, isMapped ? MAPPED + plain : plain, port)
  }

  async connect(to: DialTarget): Promise<number> {
    return this.pathTo(to.host, to.port)
  }

  disconnect(_path: number): void {}

  channelOf(_path: number): Channel {
    return NO_CHANNEL
  }

  remoteOf(path: number): BoundAddress | null {
    const address = this.#book.find(path)
    return address && { host: plainHost(address.host), port: address.port }
  }

  describe(path: number): string {
    const remote = this.remoteOf(path)
    return remote === null ? 'unknown' : hostAndPort(remote.host, remote.port)
  }

  addressOf(path: number): Uint8Array | null {
    const address = this.#book.find(path)
    return address && addressBytes(address.host, address.port)
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await Promise.all(this.sockets.map(({ handle }) => new Promise<void>((done) => handle.close(done))))
  }

  #adopt(socket: UdpSocket): number {
    const index = this.sockets.push(socket) - 1
    this.#onSent.push((error) => {
      if (error !== null) this.#countSendError(index, error)
    })
    socket.handle.on('message', (datagram, { address, port }) => {
      // Nothing can be sent to port 0; it is forged (RFC 768 allows it for "no answer wanted"). Late events die with us.
      if (port === 0 || this.#isClosed) return
      this.counters.datagramsReceived++
      this.onDatagram(datagram, this.#book.intern(index, address, port))
    })
    socket.handle.on('error', (error) => this.#onSocketError(socket, error))
    return index
  }

  #socketFor(family: 'ipv4' | 'ipv6'): number {
    const index = this.sockets.findIndex((socket) => socket.family === family || socket.family === 'dual')
    if (index >= 0 || !this.#opensOnDemand || this.#isClosed) return index
    try {
      return this.#adopt(openUdpSocket(family, family === 'ipv4' ? '0.0.0.0' : '::', 0))
    } catch (error) {
      count(this.counters.sendErrors, error)
      return NO_SOCKET
    }
  }

  #onSocketError(socket: UdpSocket, error: NodeJS.ErrnoException): void {
    if (PASSING.has(error.code ?? '')) {
      count(this.counters.receiveErrors, error)
      return
    }
    const where = `the UDP socket on ${socket.host} port ${socket.port}`
    this.onFailure(new CarrierError(`${where} failed (${error.code ?? error.message}); restart the program`, error))
  }

  #countSendError(index: number, error: NodeJS.ErrnoException & { address?: string; port?: number }): void {
    if (error.code === 'ECANCELED') return // we closed while it waited
    count(this.counters.sendErrors, error)
    if (!UNREACHABLE.has(error.code ?? '') || error.address === undefined || error.port === undefined) return
    this.#tellUnreachable(this.#book.intern(index, error.address, error.port))
  }

  #tellUnreachable(path: number): void {
    if (!this.#isClosed && this.#hints.isDue(path, performance.now())) this.onUnreachable(path)
  }
}

function copyOf(batch: OutgoingBatch): Uint8Array {
  return new Uint8Array(batch.buffer.subarray(0, batch.length))
}

function count(counters: Map<string, number>, error: unknown): void {
  const code = (error as NodeJS.ErrnoException).code ?? 'UNKNOWN'
  counters.set(code, (counters.get(code) ?? 0) + 1)
}

/** As the system spells it in what arrives from there; else one peer would have two numbers. A zone (`%eth0`) stays. */
function canonicalHost(host: string): string {
  if (isIPv4(host)) return host
  const [address, zone] = host.split('%')
  const canonical = new SocketAddress({ address: address!, family: 'ipv6' }).address
  return zone === undefined ? canonical : `${canonical}%${zone}`
}
