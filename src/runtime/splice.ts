// hot
// Joins a TCP socket and a stream of a session: bytes both ways at the pace of the slower side, ends as ends, resets as resets.
//
//   socket 'data' ─▶ stream.write      the stream is full  ─▶ socket.pause()
//   stream.read ─▶ socket.write        the socket is full  ─▶ the stream is not read
//                                      flushed to the kernel ─▶ stream.release: credit goes back to the peer only now
//
// No Duplex stands in between: its buffers would only add a copy of the bookkeeping that socket and stream already do.

import type { Socket } from 'node:net'
import { StreamCode, type StreamHandle } from '../protocol/index.ts'
import { readAnew, wasResetByPeer } from '../sockets/peer-reset.ts'
import { resetConnection } from '../sockets/reset-connection.ts'
import type { SharedReads } from '../sockets/shared-reads.ts'
import type { StreamOwner } from './stream-owner.ts'
import type { Watch, Watched } from './watchdog.ts'

/** How a splice came to its end, for logs and for tests. */
export type SpliceOutcome = 'ended' | 'socketReset' | 'streamReset' | 'cut'

export class Splice implements StreamOwner, Watched {
  /** Bytes so far, both ways. */
  bytesToStream = 0
  bytesToSocket = 0
  watch: Watch | null = null

  readonly #socket: Socket
  readonly #stream: StreamHandle
  readonly #onDone: (outcome: SpliceOutcome) => void
  #outcome: SpliceOutcome = 'ended'
  #isPaused = false
  #socketEnded = false
  #endWritten = false
  #releasedBytes = 0
  #isDone = false

  /** Neither side may have been ended or destroyed; the socket must have been made with `allowHalfOpen`. */
  constructor(socket: Socket, stream: StreamHandle, onDone: (outcome: SpliceOutcome) => void) {
    this.#socket = socket
    this.#stream = stream
    this.#onDone = onDone
    stream.owner = this
    // What it has released the kernel has taken, or nobody ever will.
    stream.borrow()
  }

  /** The socket's end was seen, and passed on, before the splice began. */
  noteSocketEnded(): void {
    this.#socketEnded = true
  }

  /**
   * `first`: bytes that were read from the stream already and belong to the socket. `reads`: how the socket reads, if not by `data`
   * events.
   */
  start(first: Uint8Array, reads: SharedReads | null = null): void {
    const socket = this.#socket
    if (reads === null) socket.on('data', this.#onData)
    else reads.onBytes = this.#onData
    socket.on('end', this.#onEnd)
    socket.on('drain', this.#pump)
    socket.on('error', this.#onError)
    socket.on('close', this.#onClose)
    if (first.length > 0) this.#deliver(first)
    this.#pump()
    if (!this.#isDone) socket.resume()
  }

  get bytesMoved(): number {
    return this.bytesToStream + this.bytesToSocket - this.#socket.writableLength
  }

  /** Bytes wait for the far end of the socket to read them. */
  get isWaiting(): boolean {
    return this.#socket.writableLength > 0
  }

  get isHalfClosed(): boolean {
    return this.#socketEnded || this.#endWritten
  }

  /** Ends both sides at once, as a failure. */
  cut(code: number): void {
    if (this.#isDone) return
    this.#outcome = 'cut'
    this.#giveUpStream(code)
    resetConnection(this.#socket)
  }

  onStreamReady(): void {
    if (this.#isDone) return
    // A stream that takes nothing more: what the socket still says is read and dropped, so that its end is seen.
    if (this.#isPaused && (this.#stream.isWritable || this.#takesNothing)) {
      this.#isPaused = false
      this.#socket.resume()
    }
    this.#pump()
  }

  get #takesNothing(): boolean {
    return this.#stream.stopCode >= 0 || this.#stream.isClosed
  }

  /** The session went after the stream's own end had come: nobody will ever take what the socket still says. */
  get #isLost(): boolean {
    return this.#stream.isClosed && this.#stream.stopCode < 0
  }

  readonly #onData = (chunk: Uint8Array): void => {
    this.bytesToStream += chunk.length
    if (this.#endWritten) readAnew(this.#socket)
    if (this.#isLost) {
      this.#onStreamReset()
      return
    }
    if (this.#stream.write(chunk) || this.#takesNothing) return
    this.#isPaused = true
    this.#socket.pause()
  }

  readonly #pump = (): void => {
    const stream = this.#stream
    const socket = this.#socket
    if (this.#endWritten || socket.destroyed) return
    this.#settle()
    while (!socket.writableNeedDrain) {
      const bytes = stream.read()
      if (bytes === null) break
      this.#deliver(bytes)
    }
    if (stream.readState === 'reset') this.#onStreamReset()
    else if (stream.readState === 'ended') {
      this.#endWritten = true
      socket.end()
      readAnew(socket)
    }
  }

  #deliver(bytes: Uint8Array): void {
    this.bytesToSocket += bytes.length
    this.#socket.write(bytes, this.#settle)
    this.#settle()
  }

  /** Gives back credit for what the kernel has taken. */
  readonly #settle = (): void => {
    const flushed = this.bytesToSocket - this.#socket.writableLength
    if (flushed <= this.#releasedBytes) return
    this.#stream.release(flushed - this.#releasedBytes)
    this.#releasedBytes = flushed
  }

  readonly #onEnd = (): void => {
    // `hearOut` was there first: a write had failed, so this end is none, and the error follows.
    if (this.#socket.destroyed) return
    if (!this.#endWritten && wasResetByPeer(this.#socket)) {
      this.#outcome = 'socketReset'
      this.#socket.destroy()
      return
    }
    this.#socketEnded = true
    this.#stream.finish()
  }

  #onStreamReset(): void {
    this.#outcome = 'streamReset'
    this.#stream.reset(StreamCode.cancelled)
    resetConnection(this.#socket)
  }

  readonly #onError = (): void => {
    if (this.#outcome === 'ended') this.#outcome = 'socketReset'
  }

  readonly #onClose = (): void => {
    this.#isDone = true
    this.#giveUpStream(StreamCode.peerReset)
    const unreleased = this.bytesToSocket - this.#releasedBytes
    if (unreleased > 0) this.#stream.release(unreleased)
    this.#stream.owner = null
    this.#onDone(this.#outcome)
  }

  /** What the socket has not ended is no end; what it cannot take any more need not be sent. */
  #giveUpStream(code: number): void {
    if (!this.#socketEnded) this.#stream.reset(code)
    if (!this.#endWritten) this.#stream.stop(code)
  }
}
