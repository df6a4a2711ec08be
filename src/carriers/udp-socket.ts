// What the UDP carrier asks of a bound socket, in whichever way it is driven: through node:dgram, or by system calls of our own.

import type { RemoteAddress } from './address-book.ts'
import type { OutgoingBatch } from './carrier.ts'

/** `dual`: an IPv6 socket that hears IPv4 peers too, as IPv4-mapped addresses (RFC 4291 §2.5.5.2). */
export type UdpFamily = 'ipv4' | 'ipv6' | 'dual'

/** Told of what happens at one socket. */
export interface SocketOwner {
  /** The number of an address that something came from. */
  pathOf(host: string, port: number): number
  /** False: the number was forgotten, and its address has or will get another. */
  isKnown(path: number): boolean
  /** Borrowed until the call returns. */
  onDatagram(datagram: Uint8Array, from: number): void
  /** The system refused something that was to go to `path`; 0: forgotten meanwhile. `code`: its name for the cause. */
  onSendError(code: string, path: number): void
  /** The kernel does not cut batches for this path; its datagrams go one by one from now on. Told once for each. */
  onUnbatched(code: string, path: number): void
  onReadError(error: NodeJS.ErrnoException): void
}

export interface UdpSocket {
  readonly family: UdpFamily
  readonly host: string
  readonly port: number
  /** What the kernel granted, as it reports it (Linux counts its own bookkeeping: twice the bytes asked for). */
  readonly receiveBufferBytes: number
  readonly sendBufferBytes: number
  /** What waits in the process because the kernel's buffer is full. */
  readonly waitingBytes: number
  /** Nothing is told before. */
  listen(owner: SocketOwner): void
  /** Sends the batch, or keeps what the kernel has no room for; whoever sends bounds that by `waitingBytes`. */
  send(batch: OutgoingBatch, to: RemoteAddress): void
  /** What waits is dropped. */
  close(): Promise<void>
}

/** One way to drive sockets. */
export interface UdpSockets {
  /** A datagram that is larger than the path carries is lost or refused, and never sent in fragments. */
  readonly forbidsFragments: boolean
  /** Opens and binds now, not in a later turn; throws a `CarrierError` if that fails. Port 0: any free one. */
  open(family: UdpFamily, host: string, port: number): UdpSocket
}
