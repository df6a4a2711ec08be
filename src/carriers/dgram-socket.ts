// hot
// A UDP socket over node:dgram, one system call for each datagram: works on every system that Node runs on.

import dgram from 'node:dgram'
import type { RemoteAddress } from './address-book.ts'
import { bindFailure } from './bind-failure.ts'
import type { OutgoingBatch } from './carrier.ts'
import type { SocketOwner, UdpFamily, UdpSocket, UdpSockets } from './udp-socket.ts'

/** A tenth of a second at 300 Mbit/s: bridges a garbage collection without loss. The kernel cuts it to its own limit. */
const BUFFER_BYTES = 4 * 1_024 * 1_024

/** Node has no way to ask that nothing be fragmented. */
export const dgramSockets: UdpSockets = {
  forbidsFragments: false,
  open: (family, host, port) => new DgramSocket(openHandle(family, host, port), family),
}

class DgramSocket implements UdpSocket {
  readonly family: UdpFamily
  readonly host: string
  readonly port: number
  readonly receiveBufferBytes: number
  readonly sendBufferBytes: number

  readonly #handle: dgram.Socket
  #owner: SocketOwner | null = null

  constructor(handle: dgram.Socket, family: UdpFamily) {
    const { address, port } = handle.address()
    this.family = family
    this.host = address
    this.port = port
    this.#handle = handle
    enlargeBuffers(handle)
    this.receiveBufferBytes = handle.getRecvBufferSize()
    this.sendBufferBytes = handle.getSendBufferSize()
  }

  get waitingBytes(): number {
    return this.#handle.getSendQueueSize()
  }

  listen(owner: SocketOwner): void {
    this.#owner = owner
    this.#handle.on('message', (datagram, { address, port }) => {
      // Nothing can be sent to port 0; it is forged (RFC 768 allows it for "no answer wanted").
      if (port !== 0) owner.onDatagram(datagram, owner.pathOf(address, port))
    })
    this.#handle.on('error', (error) => owner.onReadError(error))
  }

  /** What the kernel does not take at once stays referenced by libuv's queue until it does. */
  send(batch: OutgoingBatch, to: RemoteAddress): void {
    const isQueued = this.#handle.getSendQueueCount() > 0
    // A queue keeps its whole buffer alive: behind one, a copy of its own size bounds the memory by the bytes that wait.
    const buffer = isQueued ? copyOf(batch) : batch.buffer
    // Only the first, which is of full size, asks for its result: what befalls it befalls the others, and an answer for
    // each would cost more than it tells.
    let onSent: ((error: SendError | null) => void) | undefined = this.#onSent
    for (let start = 0; start < batch.length; start += batch.segmentBytes) {
      const bytes = Math.min(batch.segmentBytes, batch.length - start)
      this.#handle.send(buffer, start, bytes, to.port, to.host, onSent)
      onSent = undefined
    }
    if (!isQueued && this.#handle.getSendQueueCount() > 0) batch.buffer = new Uint8Array(batch.buffer.length)
  }

  close(): Promise<void> {
    return new Promise((done) => this.#handle.close(done))
  }

  /** One for all, so that a send makes no closure. */
  readonly #onSent = (error: SendError | null): void => {
    if (error === null || error.code === 'ECANCELED') return // we closed while it waited
    const { code = 'UNKNOWN', address, port } = error
    const owner = this.#owner!
    owner.onSendError(code, address === undefined || port === undefined ? 0 : owner.pathOf(address, port))
  }
}

type SendError = NodeJS.ErrnoException & { readonly address?: string; readonly port?: number }

function copyOf(batch: OutgoingBatch): Uint8Array {
  return new Uint8Array(batch.buffer.subarray(0, batch.length))
}

/** `exclusive` keeps a cluster's worker from sharing it through its parent. */
function openHandle(family: UdpFamily, host: string, port: number): dgram.Socket {
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
  if (failure === undefined) return handle
  handle.close()
  throw bindFailure('UDP', host, port, failure)
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

function enlargeBuffers(handle: dgram.Socket): void {
  try {
    handle.setRecvBufferSize(BUFFER_BYTES)
    handle.setSendBufferSize(BUFFER_BYTES)
  } catch {
    // Some systems refuse instead of cutting: the default then stands, and is what is reported.
  }
}
