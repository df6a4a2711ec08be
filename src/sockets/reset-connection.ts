// How a connection is reset: nobody else calls Node's `resetAndDestroy`, which has two holes (measured on Node 20, 22, 24 and 26).
//
//   our FIN is on its way    libuv refuses (EINVAL), and Node takes the socket for closed all the same: its descriptor never comes back, and
//                            a process that ends waits for it at full speed for ever
//   TLS, or a Unix socket    it throws

import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

/**
 * Ends the connection now, and not in a way that could be taken for the end of what was said: with a reset, where there is one. A FIN that is
 * on its way leaves first, within a turn of the event loop.
 */
export function resetConnection(socket: Socket): void {
  if (isShuttingDown(socket)) socket.once('finish', () => resetNow(socket))
  else resetNow(socket)
}

/** All that was written has left, and `end` has asked the kernel for a FIN. */
function isShuttingDown(socket: Socket): boolean {
  return socket.writableEnded && !socket.writableFinished && socket.writableLength === 0
}

/** Over TLS an end without its `close_notify` says the same; a Unix socket, and one that the peer has reset, have no peer's port. */
function resetNow(socket: Socket): void {
  if (socket instanceof TLSSocket || socket.remotePort === undefined) socket.destroy()
  else socket.resetAndDestroy()
}
