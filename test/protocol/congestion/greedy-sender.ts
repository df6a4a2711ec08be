// A controller with the parts of a session that it depends on, and an application that always has more to send.

import type { CongestionController } from '../../../src/protocol/congestion/controller.ts'
import { Pacer } from '../../../src/protocol/congestion/pacer.ts'
import { MtuSearch } from '../../../src/protocol/path/mtu-search.ts'
import { LossDetector } from '../../../src/protocol/recovery/loss.ts'
import { Rtt } from '../../../src/protocol/recovery/rtt.ts'
import { SentPackets } from '../../../src/protocol/recovery/sent.ts'
import type { Micros } from '../../../src/protocol/units.ts'
import { AckFrame } from '../../../src/protocol/wire/ack-frame.ts'

export const DATAGRAM_BYTES = 1_200

export class GreedySender {
  readonly controller: CongestionController
  readonly sent = new SentPackets()
  readonly loss: LossDetector
  lostDatagrams = 0
  /** It sends nothing before. */
  startsAt: Micros = 0
  /** It has this much to send in all; `Infinity`: it never ends. */
  wants = Infinity
  readonly #rtt = new Rtt()
  readonly #pacer = new Pacer(DATAGRAM_BYTES)
  readonly #frame = new AckFrame()
  #probes = 0

  constructor(controller: CongestionController) {
    this.controller = controller
    this.loss = new LossDetector({
      sent: this.sent,
      rtt: this.#rtt,
      controller,
      search: new MtuSearch(DATAGRAM_BYTES, { ceilingDatagramBytes: DATAGRAM_BYTES }),
      actions: { onFrameAcked() {}, onFrameLost() {} },
      onPacketLost: () => this.lostDatagrams++,
      onPacketFound: () => {},
    })
    this.#frame.count = 1
  }

  get ackedBytes(): number {
    return this.sent.deliveries.delivered
  }

  maySend(now: Micros): boolean {
    if (this.#probes > 0) return true
    if (now < this.startsAt) return false
    if (this.sent.deliveries.delivered + this.sent.bytesInFlight >= this.wants) {
      this.sent.deliveries.onStarved(this.sent.bytesInFlight)
      return false
    }
    this.#pacer.adjust(this.controller, this.#rtt.hasSample ? this.#rtt.smoothed : 0, now)
    const hasRoom = this.#hasRoom
    if (hasRoom && this.#pacer.budgetBytes(now) >= DATAGRAM_BYTES) return true
    this.loss.onHeldBack()
    return false
  }

  /** When it wants to be asked again, if nothing happens before. */
  nextAt(now: Micros): Micros {
    if (now < this.startsAt) return this.startsAt
    const isDone = this.sent.deliveries.delivered + this.sent.bytesInFlight >= this.wants
    const paced = this.#hasRoom && !isDone ? this.#pacer.nextSendAt(now, Infinity) : Infinity
    return Math.min(Math.max(paced, now + 1), this.loss.deadline)
  }

  /** Answers the number of the packet. */
  send(now: Micros): number {
    if (this.#probes > 0) this.#probes--
    const packet = this.sent.next
    this.sent.commit(DATAGRAM_BYTES, now)
    this.loss.onSent(now)
    this.controller.onSent(DATAGRAM_BYTES, this.sent.bytesInFlight, now)
    this.#pacer.onSent(DATAGRAM_BYTES, now)
    return packet
  }

  onAck(packet: number, now: Micros): void {
    this.#frame.first[0] = packet
    this.#frame.last[0] = packet
    this.loss.onAck(this.#frame, now)
  }

  onTime(now: Micros): void {
    if (this.loss.deadline <= now) this.#probes = this.loss.onDeadline(now)
  }

  get #hasRoom(): boolean {
    return this.sent.hasRoom && this.sent.bytesInFlight + DATAGRAM_BYTES <= this.controller.windowBytes
  }
}
