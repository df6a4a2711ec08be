// A reset can look like a clean end in Node: after a paused or partial read libuv reports an end of file of its own making, and the
// error only at the next write (measured on Node 20: 195,072 of 500,000 bytes, then `end`). A short answer must never look whole, so this
// one file looks behind `net.Socket`; tests check it on every supported version.
//
//   our half still open   the kernel has forgotten the peer's address: reset      `remoteAddress` would tell, but Node caches it
//   our FIN is sent       it forgets the address after a clean end too, so each read is made to ask the kernel again: `readAnew`
//
// And it can take away what came before it. A server that refuses a body half way answers and closes, and what of the body it has not read
// turns its close into a reset: our next write fails, and Node destroys the socket for that, with the answer still in the kernel: `hearOut`.

import type { Socket } from 'node:net'

interface TcpHandle {
  readonly reading: boolean
  readStart(): number
  readStop(): number
  getpeername(into: object): number
}

type Done = (error?: Error | null) => void

/** Of a write to a peer that takes nothing any more. */
const GONE_CODES: ReadonlySet<string | undefined> = new Set(['EPIPE', 'ECONNRESET'])

/** Those whose writes have failed, and who may have more to say. */
const GONE = new WeakSet<Socket>()

/** True: the connection whose `end` was just reported was reset by the peer. Only while our own half is open. */
export function wasResetByPeer(socket: Socket): boolean {
  if (GONE.has(socket)) return true
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

/**
 * From now on a write that fails because the peer is gone ends the socket, with the error of that write, only when all is read that the peer
 * had said. Until then what is written goes nowhere. Once for each socket, before anything is written.
 */
export function hearOut(socket: Socket): void {
  const write = socket._write
  const writev = socket._writev!
  /** Of the write under way. A socket has one at a time, so there need be no closure for each. */
  let done: Done = ignore
  let hasFailed = false
  const onDone: Done = (error) => {
    if (!isGone(error) || socket.readableEnded) {
      done(error)
      return
    }
    hasFailed = true
    GONE.add(socket)
    socket.prependOnceListener('end', () => socket.destroy(error))
    done()
  }
  socket._write = (chunk, encoding, callback) => {
    done = callback
    if (hasFailed) done()
    else write.call(socket, chunk, encoding, onDone)
  }
  socket._writev = (chunks, callback) => {
    done = callback
    if (hasFailed) done()
    else writev.call(socket, chunks, onDone)
  }
}

function isGone(error: NodeJS.ErrnoException | null | undefined): error is NodeJS.ErrnoException {
  return error != null && GONE_CODES.has(error.code)
}

function ignore(): void {}

function handleOf(socket: Socket): TcpHandle | null {
  const handle = (socket as unknown as { _handle: Partial<TcpHandle> | null })._handle
  return typeof handle?.getpeername === 'function' && typeof handle.readStop === 'function'
    ? (handle as TcpHandle)
    : null
}
