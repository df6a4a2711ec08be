// Opens and binds a UDP socket by system calls, with the options that node:dgram has no names for.

import { bindFailure } from './bind-failure.ts'
import type { BoundAddress } from './carrier.ts'
import type { Libc } from './libc.ts'
import { IPV4, IPV6, MOST_NAME_BYTES, nameBytesOf, readName, writeName } from './socket-name.ts'
import type { UdpFamily } from './udp-socket.ts'

export interface BoundFd extends BoundAddress {
  readonly fd: number
  readonly family: UdpFamily
  /** Which form addresses have at this socket, and how long they are. */
  readonly nameFamily: number
  readonly nameBytes: number
  readonly receiveBufferBytes: number
  readonly sendBufferBytes: number
}

/** A tenth of a second at 600 Mbit/s: bridges a garbage collection without loss. Without CAP_NET_ADMIN the kernel cuts it to its own limit. */
const RECEIVE_BUFFER_BYTES = 8 * 1_024 * 1_024
/** What waits for the interface delays whatever is sent behind it: 16 ms at 1 Gbit/s, and some thirty full batches. */
const SEND_BUFFER_BYTES = 2 * 1_024 * 1_024

const SOCK_DGRAM = 2
const SOCK_NONBLOCK = 0x800
const SOCK_CLOEXEC = 0x80000

const SOL_IP = 0
const IP_MTU_DISCOVER = 10
const SOL_SOCKET = 1
const SO_SNDBUF = 7
const SO_RCVBUF = 8
const SO_SNDBUFFORCE = 32
const SO_RCVBUFFORCE = 33
const SOL_UDP = 17
const UDP_GRO = 104
const SOL_IPV6 = 41
const IPV6_MTU_DISCOVER = 23
const IPV6_V6ONLY = 26

/** Fragments are forbidden, and what routers say of the path's size is not believed: the search asks the path itself (RFC 8899 §4.6.2). */
const PMTUDISC_PROBE = 3

/** Throws a `CarrierError` if the address cannot be bound, and an ErrnoException if the kernel does not know an option. */
export function openBoundFd(libc: Libc, family: UdpFamily, host: string, port: number): BoundFd {
  const nameFamily = family === 'ipv4' ? IPV4 : IPV6
  const fd = libc.socket(nameFamily, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)
  if (fd < 0) throw bindFailure('UDP', host, port, libc.lastError())
  const socket = new Options(libc, fd)
  try {
    socket.adjust(family)
    const name = writeName(libc, nameFamily, { host, port })
    if (libc.bind(fd, name, name.length) < 0) throw bindFailure('UDP', host, port, libc.lastError())
    return {
      ...boundAddress(libc, fd),
      fd,
      family,
      nameFamily,
      nameBytes: nameBytesOf(nameFamily),
      receiveBufferBytes: socket.enlarge(RECEIVE_BUFFER_BYTES, SO_RCVBUFFORCE, SO_RCVBUF),
      sendBufferBytes: socket.enlarge(SEND_BUFFER_BYTES, SO_SNDBUFFORCE, SO_SNDBUF),
    }
  } catch (error) {
    libc.close(fd)
    throw error
  }
}

class Options {
  readonly #libc: Libc
  readonly #fd: number

  constructor(libc: Libc, fd: number) {
    this.#libc = libc
    this.#fd = fd
  }

  adjust(family: UdpFamily): void {
    this.#require(SOL_UDP, UDP_GRO, 1)
    // A socket of both families sends both kinds of packets.
    if (family !== 'ipv6') this.#require(SOL_IP, IP_MTU_DISCOVER, PMTUDISC_PROBE)
    if (family === 'ipv4') return
    this.#require(SOL_IPV6, IPV6_V6ONLY, family === 'ipv6' ? 1 : 0)
    this.#require(SOL_IPV6, IPV6_MTU_DISCOVER, PMTUDISC_PROBE)
  }

  /** Past the system's limit where we may; returns what was granted. */
  enlarge(bytes: number, forced: number, option: number): number {
    if (!this.#set(SOL_SOCKET, forced, bytes)) this.#set(SOL_SOCKET, option, bytes)
    const value = new Int32Array(1)
    this.#libc.getsockopt(this.#fd, SOL_SOCKET, option, bytesOf(value), bytesOf(new Int32Array([value.byteLength])))
    return value[0]!
  }

  #require(level: number, option: number, value: number): void {
    if (!this.#set(level, option, value)) throw this.#libc.lastError()
  }

  #set(level: number, option: number, value: number): boolean {
    const bytes = bytesOf(new Int32Array([value]))
    return this.#libc.setsockopt(this.#fd, level, option, bytes, bytes.length) >= 0
  }
}

function boundAddress(libc: Libc, fd: number): BoundAddress {
  const name = new Uint8Array(MOST_NAME_BYTES)
  libc.getsockname(fd, name, bytesOf(new Int32Array([name.length])))
  return readName(libc, name)
}

function bytesOf(words: Int32Array): Uint8Array {
  return new Uint8Array(words.buffer)
}
