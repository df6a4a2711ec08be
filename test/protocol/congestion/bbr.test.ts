import assert from 'node:assert/strict'
import { Bbr } from '../../../src/protocol/congestion/bbr.ts'
import type { CongestionController } from '../../../src/protocol/congestion/controller.ts'
import { Cubic } from '../../../src/protocol/congestion/cubic.ts'
import { MILLISECOND, type Micros, SECOND } from '../../../src/protocol/units.ts'
import { congestionControllerContract } from '../../contracts/congestion-controller.ts'
import { Prng } from '../../sim/prng.ts'
import { Bottleneck, type Link } from './bottleneck.ts'
import { DATAGRAM_BYTES, type GreedySender } from './greedy-sender.ts'

congestionControllerContract('bbr', (maxDatagramBytes) => bbr(1, maxDatagramBytes))

function bbr(seed = 1, maxDatagramBytes = DATAGRAM_BYTES): Bbr {
  return new Bbr(maxDatagramBytes, new Prng(seed))
}

/** 10 Mbit/s, 31 datagrams long. */
const SLIM: Link = { bytesPerSecond: 1_250_000, roundTrip: 30 * MILLISECOND, queueDatagrams: 25 }
/** 200 Mbit/s, 1,667 datagrams long, and a queue as long. */
const FAT: Link = { bytesPerSecond: 25_000_000, roundTrip: 80 * MILLISECOND, queueDatagrams: 1_667 }

/** The share of the link that each gets between two times. */
function shares(controllers: readonly CongestionController[], link: Link, from: Micros, to: Micros): number[] {
  const bottleneck = new Bottleneck(controllers, link)
  bottleneck.runUntil(from)
  const before = bottleneck.senders.map((sender) => sender.ackedBytes)
  bottleneck.runUntil(to)
  const most = (link.bytesPerSecond * (to - from)) / SECOND
  return bottleneck.senders.map((sender, index) => (sender.ackedBytes - before[index]!) / most)
}

function assertShare(share: number, least: number, most = 1): void {
  assert.ok(share >= least && share <= most, `${share} of the link, not ${least} to ${most}`)
}

describe('Bbr', () => {
  describe('alone on a link', () => {
    for (const [loss, least] of [
      [0, 0.97],
      [0.001, 0.97],
      [0.01, 0.95],
      [0.05, 0.87],
    ] as const) {
      it(`of 200 Mbit/s and 80 ms that loses ${loss * 100} % keeps ${least * 100} % of it busy`, () => {
        assertShare(shares([bbr()], { ...FAT, loss }, SECOND, 5 * SECOND)[0]!, least)
      })

      it(`of 10 Mbit/s and 30 ms that loses ${loss * 100} % keeps ${least * 100} % of it busy`, () => {
        assertShare(shares([bbr()], { ...SLIM, loss }, SECOND, 21 * SECOND)[0]!, least)
      })
    }

    it('keeps the queue short, where Cubic fills it', () => {
      const [calm, full] = [bbr(), new Cubic(DATAGRAM_BYTES)].map((controller) => {
        const bottleneck = new Bottleneck([controller], { ...SLIM, queueDatagrams: 200 })
        bottleneck.runUntil(10 * SECOND)
        let inFlight = 0
        for (let now = 10 * SECOND; now < 20 * SECOND; now += 50 * MILLISECOND) {
          bottleneck.runUntil(now)
          inFlight += bottleneck.senders[0]!.sent.packetsInFlight
        }
        return inFlight / 200
      }) as [number, number]
      assert.ok(calm < full / 3, `${calm} datagrams in flight, and ${full} with Cubic`)
    })

    it('loses little of it to its own probing', () => {
      const bottleneck = new Bottleneck([bbr()], SLIM)
      bottleneck.runUntil(60 * SECOND)
      const [sender] = bottleneck.senders as [GreedySender]
      const lost = (sender.lostDatagrams * DATAGRAM_BYTES) / sender.ackedBytes
      assert.ok(lost < 0.01, `${lost} lost`)
    })
  })

  describe('beside others', () => {
    for (const queueDatagrams of [12, 25, 50, 100]) {
      it(`leaves Cubic its part of a link with a queue of ${queueDatagrams} datagrams`, () => {
        const link = { ...SLIM, queueDatagrams }
        const share = [1, 2, 3].map((seed) => {
          return shares([bbr(seed), new Cubic(DATAGRAM_BYTES)], { ...link, seed }, 10 * SECOND, 70 * SECOND)[0]!
        })
        assertShare(mean(share), 0.4, 0.65)
      })
    }

    it('shares evenly with another Bbr, also with one that came later', () => {
      for (const startsAt of [0, 5 * SECOND]) {
        const bottleneck = new Bottleneck([bbr(1), bbr(2)], SLIM)
        bottleneck.senders[1]!.startsAt = startsAt
        bottleneck.runUntil(20 * SECOND)
        const before = bottleneck.senders.map((sender) => sender.ackedBytes)
        bottleneck.runUntil(80 * SECOND)
        const got = bottleneck.senders.map((sender, index) => sender.ackedBytes - before[index]!)
        assert.ok(jain(got) >= 0.95, `${got} bytes, the second from ${startsAt} µs on: ${jain(got)}`)
      }
    })
  })
})

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** 1: all got the same; 1 ÷ n: one got everything. */
function jain(values: readonly number[]): number {
  const squares = values.map((value) => value * value)
  return (values.length * mean(values) ** 2) / mean(squares) / values.length
}
