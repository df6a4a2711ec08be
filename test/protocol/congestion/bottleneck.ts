// A few greedy senders behind one drop-tail queue, packet by packet in virtual time: the smallest world in which a controller
// and the pacer can be right or wrong. Nothing is reordered, and every ACK comes back.

import type { CongestionController } from '../../../src/protocol/congestion/controller.ts'
import { type Micros, SECOND } from '../../../src/protocol/units.ts'
import { Prng } from '../../sim/prng.ts'
import { DATAGRAM_BYTES, GreedySender } from './greedy-sender.ts'

export interface Link {
  readonly bytesPerSecond: number
  readonly roundTrip: Micros
  readonly queueDatagrams: number
  /** Share of what has left the queue that is lost all the same. */
  readonly loss?: number
  readonly seed?: number
}

interface Ack {
  readonly sender: GreedySender
  readonly packet: number
  readonly at: Micros
}

export class Bottleneck {
  now: Micros = 0
  readonly senders: readonly GreedySender[]
  readonly #link: Link
  readonly #random: Prng
  /** In the order in which they come. */
  readonly #acks: Ack[] = []
  #firstAck = 0
  #freeAt: Micros = 0

  constructor(controllers: readonly CongestionController[], link: Link) {
    this.#link = link
    this.#random = new Prng(link.seed ?? 1)
    this.senders = controllers.map((controller) => new GreedySender(controller))
  }

  /** All of them send whenever window and pacer allow, until `end`. */
  runUntil(end: Micros): void {
    while (this.now < end) {
      this.#carryAll()
      const wakes = this.senders.map((sender) => sender.nextAt(this.now))
      this.now = Math.min(...wakes, this.#acks[this.#firstAck]?.at ?? Infinity, end)
      while (this.#firstAck < this.#acks.length && this.#acks[this.#firstAck]!.at <= this.now) this.#acknowledge()
      for (const sender of this.senders) sender.onTime(this.now)
    }
  }

  /** In no order: whoever always came first would never find the queue full. */
  #carryAll(): void {
    for (;;) {
      const willing = this.senders.filter((sender) => sender.maySend(this.now))
      if (willing.length === 0) return
      this.#carry(this.#random.pick(willing))
    }
  }

  #carry(sender: GreedySender): void {
    const packet = sender.send(this.now)
    const transmission = (DATAGRAM_BYTES / this.#link.bytesPerSecond) * SECOND
    const queued = (this.#freeAt - this.now) / transmission
    if (queued > this.#link.queueDatagrams) return
    this.#freeAt = Math.max(this.#freeAt, this.now) + transmission
    if (this.#random.chance(this.#link.loss ?? 0)) return
    this.#acks.push({ sender, packet, at: this.#freeAt + this.#link.roundTrip })
  }

  #acknowledge(): void {
    const { sender, packet } = this.#acks[this.#firstAck]!
    this.#firstAck++
    sender.onAck(packet, this.now)
    if (this.#firstAck < 10_000) return
    this.#acks.splice(0, this.#firstAck)
    this.#firstAck = 0
  }
}
