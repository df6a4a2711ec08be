// Stateless resets: how a peer learns that we have forgotten its session (we restarted), and how we learn it from a peer.
//
//   5 | random, 22 to 46 bytes | token 16                 39 to 63 bytes: always shorter than the data packet that it answers

import type { DatagramBatch, EndpointOptions } from './api.ts'
import { BoundedQueue } from './bounded-queue.ts'
import { bytesOfHex } from './hex.ts'
import { LEAST_SHORT_PACKET_BYTES, RESET_TOKEN_BYTES } from './limits.ts'
import { type Pace, TokenBucket } from './token-bucket.ts'
import type { Micros, PathId } from './units.ts'
import { connectionKey, PacketType } from './wire/packet.ts'

const LEAST_RESET_BYTES = 1 + 22 + RESET_TOKEN_BYTES
/** Answers to packets of unknown sessions, for all strangers together: enough for a thousand providers after a restart. */
const ANSWERS: Pace = { perSecond: 100, atOnce: 200 }
/** Goodbyes to the sessions of our last life; as many as their list holds. */
const MOST_QUEUED = 10_000

interface QueuedReset {
  readonly path: PathId
  readonly token: Uint8Array
}

/** Something that ends when its peer's token comes. */
export interface Resettable {
  /** In hex digits, which take a quarter of what an array does; empty: not known yet. */
  readonly peerResetToken: string
}

export class Resets<T extends Resettable> {
  readonly #options: EndpointOptions
  readonly #queue = new BoundedQueue<QueuedReset>(MOST_QUEUED)
  /** Where they lead, as often as one waits for it. */
  readonly #awaited = new Map<PathId, number>()
  readonly #byToken = new Map<number, T>()
  readonly #answers: TokenBucket

  constructor(options: EndpointOptions, now: Micros) {
    this.#options = options
    this.#answers = new TokenBucket(ANSWERS, now)
  }

  /** The peer's token is known from now on. */
  watch(session: T): void {
    this.#byToken.set(keyOf(session), session)
  }

  forget(session: T): void {
    if (session.peerResetToken === '') return
    const key = keyOf(session)
    if (this.#byToken.get(key) === session) this.#byToken.delete(key)
  }

  /** The session that a RESET is for, if its token is genuine. */
  find(packet: Uint8Array): T | null {
    if (packet.length < LEAST_RESET_BYTES || packet.length >= LEAST_SHORT_PACKET_BYTES) return null
    const token = packet.subarray(packet.length - RESET_TOKEN_BYTES)
    const session = this.#byToken.get(connectionKey(token, 0))
    if (session === undefined) return null
    return this.#options.crypto.equal(token, bytesOfHex(session.peerResetToken)) ? session : null
  }

  /** A data packet came for a session that we do not know. False: too many of those lately, it is not answered. */
  answer(connectionId: Uint8Array, from: PathId, now: Micros): boolean {
    return this.#answers.take(1, now) === 1 && this.add(connectionId, from)
  }

  /** Tells the peer at `path` that the session of `connectionId` is gone. */
  add(connectionId: Uint8Array, path: PathId): boolean {
    if (!this.#queue.push({ path, token: this.#options.crypto.resetToken(connectionId) })) return false
    this.#awaited.set(path, (this.#awaited.get(path) ?? 0) + 1)
    return true
  }

  /** A RESET waits to be sent there. */
  isAwaitedAt(path: PathId): boolean {
    return this.#awaited.has(path)
  }

  /** Fills the batch with the next RESET; false: none waits. */
  next(out: DatagramBatch): boolean {
    const reset = this.#queue.shift()
    if (reset === null) return false
    this.#leave(reset.path)
    const spread = LEAST_SHORT_PACKET_BYTES - LEAST_RESET_BYTES
    const length = LEAST_RESET_BYTES + Math.floor(this.#options.random.fraction() * spread)
    this.#options.random.fill(out.buffer.subarray(1, length - RESET_TOKEN_BYTES))
    out.buffer[0] = PacketType.reset
    out.buffer.set(reset.token, length - RESET_TOKEN_BYTES)
    out.path = reset.path
    out.length = length
    out.segmentBytes = length
    return true
  }

  #leave(path: PathId): void {
    const others = this.#awaited.get(path)! - 1
    if (others === 0) this.#awaited.delete(path)
    else this.#awaited.set(path, others)
  }
}

function keyOf({ peerResetToken }: Resettable): number {
  return connectionKey(bytesOfHex(peerResetToken), 0)
}
