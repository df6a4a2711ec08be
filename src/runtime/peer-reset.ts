// A reset can look like a clean end in Node: after a paused or partial read libuv reports an end of file of its own making, and the
// error only at the next write (measured on Node 20: 195,072 of 500,000 bytes, then `end`). A short answer must never look whole, so this
// one file looks behind `net.Socket`; tests check it on every supported version.
//
//   our half still open   the kernel has forgotten the peer's address: reset      `remoteAddress` would tell, but Node caches it
//   our FIN is sent       it forgets the address after a clean end too, so each read is made to ask the kernel again: `readAnew`

import type { Socket } from 'node:net'

interface TcpHandle {
  readonly reading: boolean
  readStart(): number
  readStop(): number
  getpeername(into: object): number
}

/** True: the connection whose `end` was just reported was reset by the peer. Only while our own half is open. */
export function wasResetByPeer(socket: Socket): boolean {
  const handle = handleOf(socket)
  return handle !== null && handle.getpeername({}) !== 0
}

/**
 * Call it when our own FIN may have left, and from each `data` after it: libuv then cannot guess an end from what it knows, and the next
 * read brings the true end or ECONNRESET. A paused socket is read again when it is resumed.
 */
export function readAnew(socket: Socket): void {
  const handle = handleOf(socket)
  if (handle === null || !handle.reading) return
  // `reading` stays true: Node would otherwise start anew by itself, in a `nextTick` inside the very read that must be over first.
  handle.readStop()
  const readOn = () => {
    if (!socket.destroyed && handle.reading) handle.readStart()
  }
  setImmediate(() => {
    if (socket.isPaused()) socket.once('resume', readOn)
    else readOn()
  })
}

function handleOf(socket: Socket): TcpHandle | null {
  const handle = (socket as unknown as { _handle: Partial<TcpHandle> | null })._handle
  return typeof handle?.getpeername === 'function' && typeof handle.readStop === 'function'
    ? (handle as TcpHandle)
    : null
}
