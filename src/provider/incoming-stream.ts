// One stream that a consumer opened: reads its head, finds the target that the configuration names for the service, and hands both to the
// forwarder for the service's protocol. Where to connect never comes from the wire.

import { StreamCode, type StreamHandle, type StreamHead, StreamHeadReader } from '../protocol/index.ts'
import type { RosterMember } from '../runtime/roster.ts'
import type { StreamOwner } from '../runtime/stream-owner.ts'
import type { Watch, Watchdog, Watched } from '../runtime/watchdog.ts'
import type { Forwarder, ForwarderOutcome, ForwarderParts } from './forwarder.ts'
import { wasGivenUp } from './given-up.ts'
import { HttpForwarder } from './http-forwarder.ts'
import type { Target } from './targets.ts'
import { TcpForwarder } from './tcp-forwarder.ts'

export interface IncomingStreamParts {
  readonly stream: StreamHandle
  readonly watchdog: Watchdog
  readonly find: (uuid: string) => Target | null
  readonly isDraining: () => boolean
  readonly onTarget: (target: Target, failure: NodeJS.ErrnoException | null) => void
  readonly onDone: (stream: IncomingStream, outcome: ForwarderOutcome) => void
}

export class IncomingStream implements StreamOwner, Watched, RosterMember {
  /** What was asked for, and by whom; null until it is known. */
  head: StreamHead | null = null

  /** While the head is under way the watchdog waits for it as for any bytes; afterwards it watches the forwarder. */
  readonly isWaiting = true
  readonly isHalfClosed = false
  readonly bytesMoved = 0
  watch: Watch | null = null
  rosterAt = -1

  readonly #parts: IncomingStreamParts
  readonly #reader = new StreamHeadReader()
  #forwarder: Forwarder | null = null
  #isDone = false

  constructor(parts: IncomingStreamParts) {
    this.#parts = parts
    parts.stream.owner = this
  }

  onStreamReady(): void {
    const { stream, watchdog } = this.#parts
    if (this.#isDone || this.#forwarder !== null) return
    if (wasGivenUp(stream)) {
      this.#refuse('streamGone', StreamCode.cancelled)
      return
    }
    for (let bytes = stream.read(); bytes !== null; bytes = stream.read()) {
      const isRead = this.#reader.push(bytes)
      stream.release(bytes.length - this.#reader.rest.length)
      if (!isRead) continue
      watchdog.forget(this)
      this.#onHead()
      return
    }
    if (stream.readState === 'ended') this.#refuse('refused', StreamCode.badHead)
    else watchdog.watch(this, 0)
  }

  cut(code: StreamCode = StreamCode.draining): void {
    if (this.#forwarder === null) this.#refuse('refused', code)
    else this.#forwarder.cut(StreamCode.cancelled)
  }

  #onHead(): void {
    const { stream, watchdog, find, isDraining, onTarget } = this.#parts
    const { head, rest } = this.#reader
    this.head = head
    if (head === null) {
      this.#refuse('refused', StreamCode.badHead)
      return
    }
    const target = find(head.uuid)
    if (isDraining()) {
      this.#refuse('refused', StreamCode.draining)
      return
    }
    if (target === null) {
      this.#refuse('refused', StreamCode.unknownService)
      return
    }
    if (target.service.protocol !== head.kind) {
      this.#refuse('refused', StreamCode.wrongKind)
      return
    }
    const parts: ForwarderParts = {
      stream,
      head,
      rest,
      target,
      watchdog,
      onTarget: (failure) => onTarget(target, failure),
      onDone: (outcome) => this.#finish(outcome),
    }
    this.#forwarder = head.kind === 'http' ? new HttpForwarder(parts) : new TcpForwarder(parts)
  }

  #refuse(outcome: ForwarderOutcome, code: StreamCode): void {
    if (this.#isDone) return
    const { stream, watchdog } = this.#parts
    watchdog.forget(this)
    stream.owner = null
    // The stop drops what nobody has read; what was read, and waits behind the head, is given back here.
    if (this.#reader.rest.length > 0) stream.release(this.#reader.rest.length)
    stream.stop(code)
    stream.reset(code)
    this.#finish(outcome)
  }

  #finish(outcome: ForwarderOutcome): void {
    if (this.#isDone) return
    this.#isDone = true
    this.#parts.onDone(this, outcome)
  }
}
