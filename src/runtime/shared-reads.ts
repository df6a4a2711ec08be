// Sockets that we dial read into one buffer that all of them share: whoever is given the bytes has copied them when the call returns.
// Node would otherwise make a buffer for every read, and garbage collection would cost more than the reads do (docs/decisions.md).

import { connect, type NetConnectOpts, type Socket } from 'node:net'

/** As much as libuv asks the kernel for at once. */
const READ_BYTES = 65_536

/** Takes bytes that are only its own until it returns. */
export type TakeBytes = (bytes: Uint8Array) => void

/** A socket that emits no `data`: what it reads goes to `onBytes`. All else is as with any socket. */
export interface SharedReads {
  readonly socket: Socket
  /** Set before the socket is resumed. */
  onBytes: TakeBytes
}

/**
 * One for all: where reads are told of readiness (every Unix), libuv reads and calls back in one go. Windows fills buffers while nobody
 * looks, so there each socket keeps its own.
 */
const SHARED = process.platform === 'win32' ? null : new Uint8Array(READ_BYTES)

/** Dials; the socket is paused until somebody resumes it. */
export function connectWithSharedReads(options: NetConnectOpts): SharedReads {
  const buffer = SHARED ?? new Uint8Array(READ_BYTES)
  const callback = (length: number): boolean => {
    reads.onBytes(buffer.subarray(0, length))
    return true
  }
  const socket = connect({ ...options, onread: { buffer, callback } })
  socket.pause()
  const reads: SharedReads = { socket, onBytes: ignore }
  return reads
}

function ignore(): void {
  // Nothing is read before the socket is resumed, and `onBytes` is set before that.
}
