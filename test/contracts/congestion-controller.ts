// What every congestion controller owes the session, whatever it thinks of the path.

import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { CongestionController } from '../../src/protocol/congestion/controller.ts'
import { MILLISECOND, type Micros, SECOND } from '../../src/protocol/units.ts'
import { acknowledge } from '../protocol/congestion/acknowledge.ts'

const DATAGRAM_BYTES = 1_200
const MAX_DATAGRAMS = 10_000

export function congestionControllerContract(
  name: string,
  make: (maxDatagramBytes: number) => CongestionController,
): void {
  describe(`congestion controller contract: ${name}`, () => {
    it('opens with room for at least ten datagrams of a common size', () => {
      assert.ok(make(DATAGRAM_BYTES).windowBytes >= 10 * DATAGRAM_BYTES)
    })

    it('cuts at most once for all losses of one congestion event', () => {
      const controller = make(DATAGRAM_BYTES)
      controller.onLost(DATAGRAM_BYTES, 10, 100)
      const afterCut = controller.windowBytes
      controller.onLost(DATAGRAM_BYTES, 100, 120)
      controller.onLost(DATAGRAM_BYTES, 20, 130)
      assert.equal(controller.windowBytes, afterCut)
    })

    it('does not grow while the application holds the sender back', () => {
      const controller = make(DATAGRAM_BYTES)
      const before = controller.windowBytes
      for (let turn = 1; turn <= 100; turn++) {
        const now = turn * 100 * MILLISECOND
        controller.onSent(DATAGRAM_BYTES, DATAGRAM_BYTES, now)
        const ack = acknowledge({ newestSentAt: now, isWindowLimited: false })
        controller.onAcked(ack, now + 100 * MILLISECOND)
      }
      assert.equal(controller.windowBytes, before)
    })

    it('gives back what a spurious loss took', () => {
      const controller = make(DATAGRAM_BYTES)
      const before = controller.windowBytes
      controller.onLost(DATAGRAM_BYTES, 10, 100)
      controller.onSpuriousLoss(200)
      assert.equal(controller.windowBytes, before)
    })

    it('ignores the news of a spurious loss when nothing was cut', () => {
      const controller = make(DATAGRAM_BYTES)
      const before = controller.windowBytes
      controller.onSpuriousLoss(100)
      assert.equal(controller.windowBytes, before)
    })

    it('falls to two datagrams on persistent congestion if it is bounded at all, and rises again', () => {
      const controller = make(DATAGRAM_BYTES)
      const isBounded = Number.isFinite(controller.windowBytes)
      controller.onLost(10 * DATAGRAM_BYTES, 10, 3 * SECOND)
      controller.onPersistentCongestion(3 * SECOND)
      assert.equal(controller.windowBytes, isBounded ? 2 * DATAGRAM_BYTES : Infinity)

      controller.onSent(2 * DATAGRAM_BYTES, 2 * DATAGRAM_BYTES, 4 * SECOND)
      controller.onAcked(acknowledge({ bytes: 2 * DATAGRAM_BYTES, newestSentAt: 4 * SECOND }), 4.1 * SECOND)
      assert.ok(controller.windowBytes > 2 * DATAGRAM_BYTES)
    })

    it('keeps room for two datagrams when they become larger', () => {
      const controller = make(DATAGRAM_BYTES)
      controller.onLost(DATAGRAM_BYTES, 10, 100)
      controller.onMaxDatagramBytes(60_000)
      assert.ok(controller.windowBytes >= 2 * 60_000)
    })

    it('keeps a sane window through any sequence of events', () => {
      fc.assert(
        fc.property(fc.array(anyEvent, { maxLength: 200 }), (events) => {
          const sender = new Sender(make(DATAGRAM_BYTES))
          for (const event of events) sender.live(event)
        }),
      )
    })
  })
}

type Event =
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

/** A sender that keeps its books right whatever happens, and checks the window after each event. */
class Sender {
  readonly #controller: CongestionController
  readonly #sentAt: Micros[] = []
  #maxDatagramBytes = DATAGRAM_BYTES
  #now: Micros = 0

  constructor(controller: CongestionController) {
    this.#controller = controller
  }

  live(event: Event): void {
    const before = this.#controller.windowBytes
    this.#step(event)
    const after = this.#controller.windowBytes
    assert.ok(after >= 2 * this.#maxDatagramBytes, `${event.kind} left a window of ${after} bytes`)
    assert.ok(after === Infinity || after <= MAX_DATAGRAMS * this.#maxDatagramBytes, `${event.kind}: ${after} bytes`)
    const mayGrow = event.kind === 'ackWhileFull' || event.kind === 'spurious' || event.kind === 'resize'
    assert.ok(mayGrow || after <= before, `${event.kind} raised the window from ${before} to ${after}`)
    if (event.kind === 'ackWhileFull') assert.ok(after >= before, `an ACK lowered the window to ${after}`)
  }

  #step(event: Event): void {
    if (event.kind === 'pass') this.#now += event.time
    else if (event.kind === 'send') this.#send(event.datagrams)
    else if (event.kind === 'ackWhileFull') this.#acknowledge(event.datagrams, true)
    else if (event.kind === 'ackWhileStarved') this.#acknowledge(event.datagrams, false)
    else if (event.kind === 'lose') this.#lose(event.datagrams)
    else if (event.kind === 'spurious') this.#controller.onSpuriousLoss(this.#now)
    else if (event.kind === 'resize') this.#resize(event.bytes)
    else this.#loseEverything()
  }

  #send(datagrams: number): void {
    for (let i = 0; i < datagrams; i++) {
      const bytesInFlight = (this.#sentAt.length + 1) * this.#maxDatagramBytes
      if (bytesInFlight > this.#controller.windowBytes) return
      this.#sentAt.push(this.#now)
      this.#controller.onSent(this.#maxDatagramBytes, bytesInFlight, this.#now)
    }
  }

  #acknowledge(datagrams: number, isWindowLimited: boolean): void {
    const bytesInFlight = this.#sentAt.length * this.#maxDatagramBytes
    const settled = this.#sentAt.splice(0, datagrams)
    if (settled.length === 0) return
    const newestSentAt = settled.at(-1)!
    const latestRtt = this.#now - newestSentAt
    const bytes = settled.length * this.#maxDatagramBytes
    this.#controller.onAcked(
      acknowledge({ bytes, newestSentAt, bytesInFlight, isWindowLimited, latestRtt, smoothedRtt: latestRtt }),
      this.#now,
    )
  }

  #lose(datagrams: number): void {
    const lost = this.#sentAt.splice(0, datagrams)
    if (lost.length > 0) this.#controller.onLost(lost.length * this.#maxDatagramBytes, lost.at(-1)!, this.#now)
  }

  #loseEverything(): void {
    if (this.#sentAt.length === 0) return
    this.#lose(this.#sentAt.length)
    this.#controller.onPersistentCongestion(this.#now)
  }

  #resize(bytes: number): void {
    this.#maxDatagramBytes = bytes
    this.#controller.onMaxDatagramBytes(bytes)
  }
}
