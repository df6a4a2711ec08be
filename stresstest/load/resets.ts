// Tells a reset from a clean end. Where bytes were waiting to be read when the reset came, Node reports an end and no error; only the
// kernel's having forgotten the peer's address betrays it. (Nobody may read `remoteAddress` earlier: Node remembers it.)

import type { Socket } from 'node:net'

const reset = new WeakSet<Socket>()

/** To be called once for each new socket, before anybody else listens for its end. */
export function watchForReset(socket: Socket): void {
  socket.prependListener('end', () => {
    if (socket.remoteAddress === undefined) reset.add(socket)
  })
}

export function wasReset(socket: Socket | null): boolean {
  return socket !== null && reset.has(socket)
}
