// hot
// How fast the path delivers (draft-ietf-ccwg-bbr §4.1): what had arrived when a packet left, against what has arrived when it is
// acknowledged. One slot for each packet of `SentPackets`, in rings that grow with its own.
//
//   bytes that arrived ▲            ┌── acknowledged      rate = rise ÷ the longer of: time between the two points,
//                      │       .-─'´                             time in which what was acknowledged meanwhile was sent
//                      │  ┌─'´
//                      │  left                            Acknowledgements come in clumps. Each is measured by itself: until the
//                      └───────────────────────▶ t        last of a clump is settled nothing leaves, so the others only show less.

import type { AckedBytes } from '../congestion/controller.ts'
import type { Micros, PacketNumber } from '../units.ts'

/** What stands in an entry, by its place there: as of when the packet left, bytes and points in time. */
const DELIVERED = 0
const DELIVERED_AT = 1
const NEWEST_SENT_AT = 2
const LOST = 3
/** With the packet's own bytes; negative: the path was starved at that time. */
const IN_FLIGHT = 4
const ENTRY = 5

const NONE = new Float64Array(0)

export class Deliveries {
  /** Bytes that arrived, and that were taken for lost, since the session began. */
  delivered = 0
  lost = 0

  #deliveredAt: Micros = 0
  /** When the packet left that was the newest to be acknowledged. */
  #newestSentAt: Micros = 0
  /** What leaves before so much is delivered left while there was too little to send. */
  #starvedThrough = 0
  #isFresh = true

  #mask = -1
  #entries: Float64Array = NONE

  /** `bytesInFlight`: with this packet's own. */
  onSent(packet: PacketNumber, bytesInFlight: number, bytes: number, now: Micros): void {
    if (bytesInFlight === bytes || this.#isFresh) this.#restart(now)
    const at = (packet & this.#mask) * ENTRY
    this.#entries[at + DELIVERED] = this.delivered
    this.#entries[at + DELIVERED_AT] = this.#deliveredAt
    this.#entries[at + NEWEST_SENT_AT] = this.#newestSentAt
    this.#entries[at + LOST] = this.lost
    this.#entries[at + IN_FLIGHT] = this.delivered < this.#starvedThrough ? -bytesInFlight : bytesInFlight
  }

  /** There is room for more than there was to send: what is on its way now says little of what the path could carry. */
  onStarved(bytesInFlight: number): void {
    this.#starvedThrough = this.delivered + Math.max(bytesInFlight, 1)
  }

  onDelivered(bytes: number, now: Micros): void {
    this.delivered += bytes
    this.#deliveredAt = now
  }

  onLost(bytes: number): void {
    this.lost += bytes
  }

  /** Nothing of the next packets may be measured against what another path has done. */
  onNewPath(): void {
    this.#isFresh = true
  }

  /** Measures by `newest`, the newest of the packets that one ACK has just acknowledged; `minRtt` and `newestSentAt` are told in `into`. */
  measure(newest: PacketNumber, into: AckedBytes): void {
    const at = (newest & this.#mask) * ENTRY
    const ackSpan = this.#deliveredAt - this.#entries[at + DELIVERED_AT]!
    const sendSpan = into.newestSentAt - this.#entries[at + NEWEST_SENT_AT]!
    const span = Math.max(ackSpan, sendSpan)
    const inFlight = this.#entries[at + IN_FLIGHT]!
    into.delivered = this.delivered
    into.deliveredBefore = this.#entries[at + DELIVERED]!
    into.lostSince = this.lost - this.#entries[at + LOST]!
    into.inFlightThen = Math.abs(inFlight)
    into.isStarved = inFlight < 0
    // Nothing is delivered within less than a round trip: the packet was late, and its frames have arrived with another.
    into.rate = span >= into.minRtt && span > 0 ? (this.delivered - into.deliveredBefore) / span : 0
    this.#newestSentAt = Math.max(this.#newestSentAt, into.newestSentAt)
  }

  /** The ring becomes one of `size`, a power of two; the packets `from…to` keep their entries. */
  grow(size: number, from: PacketNumber, to: PacketNumber): void {
    const entries = new Float64Array(size * ENTRY)
    for (let packet = from; packet < to; packet++) {
      const old = (packet & this.#mask) * ENTRY
      const target = (packet & (size - 1)) * ENTRY
      for (let i = 0; i < ENTRY; i++) entries[target + i] = this.#entries[old + i]!
    }
    this.#entries = entries
    this.#mask = size - 1
  }

  /** No packet is remembered: gives the ring back. It grows again before the next one. */
  rest(): void {
    this.#mask = -1
    this.#entries = NONE
  }

  /** Time in which nothing was on its way is no time in which the path was slow. */
  #restart(now: Micros): void {
    this.#deliveredAt = now
    this.#newestSentAt = now
    this.#isFresh = false
  }
}
