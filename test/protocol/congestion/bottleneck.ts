// One greedy sender behind one drop-tail queue, packet by packet in virtual time: the smallest world in which a controller
// and the pacer can be right or wrong. Nothing is reordered, and every ACK comes back.

import type { CongestionController } from '../../../src/protocol/congestion/controller.ts'
import { Pacer } from '../../../src/protocol/congestion/pacer.ts'
import { type Micros, SECOND } from '../../../src/protocol/units.ts'

export interface Link {
  readonly bytesPerSecond: number
  readonly roundTrip: Micros
  readonly queueDatagrams: number
}

interface SentDatagram {
  readonly number: number
  readonly sentAt: Micros
  /** `Infinity`: dropped. */
  readonly ackedAt: Micros
}

/** A datagram is lost once the third after it was acknowledged (RFC 9002 §6.1.1). */
const PACKET_THRESHOLD = 3

const DATAGRAM_BYTES = 1_200

export class Bottleneck {
  now: Micros = 0
  ackedBytes = 0
  lostDatagrams = 0

  readonly #controller: CongestionController
  readonly #link: Link
  readonly #pacer = new Pacer(DATAGRAM_BYTES)
  /** Oldest first. */
  readonly #flight: SentDatagram[] = []
  #sent = 0
  #linkFreeAt: Micros = 0
  #smoothedRtt: Micros = 0
  #minRtt: Micros = Infinity

  constructor(controller: CongestionController, link: Link) {
    this.#controller = controller
    this.#link = link
  }

  /** Sends whenever window and pacer allow, until `end`. */
  runUntil(end: Micros): void {
    while (this.now < end) {
      while (this.#hasRoom() && this.#pacer.budgetBytes(this.now) >= DATAGRAM_BYTES) this.#send()
      const sendAt = this.#hasRoom() ? this.#pacer.nextSendAt(this.now, DATAGRAM_BYTES) : Infinity
      const delivered = this.#flight.findIndex((datagram) => datagram.ackedAt !== Infinity)
      const ackAt = this.#flight[delivered]?.ackedAt ?? Infinity
      this.now = Math.min(sendAt, ackAt, end)
      if (ackAt === this.now) this.#acknowledge(delivered)
    }
  }

  get #bytesInFlight(): number {
    return this.#flight.length * DATAGRAM_BYTES
  }

  #hasRoom(): boolean {
    return this.#bytesInFlight + DATAGRAM_BYTES <= this.#controller.windowBytes
  }

  #send(): void {
    const transmission = (DATAGRAM_BYTES / this.#link.bytesPerSecond) * SECOND
    const queued = (this.#linkFreeAt - this.now) / transmission
    const isDropped = queued > this.#link.queueDatagrams
    if (!isDropped) this.#linkFreeAt = Math.max(this.#linkFreeAt, this.now) + transmission
    const ackedAt = isDropped ? Infinity : this.#linkFreeAt + this.#link.roundTrip
    this.#flight.push({ number: this.#sent++, sentAt: this.now, ackedAt })
    this.#pacer.onSent(DATAGRAM_BYTES, this.now)
    this.#controller.onSent(DATAGRAM_BYTES, this.#bytesInFlight, this.now)
  }

  #acknowledge(index: number): void {
    const bytesInFlight = this.#bytesInFlight
    const { number, sentAt } = this.#flight.splice(index, 1)[0]!
    const latestRtt = this.now - sentAt
    this.#smoothedRtt = this.#smoothedRtt === 0 ? latestRtt : (7 * this.#smoothedRtt + latestRtt) / 8
    this.#minRtt = Math.min(this.#minRtt, latestRtt)
    this.ackedBytes += DATAGRAM_BYTES
    const rtt = { latestRtt, smoothedRtt: this.#smoothedRtt, minRtt: this.#minRtt }
    const ack = { bytes: DATAGRAM_BYTES, newestSentAt: sentAt, bytesInFlight, isWindowLimited: true, ...rtt }
    this.#controller.onAcked(ack, this.now)
    this.#declareLost(number)
    this.#pacer.adjust(this.#controller, this.#smoothedRtt, this.now)
  }

  /** Nothing overtakes here: what is still in flight from before an acknowledged datagram was dropped. */
  #declareLost(acknowledged: number): void {
    let lost = 0
    while (this.#flight[lost] && this.#flight[lost]!.number + PACKET_THRESHOLD <= acknowledged) lost++
    if (lost === 0) return
    const newestSentAt = this.#flight[lost - 1]!.sentAt
    this.#flight.splice(0, lost)
    this.lostDatagrams += lost
    this.#controller.onLost(lost * DATAGRAM_BYTES, newestSentAt, this.now)
  }
}
