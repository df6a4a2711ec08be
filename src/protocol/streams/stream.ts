// hot
// One stream as the application sees it: two halves that know nothing of each other, and the notes of which lists the stream stands in.

import type { ReadState, SessionHandle, StreamHandle } from '../api.ts'
import { StreamCode } from '../errors.ts'
import type { StreamId } from '../units.ts'
import type { ReceiveHalf } from './receive.ts'
import type { SendHalf } from './send.ts'
import type { Stallable } from './stall-list.ts'

/** What a stream asks of its session; `StreamTable` answers. */
export interface StreamHost {
  readonly handle: SessionHandle
  /** Bytes or an end wait in the send half. */
  onBytesToSend(stream: Stream): void
  /** A reset, a stop or new credit waits to be told. */
  onControlToSend(stream: Stream): void
  /** Bytes have left us. */
  onReleased(stream: Stream, bytes: number): void
  /** It was given up to save memory. */
  onEvicted(stream: Stream): void
  /** A half has ended: perhaps both have. */
  onHalfFinished(stream: Stream): void
}

export class Stream implements StreamHandle, Stallable {
  readonly id: StreamId
  readonly send: SendHalf
  readonly receive: ReceiveHalf
  owner: unknown = null
  isClosed = false
  stopCode = -1

  /** Opened by the peer, which wants nothing of it any more. */
  isGivenUp = false

  /** STOP_SENDING is to be told with this code; −1: not asked for, or told. */
  stopToSend = -1
  #stopAsked = -1
  /** The writer was told to wait until `isWritable`. */
  isWriterWaiting = false
  /** The packet that told our last limit was lost. */
  isCreditLost = false
  /** Bytes sent in the turn that is not over yet; the schedule's. */
  turnBytes = 0
  /** The budget's: see stall-list.ts. */
  isInStallList = false
  stallBefore: Stallable | null = null
  stallBehind: Stallable | null = null
  #evictedCode = -1
  /** Each list holds a stream at most once. */
  isScheduled = false
  isInControlQueue = false
  isReady = false

  readonly #host: StreamHost

  constructor(id: StreamId, host: StreamHost, send: SendHalf, receive: ReceiveHalf) {
    this.id = id
    this.#host = host
    this.send = send
    this.receive = receive
  }

  get session(): SessionHandle {
    return this.#host.handle
  }

  write(bytes: Uint8Array): boolean {
    if (!this.send.isOpen) return false
    this.send.write(bytes)
    this.#host.onBytesToSend(this)
    this.isWriterWaiting = !this.send.isWritable
    return !this.isWriterWaiting
  }

  get isWritable(): boolean {
    return this.send.isWritable
  }

  finish(): void {
    if (!this.send.isOpen) return
    this.send.finish()
    this.#host.onBytesToSend(this)
  }

  reset(code: number): void {
    if (this.isClosed || !this.send.reset(code)) return
    this.#host.onControlToSend(this)
  }

  get wasEverSent(): boolean {
    return this.send.wasEverSent
  }

  read(): Uint8Array | null {
    const bytes = this.receive.read()
    if (bytes !== null && this.receive.isFinished) this.#host.onHalfFinished(this)
    return bytes
  }

  get isReadable(): boolean {
    return this.receive.hasBytes
  }

  release(bytes: number): void {
    this.receive.release(bytes)
    this.#host.onReleased(this, bytes)
  }

  borrow(): void {
    this.receive.isBorrowed = true
  }

  get readState(): ReadState {
    if (this.resetCode >= 0) return 'reset'
    return this.receive.hasEnded ? 'ended' : 'open'
  }

  get resetCode(): number {
    return this.#evictedCode >= 0 ? this.#evictedCode : this.receive.resetCode
  }

  stop(code: number): void {
    if (this.isClosed || this.#stopAsked >= 0 || this.receive.isFinished) return
    this.#stopAsked = code
    this.stopToSend = code
    this.receive.discard()
    this.releaseDropped()
    this.#host.onControlToSend(this)
    if (this.receive.isFinished) this.#host.onHalfFinished(this)
  }

  /** The reader hears of it at once, as of a reset; the half itself ends when the peer has told its final size. */
  evict(): void {
    this.#evictedCode = StreamCode.stalled
    this.stop(StreamCode.stalled)
    this.reset(StreamCode.stalled)
    this.#host.onEvicted(this)
  }

  /** Bytes that count against our memory and that a reader may yet take. */
  get isHolding(): boolean {
    return this.receive.highest > this.receive.released && !this.receive.isFinished
  }

  /** We have asked the peer to stop sending: its reset is the answer. */
  get wasStopped(): boolean {
    return this.#stopAsked >= 0
  }

  /** The STOP_SENDING was lost: it is told again unless the peer has ended meanwhile. */
  onStopLost(): void {
    if (this.#stopAsked < 0 || this.receive.isFinished) return
    this.stopToSend = this.#stopAsked
    this.#host.onControlToSend(this)
  }

  /** Something wants to be told that is not a byte of the stream. */
  get hasControl(): boolean {
    return this.send.wantsReset || this.stopToSend >= 0 || this.wantsCredit
  }

  /** The peer should hear of a higher limit, or hear it again. */
  get wantsCredit(): boolean {
    if (this.isClosed || this.receive.isComplete) return false
    return this.isCreditLost || this.receive.window.isWorthRenewing(this.receive.released)
  }

  /** Credits what the receive half threw away. */
  releaseDropped(): void {
    const dropped = this.receive.takeDropped()
    if (dropped > 0) this.release(dropped)
  }
}
