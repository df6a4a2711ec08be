// hot
// A UDP socket by system calls of our own: one call sends a whole batch, which the kernel cuts, and one brings what the kernel has joined.

import type { RemoteAddress } from './address-book.ts'
import type { OutgoingBatch } from './carrier.ts'
import type { IncomingMessages } from './incoming-messages.ts'
import { MOST_MESSAGES } from './incoming-messages.ts'
import type { Libc, Readiness, Watch } from './libc.ts'
import { MOST_CALL_BYTES, MOST_SEGMENTS, type OutgoingMessage } from './outgoing-message.ts'
import { PathCache } from './path-cache.ts'
import { type Sendable, SendQueue } from './send-queue.ts'
import { readName, writeName } from './socket-name.ts'
import type { BoundFd } from './socket-options.ts'
import type { SocketOwner, UdpFamily, UdpSocket } from './udp-socket.ts'

/** Datagrams after which one wake-up lets others have their turn, a full call being counted to its end. */
const ENOUGH_DATAGRAMS = 64

/** What is said to a batch that may still be fit to go datagram by datagram: nobody on the way can cut it, or some of it is too large. */
const PERHAPS_SINGLY: ReadonlySet<string> = new Set(['EIO', 'EINVAL', 'EMSGSIZE'])

const READING: Readiness = { readable: true, writable: false }
const READING_AND_WRITING: Readiness = { readable: true, writable: true }

/** What all sockets of a process share: none of it is in use between two calls. */
export interface Kernel {
  readonly libc: Libc
  readonly outgoing: OutgoingMessage
  readonly incoming: IncomingMessages
}

export class KernelSocket implements UdpSocket {
  readonly family: UdpFamily
  readonly host: string
  readonly port: number
  readonly receiveBufferBytes: number
  readonly sendBufferBytes: number

  readonly #kernel: Kernel
  readonly #fd: number
  /** AF_INET or AF_INET6. */
  readonly #nameFamily: number
  readonly #paths: PathCache
  readonly #queue = new SendQueue<RemoteAddress>()
  #owner: SocketOwner | null = null
  #watch: Watch | null = null
  #isClosed = false

  constructor(kernel: Kernel, bound: BoundFd) {
    this.#kernel = kernel
    this.#fd = bound.fd
    this.#nameFamily = bound.nameFamily
    this.#paths = new PathCache(bound.nameBytes)
    this.family = bound.family
    this.host = bound.host
    this.port = bound.port
    this.receiveBufferBytes = bound.receiveBufferBytes
    this.sendBufferBytes = bound.sendBufferBytes
  }

  get waitingBytes(): number {
    return this.#queue.bytes
  }

  listen(owner: SocketOwner): void {
    this.#owner = owner
    this.#watch = this.#kernel.libc.watch(this.#fd, (ready, failed) => this.#onReady(ready, failed))
  }

  send(batch: OutgoingBatch, to: RemoteAddress): void {
    const end = this.#queue.bytes > 0 ? 0 : this.#put(batch, to)
    if (end === batch.length) return
    if (this.#queue.bytes === 0) this.#watch?.want(READING_AND_WRITING)
    this.#queue.push(batch, end, to)
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#watch?.close()
    this.#kernel.libc.close(this.#fd)
  }

  /** Up to where the bytes have left or were refused for good; short of `length` the kernel's buffer is full. */
  #put(batch: Sendable, to: RemoteAddress): number {
    const { outgoing, libc } = this.#kernel
    const { buffer, length, segmentBytes } = batch
    to.name ??= writeName(libc, this.#nameFamily, to)
    outgoing.aim(buffer, to.name)
    const stride = to.isUnbatched ? segmentBytes : callBytes(segmentBytes)
    for (let at = 0; at < length; at += stride) {
      const bytes = Math.min(stride, length - at)
      if (outgoing.send(this.#fd, at, bytes, segmentBytes)) continue
      const code = libc.errorName()
      if (code === 'EAGAIN') return at
      if (bytes > segmentBytes && PERHAPS_SINGLY.has(code)) return this.#putSingly(batch, at, to, code)
      this.#owner!.onSendError(code, to.path)
    }
    return length
  }

  /** `code`: why not together. If the first cannot go alone either, it was not for being in a batch. */
  #putSingly({ length, segmentBytes }: Sendable, from: number, to: RemoteAddress, code: string): number {
    const { outgoing, libc } = this.#kernel
    let isTold = false
    for (let at = from; at < length; at += segmentBytes) {
      const isSent = outgoing.send(this.#fd, at, Math.min(segmentBytes, length - at), segmentBytes)
      if (isSent && at === from && code !== 'EMSGSIZE') this.#stopBatching(to, code)
      if (isSent) continue
      const refusal = libc.errorName()
      if (refusal === 'EAGAIN') return at
      if (!isTold) this.#owner!.onSendError(refusal, to.path)
      isTold = true
    }
    return length
  }

  #stopBatching(to: RemoteAddress, code: string): void {
    to.isUnbatched = true
    this.#owner!.onUnbatched(code, to.path)
  }

  #onReady(ready: Readiness, failed: boolean): void {
    if (this.#isClosed) return
    if (ready.readable || failed) this.#read()
    if (failed && !this.#isClosed) this.#watch!.want(this.#queue.bytes > 0 ? READING_AND_WRITING : READING)
    else if (ready.writable && !this.#isClosed) this.#drain()
  }

  #read(): void {
    const { incoming, libc } = this.#kernel
    let datagrams = 0
    while (!this.#isClosed && datagrams < ENOUGH_DATAGRAMS) {
      const messages = incoming.read(this.#fd)
      if (messages < 0) {
        if (libc.errorName() !== 'EAGAIN') this.#owner!.onReadError(libc.lastError())
        return
      }
      for (let message = 0; message < messages; message++) datagrams += this.#deliver(message)
      if (messages < MOST_MESSAGES) return
    }
  }

  /** How many datagrams it held. */
  #deliver(message: number): number {
    const { incoming } = this.#kernel
    const bytes = incoming.bytesOf(message)
    const segmentBytes = incoming.segmentOf(message)
    const from = this.#sender(message)
    let datagrams = 0
    for (let at = 0; at < bytes && from !== 0 && !this.#isClosed; at += segmentBytes) {
      this.#owner!.onDatagram(incoming.datagram(message, at, Math.min(segmentBytes, bytes - at), segmentBytes), from)
      datagrams++
    }
    return datagrams
  }

  /** 0: nobody that could be answered. */
  #sender(message: number): number {
    const { names } = this.#kernel.incoming
    const at = this.#kernel.incoming.nameAt(message)
    const known = this.#paths.find(names, at)
    if (known !== 0 && this.#owner!.isKnown(known)) return known
    const { host, port } = readName(this.#kernel.libc, new Uint8Array(names.buffer, at * 4))
    // Nothing can be sent to port 0; it is forged (RFC 768 allows it for "no answer wanted").
    if (port === 0) return 0
    const path = this.#owner!.pathOf(host, port)
    this.#paths.keep(names, at, path)
    return path
  }

  #drain(): void {
    for (let waiting = this.#queue.first; waiting !== null; waiting = this.#queue.first) {
      const end = this.#put(waiting, waiting.to)
      this.#queue.advance(end)
      if (end < waiting.length) return
    }
    this.#watch!.want(READING)
  }
}

/** Whole datagrams that one call may carry. */
function callBytes(segmentBytes: number): number {
  return segmentBytes * Math.max(1, Math.min(MOST_SEGMENTS, Math.floor(MOST_CALL_BYTES / segmentBytes)))
}
