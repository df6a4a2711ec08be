// Anything that may happen to a congestion controller, told as a session would tell it.

import fc from 'fast-check'
import type { AckedBytes, CongestionController } from '../../src/protocol/congestion/controller.ts'
import { type SentFrameSink, SentPackets } from '../../src/protocol/recovery/sent.ts'
import { type Micros, SECOND } from '../../src/protocol/units.ts'
import { acknowledge } from '../protocol/congestion/acknowledge.ts'

export type Event =
  | { readonly kind: 'pass'; readonly time: Micros }
  | { readonly kind: 'send' | 'ackWhileFull' | 'ackWhileStarved' | 'lose'; readonly datagrams: number }
  | { readonly kind: 'silence' | 'spurious' }
  | { readonly kind: 'resize'; readonly bytes: number }

const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), time: fc.integer({ min: 1, max: SECOND }) }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constantFrom('send' as const, 'ackWhileFull' as const, 'ackWhileStarved' as const, 'lose' as const),
      datagrams: fc.integer({ min: 1, max: 2_000 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('silence' as const, 'spurious' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('resize' as const),
      bytes: fc.constantFrom(1_200, 1_452, 16_000, 65_507),
    }),
  },
)

export const anyEvents: fc.Arbitrary<Event[]> = fc.array(anyEvent, { maxLength: 200 })

const NOBODY: SentFrameSink = { onFrameAcked() {}, onFrameLost() {} }

/** A sender that keeps its books right whatever happens. */
export class Life {
  maxDatagramBytes: number
  readonly #controller: CongestionController
  readonly #sent = new SentPackets()
  /** Numbers of what is in flight, oldest first. */
  readonly #flight: number[] = []
  #now: Micros = 0

  constructor(controller: CongestionController, maxDatagramBytes: number) {
    this.#controller = controller
    this.maxDatagramBytes = maxDatagramBytes
  }

  live(event: Event): void {
    if (event.kind === 'pass') this.#now += event.time
    else if (event.kind === 'send') this.#send(event.datagrams)
    else if (event.kind === 'ackWhileFull')
      this.#acknowledge(event.datagrams, { isWindowLimited: true, isStarved: false })
    else if (event.kind === 'ackWhileStarved')
      this.#acknowledge(event.datagrams, { isWindowLimited: false, isStarved: true })
    else if (event.kind === 'lose') this.#lose(event.datagrams)
    else if (event.kind === 'spurious') this.#controller.onSpuriousLoss(this.#now)
    else if (event.kind === 'resize') this.#resize(event.bytes)
    else this.#loseEverything()
  }

  #send(datagrams: number): void {
    for (let i = 0; i < datagrams; i++) {
      if (this.#sent.bytesInFlight + this.maxDatagramBytes > this.#controller.windowBytes || !this.#sent.hasRoom) return
      this.#flight.push(this.#sent.next)
      this.#sent.commit(this.maxDatagramBytes, this.#now)
      this.#controller.onSent(this.maxDatagramBytes, this.#sent.bytesInFlight, this.#now)
    }
  }

  #acknowledge(datagrams: number, how: Pick<AckedBytes, 'isWindowLimited' | 'isStarved'>): void {
    const { deliveries, bytesInFlight } = this.#sent
    const settled = this.#flight.splice(0, datagrams)
    if (settled.length === 0) return
    const newest = settled.at(-1)!
    const newestSentAt = this.#sent.sentAt(newest)
    const latestRtt = this.#now - newestSentAt
    for (const packet of settled) {
      deliveries.onDelivered(this.#sent.bytes(packet), this.#now)
      this.#sent.settle(packet, NOBODY)
    }
    const bytes = bytesInFlight - this.#sent.bytesInFlight
    const rtt = { latestRtt, smoothedRtt: Math.max(latestRtt, 1), minRtt: latestRtt }
    const ack = acknowledge({ bytes, newestSentAt, bytesInFlight, ...rtt })
    deliveries.measure(newest, ack)
    this.#controller.onAcked({ ...ack, ...how }, this.#now)
    this.#sent.advance(this.#now)
  }

  #lose(datagrams: number): void {
    const lost = this.#flight.splice(0, datagrams)
    if (lost.length === 0) return
    const newestSentAt = this.#sent.sentAt(lost.at(-1)!)
    const before = this.#sent.bytesInFlight
    for (const packet of lost) {
      this.#sent.deliveries.onLost(this.#sent.bytes(packet))
      this.#sent.lose(packet, NOBODY)
    }
    this.#controller.onLost(before - this.#sent.bytesInFlight, newestSentAt, this.#now)
    this.#sent.advance(this.#now + 1)
  }

  #loseEverything(): void {
    if (this.#flight.length === 0) return
    this.#lose(this.#flight.length)
    this.#controller.onPersistentCongestion(this.#now)
  }

  #resize(bytes: number): void {
    this.maxDatagramBytes = bytes
    this.#controller.onMaxDatagramBytes(bytes)
  }
}
