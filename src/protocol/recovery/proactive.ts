// hot
// Small messages are said twice on a line that loses packets, an eighth of a round trip apart: who waits for an answer to a few bytes pays
// for each loss with a round trip and more, and a second copy costs no more than those few bytes. In the literature: proactive
// retransmission (Flach et al., "Reducing Web Latency: the Virtue of Gentle Aggression", SIGCOMM 2013).
//
//   time    0 ──────────── 1/8 RTT ─────────────── RTT ───────── 9/8 RTT ──▶
//   packet  17: request ✗   18: request again      (17 is missed here at best)
//
// What is repeated are frames as after any loss, once; window and pacer count them as everything else. Bulk is never said twice: the packets
// behind a loss tell of it soon, and there is no room to spare.

import type { CongestionController } from '../congestion/controller.ts'
import { TIMER_GRANULARITY } from '../limits.ts'
import type { Micros, PacketNumber } from '../units.ts'
import type { Rtt } from './rtt.ts'
import { type SentFrameSink, type SentPackets, SentState } from './sent.ts'

export interface ProactiveParts {
  readonly sent: SentPackets
  readonly rtt: Rtt
  /** Another one from time to time: of another path, for example. */
  readonly controller: CongestionController
  /** `deadline` is finite while the pacer holds something back. */
  readonly sender: { readonly deadline: Micros; readonly packetsSent: number }
  /** Told which frames are wanted again. */
  readonly actions: SentFrameSink
}

/** A message, and not a piece of a longer one. */
export const MOST_REPEATED_BYTES = 1_024
/** Of a round trip: far enough apart that a short burst of losses takes one of both, and soon enough to be of use. */
const DELAY_SHARE = 1 / 8
/** What is due within so much of the delay goes along: a datagram of its own for each message would cost more than the bytes. */
const GATHERING_SHARE = 1 / 2
/** Packets after which older losses count half: long enough that chance alone does not make a good line a bad one. */
const MEMORY_PACKETS = 8_192
/** Of the packets: with fewer losses one request in a hundred or more would not be the faster for it. */
const LEAST_LOSS = 1 / 250
/** One loss is an accident. */
const LEAST_LOSSES = 2

/** A session has one from its first loss on. */
export class ProactiveRepeats {
  /** When the next copies are due; `Infinity`: none are. */
  deadline: Micros = Number.POSITIVE_INFINITY

  readonly #parts: ProactiveParts
  #packets: number
  #losses = 0
  /** Of packets below this one nothing is said a second time any more. */
  #next: PacketNumber = 0

  constructor(parts: ProactiveParts) {
    this.#parts = parts
    this.#packets = Math.min(parts.sender.packetsSent, MEMORY_PACKETS)
  }

  onLost(): void {
    this.#losses++
  }

  /** What was taken for lost was only late. */
  onFound(): void {
    this.#losses = Math.max(0, this.#losses - 1)
  }

  /** The packet before `sent.next` has left, and asks for an ACK. */
  onSent(now: Micros): void {
    this.#packets++
    if (this.#packets >= MEMORY_PACKETS) {
      this.#packets /= 2
      this.#losses /= 2
    }
    if (this.deadline !== Number.POSITIVE_INFINITY || !this.#isLossy) return
    this.#next = this.#parts.sent.next - 1
    this.deadline = now + this.#delay
  }

  /** May be called too early. What is due is wanted again from here on. */
  onDeadline(now: Micros): void {
    if (now < this.deadline) return
    const { sent, actions } = this.#parts
    const delay = this.#delay
    const sentBefore = now - delay * (1 - GATHERING_SHARE)
    const hasRoom = this.#hasRoom
    let packet = Math.max(this.#next, sent.oldest)
    this.deadline = Number.POSITIVE_INFINITY
    for (; packet < sent.next; packet++) {
      if (sent.state(packet) !== SentState.inFlight) continue
      const sentAt = sent.sentAt(packet)
      if (sentAt > sentBefore) {
        this.deadline = sentAt + delay
        break
      }
      if (hasRoom) sent.repeatSmall(packet, MOST_REPEATED_BYTES, actions)
    }
    this.#next = packet
  }

  get #isLossy(): boolean {
    return this.#losses >= LEAST_LOSSES && this.#losses >= this.#packets * LEAST_LOSS
  }

  get #delay(): Micros {
    return Math.max(this.#parts.rtt.smoothed * DELAY_SHARE, TIMER_GRANULARITY)
  }

  /** With as much again on its way the window would not be full, and nothing waits for the pacer. */
  get #hasRoom(): boolean {
    const { sent, controller, sender } = this.#parts
    return sent.bytesInFlight * 2 <= controller.windowBytes && sender.deadline === Number.POSITIVE_INFINITY
  }
}
