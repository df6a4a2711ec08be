// Whether this machine batches datagrams in the kernel for us (UDP_SEGMENT, UDP_GRO: Linux 5.0), found by doing it once.

import { IncomingMessages } from './incoming-messages.ts'
import { type Kernel, KernelSocket } from './kernel-socket.ts'
import { type Libc, loadLibc } from './libc.ts'
import { OutgoingMessage } from './outgoing-message.ts'
import { openBoundFd } from './socket-options.ts'
import type { SocketOwner, UdpSocket, UdpSockets } from './udp-socket.ts'

/** `whyNot`: null, or for the operator. */
export type UdpOffload =
  | { readonly sockets: UdpSockets; readonly whyNot: null }
  | { readonly sockets: null; readonly whyNot: string }

/** On loopback it takes a millisecond. */
const TRIAL_MS = 1_000

/** Loads what it takes and sends a batch to itself: what loads and does not work would cost every session. */
export async function openUdpOffload(load: () => Promise<Libc> = loadLibc): Promise<UdpOffload> {
  try {
    const sockets = kernelSockets(await load())
    await tryOut(sockets)
    return { sockets, whyNot: null }
  } catch (error) {
    return { sockets: null, whyNot: (error as Error).message }
  }
}

function kernelSockets(libc: Libc): UdpSockets {
  const kernel: Kernel = { libc, outgoing: new OutgoingMessage(libc), incoming: new IncomingMessages(libc) }
  return {
    forbidsFragments: true,
    open: (family, host, port) => new KernelSocket(kernel, openBoundFd(libc, family, host, port)),
  }
}

async function tryOut(sockets: UdpSockets): Promise<void> {
  const socket = sockets.open('ipv4', '127.0.0.1', 0)
  try {
    await sendToItself(socket)
  } finally {
    await socket.close()
  }
}

/** Two full datagrams and a shorter one, in one call. */
function sendToItself(socket: UdpSocket): Promise<void> {
  const sizes = [1_200, 1_200, 700]
  const buffer = Uint8Array.from({ length: 3_100 }, (_, index) => index % 251)
  const { host, port } = socket
  return new Promise((resolve, reject) => {
    const missing = () => reject(new Error('a batch that was tried did not arrive'))
    // Timers come before sockets: where the process was held up for so long, what has arrived is read first.
    const timer = setTimeout(() => setImmediate(missing), TRIAL_MS)
    const end = (failure: Error | null) => {
      clearTimeout(timer)
      if (failure === null) resolve()
      else reject(failure)
    }
    let at = 0
    const owner: SocketOwner = {
      pathOf: () => 1,
      isKnown: () => true,
      onDatagram(datagram) {
        const bytes = sizes.shift()!
        const isWhole = Buffer.compare(datagram, buffer.subarray(at, at + bytes)) === 0
        at += bytes
        if (!isWhole) end(new Error('a batch that was tried arrived in another form'))
        else if (sizes.length === 0) end(null)
      },
      onSendError: (code) => end(new Error(`a batch that was tried was refused (${code})`)),
      onUnbatched: (code) => end(new Error(`the kernel does not cut batches (${code})`)),
      onReadError: end,
    }
    socket.listen(owner)
    const to = { path: 1, socket: 0, host, port, name: null, isUnbatched: false }
    socket.send({ buffer, length: buffer.length, segmentBytes: 1_200, path: 1 }, to)
  })
}
