// Sockets that read into one buffer, which all of them share: whoever is told of bytes has copied them when the call returns. Node would
// otherwise make a buffer of 65,536 bytes for each read, and to make and collect them costs more than the reads do (docs/decisions.md).

import { Socket } from 'node:net'

/** As much as libuv asks the kernel for at once. */
const READ_BYTES = 65_536

/**
 * One for all: where reads are told of readiness (every Unix), libuv reads and calls back in one go. Windows fills buffers while nobody
 * looks, so there each socket keeps its own.
 */
const SHARED = process.platform === 'win32' ? null : new Uint8Array(READ_BYTES)

/** Takes bytes that are only its own until it returns. */
export type TakeBytes = (bytes: Uint8Array) => void

/** The `onread` of one socket: what it reads goes to `onBytes` and it emits no `data`. All else is as with any socket. */
export class SharedReads {
  /** Set before the socket reads. */
  onBytes: TakeBytes = ignore
  readonly buffer = SHARED ?? new Uint8Array(READ_BYTES)

  /** True: goes on reading. */
  readonly callback = (length: number): boolean => {
    this.onBytes(this.buffer.subarray(0, length))
    return true
  }
}

/**
 * An accepted socket that has not been read yet, as one that reads by `reads`, and paused: to be used instead of the given one, which is of no
 * more use. Node lets only those who dial choose how to read, so its handle gets another socket around it; where there is no such handle to
 * be had the given socket is answered, whose `data` goes to `reads`.
 */
export function withSharedReads(accepted: Socket, reads: SharedReads): Socket {
  const handle = SHARED === null ? null : handleOf(accepted)
  if (handle === null) {
    accepted.on('data', (bytes: Buffer) => reads.onBytes(bytes))
    return accepted.pause()
  }
  const { allowHalfOpen } = accepted
  handOver(accepted)
  return new Socket({ handle, allowHalfOpen, onread: reads } as ConstructorParameters<typeof Socket>[0]).pause()
}

interface Shell {
  _handle: object | null
}

/** Null: it has gone, or this Node keeps it elsewhere. */
function handleOf(socket: Socket): object | null {
  const handle = (socket as unknown as Partial<Shell>)._handle
  return typeof handle === 'object' && !socket.destroyed ? handle : null
}

/** What is left of the socket tells its server that it is gone: whoever closes the server waits for nothing that we hold. */
function handOver(accepted: Socket): void {
  ;(accepted as unknown as Shell)._handle = null
  accepted.destroy()
}

function ignore(): void {
  // Nothing is read before the socket is resumed, and `onBytes` is set before that.
}
