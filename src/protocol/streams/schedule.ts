// hot
// Whose bytes go next: the control stream's before all others, then each stream in turn, one datagram's worth at a time.

import { BoundedQueue } from '../bounded-queue.ts'
import { CONTROL_STREAM } from '../limits.ts'
import type { Stream } from './stream.ts'

/** Streams of both sides that one session can have at most; each stands in a queue at most once. */
export const MOST_STREAMS = 65_536

/**
 * A turn is about a datagram's worth, in however many pieces the room left in packets or a little credit at a time cuts it: a turn that
 * ended with each piece would give most to whoever is asked while there is much.
 */
const TURN_BYTES = 1_000

export class SendSchedule {
  readonly #turns = new BoundedQueue<Stream>(MOST_STREAMS)
  /** Streams whose new bytes wait for session credit; null: none ever did. */
  #parked: Set<Stream> | null = null
  #urgent: Stream | null = null

  /** Gives the stream a turn, if it has none coming. */
  add(stream: Stream): void {
    if (!stream.isScheduled) this.#enqueue(stream)
  }

  /** The stream whose turn it is. */
  peek(): Stream | null {
    return this.#urgent ?? this.#turns.peek()
  }

  /** The stream whose turn it is has sent so many bytes: once they make a turn, the others come first. */
  spend(bytes: number): void {
    if (this.#urgent !== null) return
    const stream = this.#turns.peek()!
    stream.turnBytes += bytes
    if (stream.turnBytes < TURN_BYTES) return
    stream.turnBytes = 0
    this.#turns.shift()
    this.#turns.push(stream)
  }

  /** The stream has nothing more to send. */
  drop(): void {
    const stream = this.#take()
    if (stream !== null) stream.isScheduled = false
  }

  /** The stream waits for session credit; it keeps counting as scheduled. */
  park(): void {
    const stream = this.#take()
    if (stream === null) return
    this.#parked ??= new Set()
    this.#parked.add(stream)
  }

  /** Session credit has come: everybody who waited for it is back in turn. */
  unpark(): void {
    if (this.#parked === null) return
    for (const stream of this.#parked) this.#enqueue(stream)
    this.#parked.clear()
  }

  /** Bytes that were lost need no session credit: their stream is in turn even if it waits for some. */
  onLost(stream: Stream): void {
    if (this.#parked?.delete(stream)) this.#enqueue(stream)
    else this.add(stream)
  }

  /** The stream is closed and waits for nothing; else streams that a peer opens and stops would pile up here until it gives credit. */
  forget(stream: Stream): void {
    if (this.#parked?.delete(stream)) stream.isScheduled = false
  }

  #enqueue(stream: Stream): void {
    if (stream.id !== CONTROL_STREAM) stream.isScheduled = this.#turns.push(stream)
    else {
      stream.isScheduled = true
      this.#urgent = stream
    }
  }

  #take(): Stream | null {
    if (this.#urgent === null) return this.#turns.shift()
    const stream = this.#urgent
    this.#urgent = null
    return stream
  }
}
