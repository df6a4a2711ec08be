// hot
// What a TCP or Unix socket has to write goes to the kernel by one call of ours, where that is allowed. Node makes an object and several calls of
// each write, which costs a tenth of what a small request costs a daemon (docs/decisions.md).
//
// All else stays as Node has it, and what the kernel does not take at once goes Node's way: the order, the errors, who is told and when.

import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { AT_ONCE_AND_QUIETLY, kernelSend, type Send } from './kernel-send.ts'

type Done = (error?: Error | null) => void

interface Plain {
  readonly _handle: { readonly fd?: number } | null
  /** The socket is in use: its idle time begins anew. */
  _unrefTimer(): void
}

/** Once for each socket, before anything is written. Where it is not allowed, and over TLS, nothing changes. */
export function writeDirectly(socket: Socket, send: Send | null = kernelSend): void {
  if (send === null || socket instanceof TLSSocket) return
  const write = socket._write
  socket._write = (chunk: Uint8Array | string, encoding: BufferEncoding, done: Done) => {
    const taken = typeof chunk === 'string' ? 0 : sendNow(send, socket, chunk)
    if (taken === 0) write.call(socket, chunk, encoding, done)
    else if (taken === chunk.length) done()
    else write.call(socket, (chunk as Uint8Array).subarray(taken), encoding, done)
  }
}

/** How many bytes the kernel has taken. The descriptor is asked for each time: the number of a closed one may be somebody else's by now. */
function sendNow(send: Send, socket: Socket, bytes: Uint8Array): number {
  const plain = socket as unknown as Plain
  const fd = plain._handle?.fd ?? -1
  if (fd < 0 || socket.connecting) return 0
  const taken = send(fd, bytes, bytes.length, AT_ONCE_AND_QUIETLY)
  if (taken <= 0) return 0
  plain._unrefTimer()
  return taken
}
