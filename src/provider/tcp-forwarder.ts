// A stream of a `tcp` service: connects to the target, says ACCEPTED, and joins the two. Until the target has taken the connection nothing
// more is read: the rest waits at the consumer, held back by credit.

import { connect, type Socket } from 'node:net'
import { ACCEPTED, StreamCode } from '../protocol/index.ts'
import { Splice } from '../runtime/splice.ts'
import type { StreamOwner } from '../runtime/stream-owner.ts'
import { writeDirectly } from '../sockets/direct-writes.ts'
import { hearOut } from '../sockets/peer-reset.ts'
import { SharedReads } from '../sockets/shared-reads.ts'
import type { Forwarder, ForwarderOutcome, ForwarderParts } from './forwarder.ts'
import { wasGivenUp } from './given-up.ts'
import { connectOptions } from './target.ts'
import { connectTimedOut, streamCodeOf } from './target-failure.ts'

export class TcpForwarder implements Forwarder, StreamOwner {
  readonly #parts: ForwarderParts
  readonly #reads = new SharedReads()
  readonly #socket: Socket
  readonly #timer: NodeJS.Timeout
  #splice: Splice | null = null
  #isDone = false

  constructor(parts: ForwarderParts) {
    this.#parts = parts
    parts.stream.owner = this
    const socket = connect({ ...connectOptions(parts.target.service), allowHalfOpen: true, onread: this.#reads })
    this.#socket = socket.pause()
    writeDirectly(socket)
    hearOut(socket)
    socket.on('error', this.#onConnectError)
    socket.once('connect', () => this.#join())
    const withinMs = parts.head.connectWithinMs
    this.#timer = setTimeout(() => socket.destroy(connectTimedOut(withinMs)), withinMs)
  }

  /** Before the splice it is only of interest whether anybody still waits for it. */
  onStreamReady(): void {
    if (wasGivenUp(this.#parts.stream)) this.#giveUp('streamGone', StreamCode.cancelled)
  }

  cut(code: StreamCode): void {
    if (this.#splice === null) this.#giveUp('refused', StreamCode.draining)
    else this.#splice.cut(code)
  }

  readonly #onConnectError = (error: NodeJS.ErrnoException): void => {
    if (this.#isDone) return
    this.#parts.onTarget(error)
    this.#giveUp('refused', streamCodeOf(error))
  }

  #join(): void {
    const { stream, watchdog, rest, onTarget } = this.#parts
    const socket = this.#socket
    clearTimeout(this.#timer)
    socket.off('error', this.#onConnectError)
    onTarget(null)
    // The stream may have been lost in the very turn in which the target answered.
    if (this.#isDone || wasGivenUp(stream)) {
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
    splice.start(rest, this.#reads)
  }

  #giveUp(outcome: ForwarderOutcome, code: number): void {
    if (this.#isDone) return
    const { stream, rest } = this.#parts
    clearTimeout(this.#timer)
    stream.owner = null
    // The stop drops what nobody has read; what was read, and waits behind the head, is given back here.
    if (rest.length > 0) stream.release(rest.length)
    stream.stop(code)
    stream.reset(code)
    this.#socket.destroy()
    this.#finish(outcome)
  }

  #finish(outcome: ForwarderOutcome): void {
    if (this.#isDone) return
    this.#isDone = true
    this.#parts.onDone(outcome)
  }
}
