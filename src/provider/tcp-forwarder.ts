// One stream that a consumer opened: reads its head, connects to the target that the configuration names for the service, says ACCEPTED,
// and joins the two. Where to connect never comes from the wire.

import type { Socket } from 'node:net'
import type { ProviderService } from '../config/read.ts'
import { ACCEPTED, StreamCode, type StreamHandle, StreamHeadReader } from '../protocol/index.ts'
import { connectWithSharedReads, type SharedReads } from '../runtime/shared-reads.ts'
import { Splice, type SpliceOutcome } from '../runtime/splice.ts'
import type { StreamOwner } from '../runtime/stream-owner.ts'
import type { Watchdog, Watched } from '../runtime/watchdog.ts'

/** What a forwarder needs of its pipe. */
export interface TcpForwarderParts {
  readonly stream: StreamHandle
  readonly watchdog: Watchdog
  readonly find: (uuid: string) => ProviderService | null
  readonly isDraining: () => boolean
  /** The target took a connection, or did not. */
  readonly onTarget: (service: ProviderService, failure: NodeJS.ErrnoException | null) => void
  readonly onDone: (forwarder: TcpForwarder, outcome: ForwarderOutcome) => void
}

export type ForwarderOutcome = SpliceOutcome | 'refused' | 'streamGone'

/** A connection attempt that failed for lack of time; Node reports none itself. */
const TIMED_OUT = 'ETIMEDOUT'

/** The longest <request_ttl>. The wire could carry more than `setTimeout` takes, which would then fire at once. */
const MOST_CONNECT_MS = 86_400_000

export class TcpForwarder implements StreamOwner, Watched {
  /** For the log: what was asked for, and by whom. */
  service = ''
  client = ''
  requestId = ''

  /** While the head is under way the watchdog waits for it as for any bytes; afterwards it watches the splice. */
  readonly isWaiting = true
  readonly isHalfClosed = false
  readonly bytesMoved = 0

  readonly #parts: TcpForwarderParts
  readonly #reader = new StreamHeadReader()
  #socket: Socket | null = null
  #timer: NodeJS.Timeout | null = null
  #splice: Splice | null = null
  #isDone = false

  constructor(parts: TcpForwarderParts) {
    this.#parts = parts
    parts.stream.owner = this
  }

  /** Until the target has taken the connection only the head is read: the rest waits at the consumer, held back by credit. */
  onStreamReady(): void {
    const { stream, watchdog } = this.#parts
    if (this.#isDone || this.#splice !== null) return
    if (stream.readState === 'reset') {
      this.#giveUp('streamGone', StreamCode.cancelled)
      return
    }
    while (this.#socket === null) {
      const bytes = stream.read()
      if (bytes === null) break
      if (this.#reader.push(bytes)) {
        stream.release(bytes.length - this.#reader.rest.length)
        watchdog.forget(this)
        this.#onHead()
        return
      }
      stream.release(bytes.length)
    }
    if (this.#socket !== null) return
    if (stream.readState === 'ended') this.#giveUp('refused', StreamCode.badHead)
    else watchdog.watch(this, 0)
  }

  /** The head never came, or the process ends now. */
  cut(code: StreamCode = StreamCode.draining): void {
    if (this.#splice === null) this.#giveUp('refused', code)
    else this.#splice.cut(StreamCode.cancelled)
  }

  #onHead(): void {
    const { head } = this.#reader
    if (head === null) {
      this.#giveUp('refused', StreamCode.badHead)
      return
    }
    this.service = head.uuid
    this.client = head.client
    this.requestId = head.requestId
    const service = this.#parts.find(head.uuid)
    if (this.#parts.isDraining()) this.#giveUp('refused', StreamCode.draining)
    else if (service === null) this.#giveUp('refused', StreamCode.unknownService)
    else this.#connect(service, head.connectWithinMs)
  }

  #connect(service: ProviderService, withinMs: number): void {
    const { hostname: host, port } = service
    const reads = connectWithSharedReads({ host, port, allowHalfOpen: true, noDelay: true })
    const { socket } = reads
    this.#socket = socket
    const onError = (error: NodeJS.ErrnoException) => {
      if (this.#isDone) return
      this.#parts.onTarget(service, error)
      this.#giveUp('refused', codeFor(error))
    }
    socket.on('error', onError)
    socket.once('connect', () => {
      socket.off('error', onError)
      this.#parts.onTarget(service, null)
      this.#join(reads)
    })
    this.#timer = setTimeout(
      () => {
        const error: NodeJS.ErrnoException = new Error(`no connection within ${withinMs} ms`)
        error.code = TIMED_OUT
        socket.destroy(error)
      },
      Math.min(withinMs, MOST_CONNECT_MS),
    )
  }

  #join(reads: SharedReads): void {
    const { stream, watchdog } = this.#parts
    const { socket } = reads
    if (this.#timer !== null) clearTimeout(this.#timer)
    // The stream may have been lost in the very turn in which the target answered.
    if (this.#isDone || stream.readState === 'reset') {
      socket.destroy()
      this.#giveUp('streamGone', StreamCode.cancelled)
      return
    }
    stream.write(new Uint8Array([ACCEPTED]))
    const splice = new Splice(socket, stream, (outcome) => {
      watchdog.forget(splice)
      this.#finish(outcome)
    })
    this.#splice = splice
    watchdog.watch(splice, 0)
    splice.start(this.#reader.rest, reads)
  }

  #giveUp(outcome: ForwarderOutcome, code: number): void {
    if (this.#isDone) return
    const { stream, watchdog } = this.#parts
    if (this.#timer !== null) clearTimeout(this.#timer)
    watchdog.forget(this)
    stream.owner = null
    // The stop drops what nobody has read; what was read, and waits behind the head, is given back here.
    if (this.#reader.rest.length > 0) stream.release(this.#reader.rest.length)
    stream.stop(code)
    stream.reset(code)
    this.#socket?.destroy()
    this.#finish(outcome)
  }

  #finish(outcome: ForwarderOutcome): void {
    if (this.#isDone) return
    this.#isDone = true
    this.#parts.onDone(this, outcome)
  }
}

function codeFor(error: NodeJS.ErrnoException): StreamCode {
  if (error.code === 'ECONNREFUSED') return StreamCode.targetRefused
  return error.code === TIMED_OUT ? StreamCode.targetTimedOut : StreamCode.targetUnreachable
}
