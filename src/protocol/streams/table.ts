// hot
// All streams of one session: who may open how many, where frames belong, what both sides' credit allows, and who is ready.

import type { EndpointSettings, SessionHandle } from '../api.ts'
import { BoundedQueue } from '../bounded-queue.ts'
import { CloseCode, StreamCode } from '../errors.ts'
import { CONTROL_STREAM } from '../limits.ts'
import type { Micros, StreamId } from '../units.ts'
import type { CreditFrame } from '../wire/credit-frames.ts'
import type { ResetStreamFrame, StopSendingFrame, StreamFrame } from '../wire/stream-frames.ts'
import { type BudgetWaiter, type MemoryBudget, ReceiveWindow } from './credit.ts'
import { ReceiveHalf } from './receive.ts'
import { MOST_STREAMS, SendSchedule } from './schedule.ts'
import { SendHalf } from './send.ts'
import { Stream, type StreamHost } from './stream.ts'
import { StreamAllowance } from './stream-allowance.ts'
import { StreamIndex } from './stream-index.ts'

/** What the peer's hello said about streams. */
export interface PeerStreamLimits {
  readonly maxStreams: number
  readonly streamWindow: number
  readonly sessionWindow: number
}

/** Whom the table tells; the session. */
export interface StreamTableOwner {
  readonly handle: SessionHandle
  /** The time of the latest call into the core. */
  readonly clock: Micros
  /** Something waits to be sent. */
  onWork(): void
  onStreamReady(stream: Stream): void
  onStreamAccepted(stream: Stream): void
  onStreamsAvailable(): void
}

/** Beyond what slow readers hold, this much of the session's credit stays free, so that they never starve the others. */
const FREE_SESSION_BYTES = 1_048_576
/** The session's window is at least this many times its largest stream's (quic-go's ratio). */
const SESSION_TO_STREAM = 1.5

export class StreamTable implements StreamHost, BudgetWaiter {
  readonly schedule = new SendSchedule()
  readonly controlQueue = new BoundedQueue<Stream>(MOST_STREAMS)
  readonly window: ReceiveWindow
  /** Session credit: bytes the peer takes in all, and what was used of it. */
  sendCredit = 0
  sentBytes = 0
  /** MAX_DATA wants to be told. */
  wantsMaxData = false
  /** Streams of the peer. */
  readonly allowance: StreamAllowance
  openStreams = 0
  openedStreams = 0

  readonly #owner: StreamTableOwner
  readonly #settings: EndpointSettings
  readonly #budget: MemoryBudget
  readonly #ownBit: number
  readonly #streams = new StreamIndex()
  /** What the peer takes on a new stream. */
  #peerStreamWindow = 0
  #opened = 0
  #maxOwnStreams = 0
  #wasRefused = false
  #receivedBytes = 0
  #releasedBytes = 0
  #isAbandoned = false

  constructor(owner: StreamTableOwner, settings: EndpointSettings, budget: MemoryBudget, ownBit: 0 | 1) {
    this.#owner = owner
    this.#settings = settings
    this.#budget = budget
    this.#ownBit = ownBit
    this.allowance = new StreamAllowance(settings, budget)
    this.window = new ReceiveWindow(settings.initialSessionWindow, settings.ceilingSessionWindow, budget)
  }

  get handle(): SessionHandle {
    return this.#owner.handle
  }

  /** Bytes received that have not left us. */
  get heldBytes(): number {
    return this.#receivedBytes - this.#releasedBytes
  }

  /** The handshake told what the peer allows; the control stream exists from here on. */
  start(peer: PeerStreamLimits): Stream {
    this.#peerStreamWindow = peer.streamWindow
    this.#maxOwnStreams = peer.maxStreams
    this.sendCredit = peer.sessionWindow
    return this.#make(CONTROL_STREAM)
  }

  /** Null: the peer's limit is reached, or `most` of ours are open. */
  open(most = Number.POSITIVE_INFINITY): Stream | null {
    if (this.#isAbandoned || this.#opened >= this.#maxOwnStreams || this.openedStreams >= most) {
      this.#wasRefused = true
      return null
    }
    this.#opened++
    this.openedStreams++
    // Numbers count from 1; the listener's even ids start behind the control stream.
    return this.#make(this.#ownBit === 0 ? this.#opened * 2 : this.#opened * 2 - 1)
  }

