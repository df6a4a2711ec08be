// One bound node:dgram socket: how it is opened at once, with large buffers, and what is said when it cannot be.

import dgram from 'node:dgram'
import { bindFailure } from './bind-failure.ts'

/** `dual`: an IPv6 socket that hears IPv4 peers too, as IPv4-mapped addresses (RFC 4291 §2.5.5.2). */
export type UdpFamily = 'ipv4' | 'ipv6' | 'dual'

export interface UdpSocket {
  readonly handle: dgram.Socket
  readonly family: UdpFamily
  readonly host: string
  readonly port: number
  /** What the kernel granted, as it reports it (Linux counts its own bookkeeping: twice the bytes asked for). */
  readonly receiveBufferBytes: number
  readonly sendBufferBytes: number
}

/** A tenth of a second at 300 Mbit/s: bridges a garbage collection without loss. The kernel cuts it to its own limit. */
const BUFFER_BYTES = 4 * 1_024 * 1_024

/**
 * Opens and binds now, not in a later turn; throws a `CarrierError` if that fails. Port 0: any free one.
 * `exclusive` keeps a cluster's worker from sharing it through its parent.
 */
export function openUdpSocket(family: UdpFamily, host: string, port: number): UdpSocket {
  const handle = dgram.createSocket({
    type: family === 'ipv4' ? 'udp4' : 'udp6',
    ipv6Only: family === 'ipv6',
    lookup: literalOnly,
  })
  let failure: NodeJS.ErrnoException | undefined
  const onError = (error: NodeJS.ErrnoException) => {
    failure = error
  }
  handle.once('error', onError)
  handle.bind({ address: host, port, exclusive: true })
  handle.off('error', onError)
  if (failure !== undefined) {
    handle.close()
    throw bindFailure('UDP', host, port, failure)
  }
  const bound = handle.address()
  return { handle, family, host: bound.address, port: bound.port, ...enlargeBuffers(handle) }
}

/**
 * dgram resolves before every bind and send, and its own resolver answers in a later turn even for a literal. We pass
 * literals only, so the answer is the question, and datagrams leave inside the call.
 */
function literalOnly(
  host: string,
  options: unknown,
  answer: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void {
  answer(null, host, options === 6 ? 6 : 4)
}

function enlargeBuffers(handle: dgram.Socket): Pick<UdpSocket, 'receiveBufferBytes' | 'sendBufferBytes'> {
  try {
    handle.setRecvBufferSize(BUFFER_BYTES)
    handle.setSendBufferSize(BUFFER_BYTES)
  } catch {
    // Some systems refuse instead of cutting: the default then stands, and is what is reported.
  }
  return { receiveBufferBytes: handle.getRecvBufferSize(), sendBufferBytes: handle.getSendBufferSize() }
}
