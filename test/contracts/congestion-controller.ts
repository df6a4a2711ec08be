// What every congestion controller owes the session, whatever it thinks of the path.

import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { CongestionController } from '../../src/protocol/congestion/controller.ts'
import { MILLISECOND, SECOND } from '../../src/protocol/units.ts'
import { acknowledge } from '../protocol/congestion/acknowledge.ts'
import { anyEvents, Life } from './congestion-life.ts'

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
        fc.property(anyEvents, (events) => {
          const controller = make(DATAGRAM_BYTES)
          const life = new Life(controller, DATAGRAM_BYTES)
          let widest = controller.windowBytes
          for (const event of events) {
            const before = controller.windowBytes
            life.live(event)
            const after = controller.windowBytes
            assert.ok(after >= 2 * life.maxDatagramBytes, `${event.kind} left a window of ${after} bytes`)
            assert.ok(
              after === Infinity || after <= MAX_DATAGRAMS * life.maxDatagramBytes,
              `${event.kind}: ${after} bytes`,
            )
            const mayGrow = event.kind === 'ackWhileFull' || event.kind === 'spurious' || event.kind === 'resize'
            // An ACK that nothing waited for may end a time of restraint, and give back what was there before.
            const most = event.kind === 'ackWhileStarved' ? widest : before
            assert.ok(mayGrow || after <= most, `${event.kind} raised the window from ${before} to ${after}`)
            assert.ok(controller.pacingRate >= 0 && controller.pacingRate < Infinity, `${controller.pacingRate} a µs`)
            widest = Math.max(widest, after)
          }
        }),
      )
    })
  })
}