  onStream(frame: StreamFrame, datagram: Uint8Array): CloseCode {
    const stream = this.#find(frame.id)
    if (stream === null) return this.#verdictOnMissing(frame.id)
    if (frame.fin && frame.id === CONTROL_STREAM) return CloseCode.protocolViolation
    const receive = stream.receive
    const growth = Math.max(0, frame.offset + frame.length - receive.highest)
    if (frame.offset + frame.length > receive.window.limit) return CloseCode.flowControl
    if (this.#receivedBytes + growth > this.window.limit) return CloseCode.flowControl
    this.#onReceived(growth)
    const verdict = receive.onBytes(frame, datagram)
    if (verdict !== CloseCode.none) return verdict
    stream.releaseDropped()
    if (receive.hasBytes || receive.isFinished) this.#becomeReady(stream)
    if (receive.isFinished) this.onHalfFinished(stream)
    else if (growth > 0) this.#noteHeld(stream)
    return CloseCode.none
  }

  onResetStream(frame: ResetStreamFrame): CloseCode {
    const stream = this.#find(frame.id)
    if (stream === null) return this.#verdictOnMissing(frame.id)
    if (frame.id === CONTROL_STREAM) return CloseCode.protocolViolation
    const growth = Math.max(0, frame.finalSize - stream.receive.highest)
    if (frame.finalSize > stream.receive.window.limit) return CloseCode.flowControl
    if (this.#receivedBytes + growth > this.window.limit) return CloseCode.flowControl
    const verdict = stream.receive.onReset(frame.code, frame.finalSize)
    if (verdict !== CloseCode.none) return verdict
    this.#onReceived(growth)
    stream.releaseDropped()
    if (stream.receive.resetCode >= 0 && !stream.wasStopped) this.#onGivenUp(stream)
    this.#becomeReady(stream)
    this.onHalfFinished(stream)
    return CloseCode.none
  }

  onStopSending(frame: StopSendingFrame): CloseCode {
    const stream = this.#find(frame.id)
    if (stream === null) return this.#verdictOnMissing(frame.id)
    if (frame.id === CONTROL_STREAM) return CloseCode.protocolViolation
    if (stream.stopCode >= 0 || stream.send.isFinished) return CloseCode.none
    stream.stopCode = frame.code
    this.#onGivenUp(stream)
    stream.reset(frame.code)
    this.#becomeReady(stream)
    return CloseCode.none
  }

  onMaxData(frame: CreditFrame): CloseCode {
    if (frame.limit <= this.sendCredit) return CloseCode.none
    this.sendCredit = frame.limit
    this.schedule.unpark()
    this.#owner.onWork()
    return CloseCode.none
  }

  onMaxStreamData(frame: CreditFrame): CloseCode {
    const stream = this.#find(frame.id)
    if (stream === null) return this.#verdictOnMissing(frame.id)
    if (frame.limit <= stream.send.credit) return CloseCode.none
    stream.send.credit = frame.limit
    if (stream.send.hasSomethingToSend) this.onBytesToSend(stream)
    return CloseCode.none
  }

  onMaxStreams(frame: CreditFrame): CloseCode {
    if (frame.limit <= this.#maxOwnStreams || this.#isAbandoned) return CloseCode.none
    this.#maxOwnStreams = frame.limit
    this.#tellIfAvailable()
    return CloseCode.none
  }

  /** Whoever was refused a stream may ask again. */
  #tellIfAvailable(): void {
    if (!this.#wasRefused || this.#opened >= this.#maxOwnStreams) return
    this.#wasRefused = false
    this.#owner.onStreamsAvailable()
  }

  /** What became of frames that name a stream; a stream that is gone needs no repair. */
  stream(id: StreamId): Stream | null {
    return this.#streams.get(id)
  }

  onBytesToSend(stream: Stream): void {
    this.schedule.add(stream)
    this.#owner.onWork()
  }

  onControlToSend(stream: Stream): void {
    if (!stream.isInControlQueue) stream.isInControlQueue = this.controlQueue.push(stream)
    this.#owner.onWork()
  }

  onReleased(stream: Stream, bytes: number): void {
    if (this.#isAbandoned) return
    this.#releasedBytes += bytes
    this.#budget.release(bytes)
    if (!stream.isHolding) this.#budget.stalls.remove(stream)
    else if (stream.isInStallList) this.#budget.stalls.moveToEnd(stream)
    if (stream.wantsCredit) this.onControlToSend(stream)
    this.#askForCredit()
  }

  /** Bytes went out for the first time: they use credit, and a writer that had to wait may go on. */
  onNewBytesSent(stream: Stream, bytes: number): void {
    this.sentBytes += bytes
    if (!stream.isWriterWaiting || !stream.isWritable) return
    stream.isWriterWaiting = false
    this.#becomeReady(stream)
  }

  onEvicted(stream: Stream): void {
    this.#becomeReady(stream)
  }

  onHalfFinished(stream: Stream): void {
    if (stream.receive.isFinished) this.#budget.stalls.remove(stream)
    if (stream.isClosed || !stream.send.isFinished || !stream.receive.isFinished) return
    stream.isClosed = true
    this.#streams.delete(stream.id)
    this.schedule.forget(stream)
    this.openStreams--
    this.#becomeReady(stream)
    if (stream.id % 2 === this.#ownBit) {
      this.openedStreams--
      this.#tellIfAvailable()
      return
    }
    if (stream.isGivenUp) this.allowance.onGivenUpClosed(this.#owner.clock)
    else this.allowance.onClosed()
    if (this.allowance.wantsTelling) this.#owner.onWork()
  }

  /** The peer wants nothing more of it, for reasons of its own. */
  #onGivenUp(stream: Stream): void {
    if (stream.isGivenUp || stream.id % 2 === this.#ownBit) return
    stream.isGivenUp = true
    this.allowance.onGivenUp()
  }

  onDeadline(now: Micros): void {
    if (this.allowance.onDeadline(now)) this.#owner.onWork()
  }

  /** Session credit as it is to be told now. */
  renewMaxData(smoothedRtt: Micros, now: Micros): number {
    this.wantsMaxData = false
    this.window.renew(this.#releasedBytes, smoothedRtt, now)
    // What stalled readers hold does not count against the rest, until the process as a whole holds too much.
    if (!this.#budget.isTight) this.window.raise(this.#receivedBytes + Math.min(FREE_SESSION_BYTES, this.window.size))
    return this.window.limit
  }

  /** A stream's credit as it is to be told now. */
  renewMaxStreamData(stream: Stream, smoothedRtt: Micros, now: Micros): number {
    const window = stream.receive.window
    window.renew(stream.receive.released, smoothedRtt, now)
    this.window.widen(window.size * SESSION_TO_STREAM)
    return window.limit
  }

  /** The session is gone: a stream that is not all here ends with a reset, never with an end, and nothing is held against the budget. */
  abandon(code: StreamCode): void {
    this.#isAbandoned = true
    this.#budget.forget(this)
    this.#budget.release(this.heldBytes)
    this.#releasedBytes = this.#receivedBytes
    for (const stream of this.#streams.values()) {
      stream.send.abandon()
      stream.receive.abandon(code)
      this.#budget.stalls.remove(stream)
      stream.isClosed = true
      this.#becomeReady(stream)
    }
    this.#streams.clear()
    this.openStreams = 0
    this.openedStreams = 0
  }

  /** Gives back memory that quiet streams keep for the next bytes. */
  trim(): void {
    for (const stream of this.#streams.values()) {
      stream.receive.trim()
      stream.send.trim()
    }
  }

  #make(id: StreamId): Stream {
    const settings = this.#settings
    // Control messages are small and few: who sends so many that a wider window would serve them is to be slowed down.
    const ceiling = id === CONTROL_STREAM ? settings.initialStreamWindow : settings.ceilingStreamWindow
    const window = new ReceiveWindow(settings.initialStreamWindow, ceiling, this.#budget)
    const { blocks } = this.#budget
    const send = new SendHalf(this.#peerStreamWindow, blocks)
    const stream = new Stream(id, this, send, new ReceiveHalf(window, blocks))
    this.#streams.add(stream)
    if (id !== CONTROL_STREAM) this.openStreams++
    return stream
  }

  /** The stream that a frame names, opened by it if need be; null: closed already, not allowed, or the session is gone. */
  #find(id: StreamId): Stream | null {
    const stream = this.#streams.get(id)
    if (stream !== null) return stream
    if (id % 2 === this.#ownBit || this.#isAbandoned) return null
    const number = Math.floor((id + 1) / 2)
    if (number <= this.allowance.opened || number > this.allowance.limit) return null
    // Opening one opens all below it (RFC 9000 §3.2): which of them are new stays a matter of one number.
    while (this.allowance.opened < number) this.#accept()
    return this.#streams.get(id)
  }

  #accept(): void {
    this.allowance.onOpened()
    const number = this.allowance.opened
    const stream = this.#make(this.#ownBit === 0 ? number * 2 - 1 : number * 2)
    if (this.allowance.wantsTelling) this.#owner.onWork()
    if (this.#budget.isFull) {
      stream.stop(StreamCode.overloaded)
      stream.reset(StreamCode.overloaded)
      return
    }
    this.#owner.onStreamAccepted(stream)
  }

  #verdictOnMissing(id: StreamId): CloseCode {
    const number = Math.floor((id + 1) / 2)
    if (id % 2 === this.#ownBit) return number > this.#opened ? CloseCode.streamState : CloseCode.none
    return number > this.allowance.limit ? CloseCode.streamLimit : CloseCode.none
  }

  #onReceived(bytes: number): void {
    this.#receivedBytes += bytes
    this.#budget.hold(bytes)
    this.#askForCredit()
  }

  onBudgetRoom(): void {
    this.#askForCredit()
  }

  #askForCredit(): void {
    const free = this.window.limit - this.#receivedBytes
    const isShort = free < Math.min(FREE_SESSION_BYTES, this.window.size) * 0.75
    if (isShort && this.#budget.isTight) this.#budget.wait(this)
    else if (isShort) this.wantsMaxData = true
    if (this.window.isWorthRenewing(this.#releasedBytes)) this.wantsMaxData = true
    if (this.wantsMaxData) this.#owner.onWork()
  }

  /** Whoever begins to hold bytes has not moved since. */
  #noteHeld(stream: Stream): void {
    if (!stream.isInStallList && stream.id !== CONTROL_STREAM && stream.isHolding) this.#budget.stalls.moveToEnd(stream)
    if (this.#budget.isFull) this.#budget.relieve()
  }

  #becomeReady(stream: Stream): void {
    if (stream.isReady) return
    stream.isReady = true
    this.#owner.onStreamReady(stream)
  }
}
