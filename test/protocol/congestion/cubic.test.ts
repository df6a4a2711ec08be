import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Cubic } from '../../../src/protocol/congestion/cubic.ts'
import { MILLISECOND, SECOND } from '../../../src/protocol/units.ts'
import { congestionControllerContract } from '../../contracts/congestion-controller.ts'
import { anyEvents, Life } from '../../contracts/congestion-life.ts'
import { acknowledge } from './acknowledge.ts'
import { Bottleneck } from './bottleneck.ts'
import type { GreedySender } from './greedy-sender.ts'
import { DATAGRAM_BYTES, SteadyPath } from './steady-path.ts'

congestionControllerContract('cubic', (maxDatagramBytes) => new Cubic(maxDatagramBytes))

describe('Cubic', () => {
  it('starts with ten datagrams, of which large ones may not exceed 160 kB unless two are more', () => {
    assert.equal(new Cubic(1_200).windowBytes, 12_000)
    assert.equal(new Cubic(1_452).windowBytes, 14_520)
    assert.equal(new Cubic(16_000).windowBytes, 160_000)
    assert.equal(new Cubic(65_507).windowBytes, 160_000)
  })

  it('recomputes an untried initial window for a new datagram size, and only that', () => {
    const untried = new Cubic(1_200)
    untried.onMaxDatagramBytes(16_000)
    assert.equal(untried.windowBytes, 160_000)

    const tried = new Cubic(1_200)
    tried.onAcked(acknowledge({ bytes: 1_200 }), 1)
    tried.onMaxDatagramBytes(1_452)
    assert.equal(tried.windowBytes, 13_200)
  })

  it('adds every acknowledged byte in slow start', () => {
    const path = new SteadyPath(100 * MILLISECOND)
    assert.ok(path.cubic.inSlowStart)
    path.passRoundTrip()
    assert.equal(path.windowDatagrams, 20)
    path.passRoundTrip()
    assert.equal(path.windowDatagrams, 40)
  })

  it('keeps seven tenths of its window at a loss and leaves slow start', () => {
    const path = new SteadyPath(100 * MILLISECOND)
    path.growTo(100)
    path.loseOne()
    assert.equal(path.windowDatagrams, 70)
    assert.equal(path.cubic.inSlowStart, false)
  })

  it('cuts again for a packet that was sent after the last cut', () => {
    const path = new SteadyPath(100 * MILLISECOND)
    path.growTo(100)
    path.loseOne()
    path.loseOne()
    assert.equal(Math.round(path.windowDatagrams), 49)
  })

  it('does not grow while packets from before the cut are acknowledged', () => {
    const path = new SteadyPath(100 * MILLISECOND)
    path.growTo(100)
    const cutAt = path.now
    path.loseOne()
    path.acknowledge({ bytes: 60 * DATAGRAM_BYTES, newestSentAt: cutAt })
    assert.equal(path.windowDatagrams, 70)
  })

  describe('after a spurious loss', () => {
    for (const [where, rtt, datagrams] of [
      ['on the cubic curve', 100 * MILLISECOND, 1_000],
      ['beside Reno', 10 * MILLISECOND, 100],
    ] as const) {
      it(`runs the same course as if nothing had happened, ${where}`, () => {
        const [fooled, calm] = [new SteadyPath(rtt), new SteadyPath(rtt)]
        for (const path of [fooled, calm]) {
          path.growTo(datagrams)
          path.loseOne()
          for (let i = 0; i < 20; i++) path.passRoundTrip()
        }
        fooled.loseOne()
        fooled.passRoundTrip()
        fooled.cubic.onSpuriousLoss(fooled.now)
        calm.now += rtt
        calm.passRoundTrip({ isWindowLimited: false })
        for (let i = 0; i < 100; i++) {
          const apart = Math.abs(fooled.windowDatagrams - calm.windowDatagrams)
          assert.ok(apart < 0.01, `${apart} datagrams apart after ${i} round trips`)
          fooled.passRoundTrip()
          calm.passRoundTrip()
        }
      })
    }

    it('returns to the first slow start if that was cut', () => {
      const path = new SteadyPath(100 * MILLISECOND)
      path.growTo(100)
      path.loseOne()
      path.cubic.onSpuriousLoss(path.now)
      assert.ok(path.cubic.inSlowStart)
      path.passRoundTrip()
      assert.equal(path.windowDatagrams, 200)
    })

    it('takes back persistent congestion, which the same losses caused', () => {
      const path = new SteadyPath(100 * MILLISECOND)
      path.growTo(100)
      path.loseOne()
      path.cubic.onPersistentCongestion(path.now)
      path.cubic.onSpuriousLoss(path.now)
      assert.equal(path.windowDatagrams, 100)
    })

    it('undoes the last of two cuts, and that once', () => {
      const path = new SteadyPath(100 * MILLISECOND)
      path.growTo(100)
      path.loseOne()
      path.loseOne()
      path.cubic.onSpuriousLoss(path.now)
      assert.equal(path.windowDatagrams, 70)
      path.cubic.onPersistentCongestion(path.now)
      path.cubic.onSpuriousLoss(path.now)
      assert.equal(path.windowDatagrams, 2)
    })

    it('does not shrink a window that has outgrown the cut since', () => {
      const path = new SteadyPath(100 * MILLISECOND)
      path.growTo(1_000)
      path.loseOne()
      for (let i = 0; i < 20; i++) path.passRoundTrip()
      const cutAt = path.windowDatagrams
      path.loseOne()
      for (let i = 0; i < 200; i++) path.passRoundTrip()
      const before = path.windowDatagrams
      assert.ok(before > cutAt)
      path.cubic.onSpuriousLoss(path.now)
      assert.equal(path.windowDatagrams, before)
      path.passRoundTrip()
      assert.ok(path.windowDatagrams >= before)
    })

    it('cuts for a packet from before the undone cut if that is lost in earnest', () => {
      const path = new SteadyPath(100 * MILLISECOND)
      path.growTo(100)
      const sentAt = path.now
      path.loseOne()
      path.cubic.onSpuriousLoss(path.now)
      path.cubic.onLost(DATAGRAM_BYTES, sentAt, path.now)
      assert.equal(path.windowDatagrams, 70)
    })

    it('begins a curve of its own when HyStart++ ends the slow start that came back', () => {
      const path = new SteadyPath(100 * MILLISECOND)
      path.growTo(100)
      path.loseOne()
      path.passRoundTrip()
      path.cubic.onSpuriousLoss(path.now)
      for (let round = 1; round <= 20 && path.cubic.inSlowStart; round++) {
        path.now += SECOND
        for (let i = 0; i < 8; i++) path.acknowledge({ latestRtt: round * 100 * MILLISECOND })
      }
      const before = path.windowDatagrams
      for (let i = 0; i < 50; i++) path.passRoundTrip()
      const expected = before + 0.4 * 5 ** 3
      assert.ok(Math.abs(path.windowDatagrams - expected) < 4, `${path.windowDatagrams} datagrams, not ${expected}`)
    })
  })

  it('comes back from persistent congestion in slow start, no further than to the last cut', () => {
    const path = new SteadyPath(100 * MILLISECOND)
    path.growTo(100)
    path.loseOne()
    path.cubic.onPersistentCongestion(path.now)
    path.passRoundTrip()
    assert.equal(path.windowDatagrams, 4)
    assert.ok(path.cubic.inSlowStart)
    path.acknowledge({ bytes: 200 * DATAGRAM_BYTES })
    assert.equal(path.windowDatagrams, 70)
    assert.equal(path.cubic.inSlowStart, false)
  })

  it('looks for more slowly after persistent congestion: the old plateau means nothing any more', () => {
    const path = new SteadyPath(100 * MILLISECOND)
    path.growTo(1_000)
    path.loseOne()
    path.cubic.onPersistentCongestion(path.now)
    path.acknowledge({ bytes: 1_000 * DATAGRAM_BYTES })
    for (let i = 0; i < 30; i++) path.passRoundTrip()
    const added = path.windowDatagrams - 700
    assert.ok(added > 0 && added < 30, `${added} datagrams in three seconds`) // towards 1,000 it would be 210
  })

  it('doubles in a later slow start even if the first one ended in doubt', () => {
    const path = new SteadyPath(100 * MILLISECOND)
    for (const latestRtt of [100 * MILLISECOND, 200 * MILLISECOND]) {
      path.now += SECOND
      for (let i = 0; i < 8; i++) path.acknowledge({ latestRtt })
    }
    const before = path.windowDatagrams
    path.acknowledge({ bytes: 4 * DATAGRAM_BYTES, latestRtt: 200 * MILLISECOND })
    assert.equal(path.windowDatagrams, before + 1)
    path.loseOne()
    path.cubic.onPersistentCongestion(path.now)
    path.passRoundTrip()
    assert.equal(path.windowDatagrams, 4)
  })

  it('does not cut again when more packets of the same long silence are found lost', () => {
    const path = new SteadyPath(100 * MILLISECOND)
    path.growTo(100)
    const before = path.now
    path.loseOne()
    path.cubic.onPersistentCongestion(path.now)
    path.cubic.onLost(DATAGRAM_BYTES, before, path.now)
    for (let i = 0; i < 6; i++) path.passRoundTrip()
    assert.ok(path.windowDatagrams >= 70, `${path.windowDatagrams} datagrams`)
  })

  it('never shrinks by an ACK, whatever happened before', () => {
    fc.assert(
      fc.property(anyEvents, (events) => {
        const cubic = new Cubic(DATAGRAM_BYTES)
        const life = new Life(cubic, DATAGRAM_BYTES)
        for (const event of events) {
          const before = cubic.windowBytes
          life.live(event)
          if (event.kind.startsWith('ack')) assert.ok(cubic.windowBytes >= before, `${before} to ${cubic.windowBytes}`)
        }
      }),
    )
  })

  it('stops at 10,000 datagrams', () => {
    const path = new SteadyPath(100 * MILLISECOND)
    path.acknowledge({ bytes: 20_000 * DATAGRAM_BYTES })
    assert.equal(path.windowDatagrams, 10_000)
  })

  describe('behind a bottleneck', () => {
    it('keeps 10 Mbit/s busy through a queue of 25 datagrams', () => {
      const link = { bytesPerSecond: 1_250_000, roundTrip: 30 * MILLISECOND, queueDatagrams: 25 }
      const bottleneck = new Bottleneck([new Cubic(DATAGRAM_BYTES)], link)
      const [sender] = bottleneck.senders as [GreedySender]
      bottleneck.runUntil(5 * SECOND)
      const before = sender.ackedBytes
      bottleneck.runUntil(65 * SECOND)
      const utilisation = (sender.ackedBytes - before) / (60 * link.bytesPerSecond)
      assert.ok(utilisation >= 0.9, `${utilisation} of the link`)
      assert.ok(sender.lostDatagrams > 0, 'a queue that never overflowed proves nothing')
    })

    it('leaves slow start without a loss when the queue is deep enough to be felt for five rounds', () => {
      const link = { bytesPerSecond: 1_250_000, roundTrip: 100 * MILLISECOND, queueDatagrams: 1_000 }
      const cubic = new Cubic(DATAGRAM_BYTES)
      const bottleneck = new Bottleneck([cubic], link)
      bottleneck.runUntil(6 * SECOND)
      assert.equal(cubic.inSlowStart, false)
      assert.equal(bottleneck.senders[0]!.lostDatagrams, 0)
    })
  })
})
