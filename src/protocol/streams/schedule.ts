// hot
// Whose bytes go next: the control stream's before all others, then each stream in turn, one datagram's worth at a time.

import { BoundedQueue } from '../bounded-queue.ts'
import type { Stream } from './stream.ts'

/** Streams of both sides that one session can have at most; each stands in a queue at most once. */
export const MOST_STREAMS = 65_536

export class SendSchedule {
  readonly #turns = new BoundedQueue<Stream>(MOST_STREAMS)
  /** Streams whose new bytes wait for session credit. */
  readonly #parked = new BoundedQueue<Stream>(MOST_STREAMS)
  #urgent: Stream | null = null

  /** Gives the stream a turn, if it has none coming. */
  add(stream: Stream): void {
    if (stream.isScheduled) return
    stream.isScheduled = true
    if (stream.id === 0) this.#urgent = stream
    else this.#turns.push(stream)
  }

  /** The stream whose turn it is. */
  peek(): Stream | null {
    return this.#urgent ?? this.#turns.peek()
  }

  /** The stream has filled a datagram: the others come first now. */
  rotate(): void {
    if (this.#urgent !== null) return
    const stream = this.#turns.shift()
    if (stream !== null) this.#turns.push(stream)
  }

  /** The stream has nothing more to send. */
  drop(): void {
    const stream = this.#take()
    if (stream !== null) stream.isScheduled = false
  }

  /** The stream waits for session credit; it keeps counting as scheduled. */
  park(): void {
    const stream = this.#take()
    if (stream !== null) this.#parked.push(stream)
  }

  /** Session credit has come: everybody who waited for it is back in turn. */
  unpark(): void {
    for (let stream = this.#parked.shift(); stream !== null; stream = this.#parked.shift()) {
      if (stream.id === 0) this.#urgent = stream
      else this.#turns.push(stream)
    }
  }

  /** Parked bytes that were lost need no credit: their stream is back in turn. */
  onLost(stream: Stream): void {
    if (stream.isScheduled) this.unpark()
    else this.add(stream)
  }

  #take(): Stream | null {
    if (this.#urgent === null) return this.#turns.shift()
    const stream = this.#urgent
    this.#urgent = null
    return stream
  }
}
