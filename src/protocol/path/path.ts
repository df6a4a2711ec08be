// Where the peer is. A NAT may give it another address at any time: that is believed only when the packet that came from there is
// authentic and newer than all others, and only after the new address has answered a challenge (RFC 9000 §9.3). Until then everything
// but the challenge goes to the old one.

import { BoundedQueue } from '../bounded-queue.ts'
import type { Random } from '../ports.ts'
import type { Micros, PathId } from '../units.ts'
import { CHALLENGE_BYTES } from '../wire/path-frames.ts'

/** Challenges of the peer that wait for their answer; more are forgotten, as the peer will ask again (CVE-2023-49295). */
const MOST_RESPONSES = 3

/** One answer or challenge to be sent to one address. */
export interface PathMessage {
  readonly path: PathId
  readonly isResponse: boolean
  readonly challenge: Uint8Array
}

export class Path {
  current: PathId

  readonly #random: Random
  readonly #messages = new BoundedQueue<PathMessage>(MOST_RESPONSES + 1)
  #candidate: PathId | null = null
  /** Null: none was sent yet. */
  #challenge: Uint8Array | null = null
  #challengedAt: Micros = 0
  /** Nobody can tell which of several equal challenges was answered. */
  #isRepeated = false

  constructor(current: PathId, random: Random) {
    this.current = current
    this.#random = random
  }

  /** The newest authentic packet so far came `from` an address that is not ours to use yet. A challenge is repeated at most once in `pause`. */
  onMoved(from: PathId, pause: Micros, now: Micros): void {
    const isRepeat = from === this.#candidate
    if (isRepeat && now - this.#challengedAt < pause) return
    const challenge = (isRepeat ? this.#challenge : null) ?? this.#newChallenge()
    if (!this.#messages.push({ path: from, isResponse: false, challenge })) return
    this.#candidate = from
    this.#challenge = challenge
    this.#challengedAt = now
    this.#isRepeated = isRepeat
  }

  /** The newest packet came from the current address: a move that was begun is off. */
  onStayed(): void {
    this.#candidate = null
  }

  onChallenge(from: PathId, challenge: Uint8Array): void {
    this.#messages.push({ path: from, isResponse: true, challenge: new Uint8Array(challenge) })
  }

  /** How long the challenge took that was answered last; null if it was sent more than once. */
  roundTrip(now: Micros): Micros | null {
    return this.#isRepeated ? null : Math.max(now - this.#challengedAt, 1)
  }

  /** True: the answer proves the new address, which is `current` from now on. */
  onResponse(challenge: Uint8Array): boolean {
    if (this.#candidate === null || !challenge.every((byte, i) => byte === this.#challenge![i])) return false
    this.current = this.#candidate
    this.#candidate = null
    return true
  }

  /** What must be sent to an address of its own, if anything. */
  nextMessage(): PathMessage | null {
    return this.#messages.shift()
  }

  get hasMessage(): boolean {
    return this.#messages.length > 0
  }

  #newChallenge(): Uint8Array {
    const challenge = new Uint8Array(CHALLENGE_BYTES)
    this.#random.fill(challenge)
    return challenge
  }
}
