// A session that says little has no congestion controller of its own: when it gets one, and when it gives it back.

import assert from 'node:assert/strict'
import { AT_REST } from '../../src/protocol/congestion/at-rest.ts'
import type { CongestionController } from '../../src/protocol/congestion/controller.ts'
import { type Micros, SECOND } from '../../src/protocol/units.ts'
import { NOW, type Packet, PacketBench } from './packet-bench.ts'

const DATAGRAM = 1_200
const KEPT_FOR: Micros = 300 * SECOND

/** Writes down which controllers were made, and what the last one was told of what has left. */
class Bench extends PacketBench {
  readonly made: { maxDatagramBytes: number; sent: [bytes: number, bytesInFlight: number][] }[]

  constructor() {
    const made: Bench['made'] = []
    super({
      newController(maxDatagramBytes): CongestionController {
        const sent: [number, number][] = []
        made.push({ maxDatagramBytes, sent })
        return {
          name: 'written down',
          windowBytes: 100 * DATAGRAM,
          inSlowStart: false,
          pacingRate: 0,
          onSent: (bytes, bytesInFlight) => sent.push([bytes, bytesInFlight]),
          onAcked() {},
          onLost() {},
          onPersistentCongestion() {},
          onSpuriousLoss() {},
          onMaxDatagramBytes() {},
        }
      },
    })
    this.made = made
  }

  /** On the control stream, since a stream that is open keeps everything as it is. */
  say(bytes: number, now: Micros = NOW): Packet[] {
    this.control.write(new Uint8Array(bytes))
    return this.send(now)
  }

  acknowledgeAll(packets: readonly Packet[], now: Micros): void {
    this.acknowledge(packets[0]!.number, packets.at(-1)!.number, now)
  }

  /** A packet has come every ten seconds, from one of these moments to the other. */
  rest(from: Micros, to: Micros): void {
    for (let now = from; now <= to; now += 10 * SECOND) this.parts.rest(now)
  }

  get isAtRest(): boolean {
    return this.parts.controller === AT_REST.controller && this.parts.pacer === AT_REST.pacer
  }
}

describe('a session at rest', () => {
  it('has no controller, however often it says a little and hears that it has arrived', () => {
    const bench = new Bench()
    for (let i = 0; i < 1_000; i++) {
      const now = NOW + i * SECOND
      bench.acknowledgeAll(bench.say(500, now), now + 1_000)
    }
    assert.equal(bench.made.length, 0)
    assert.ok(bench.isAtRest)
  })

  it('gets one before its first full datagram counts, and a window with it', () => {
    const bench = new Bench()
    const packets = bench.say(200 * DATAGRAM)
    assert.equal(bench.made.length, 1)
    assert.deepEqual(bench.made[0]!.sent[0], [DATAGRAM, DATAGRAM])
    assert.equal(packets.length, bench.made[0]!.sent.length)
    assert.ok(bench.parts.sent.bytesInFlight <= 100 * DATAGRAM)
  })

  it('gets one when many small packets are under way together', () => {
    const bench = new Bench()
    let inFlight = 0
    for (let i = 0; inFlight < DATAGRAM; i++) {
      assert.equal(bench.made.length, 0, `${inFlight} bytes under way`)
      inFlight += bench.say(100, NOW + i)[0]!.bytes
    }
    assert.equal(bench.made[0]!.sent[0]![1], inFlight)
  })

  it('gives it back after five minutes with no more than keep-alives, and gets another for what comes then', () => {
    const bench = new Bench()
    bench.acknowledgeAll(bench.say(20 * DATAGRAM), NOW + 1_000)
    bench.rest(NOW + 10 * SECOND, NOW + KEPT_FOR)
    assert.ok(!bench.isAtRest, 'what was learnt is good for five minutes')
    bench.rest(NOW + KEPT_FOR + 10 * SECOND, NOW + KEPT_FOR + 10 * SECOND)
    assert.ok(bench.isAtRest)
    const large = 9_000
    bench.parts.sender.resize(large)
    bench.say(20 * DATAGRAM, NOW + 2 * KEPT_FOR)
    assert.deepEqual(
      bench.made.map(({ maxDatagramBytes }) => maxDatagramBytes),
      [DATAGRAM, large],
    )
  })

  it('keeps it for as long as something is said now and then', () => {
    const bench = new Bench()
    bench.acknowledgeAll(bench.say(20 * DATAGRAM), NOW + 1_000)
    for (let i = 1; i <= 10; i++) {
      const now = NOW + (i * KEPT_FOR) / 2
      bench.acknowledgeAll(bench.say(2 * DATAGRAM, now), now + 1_000)
      bench.rest(now + 10 * SECOND, now + KEPT_FOR / 2 - 10 * SECOND)
    }
    assert.equal(bench.made.length, 1)
    assert.ok(!bench.isAtRest)
  })

  it('keeps it while a stream is open', () => {
    const bench = new Bench()
    bench.streamWith(20 * DATAGRAM)
    bench.acknowledgeAll(bench.send(NOW), NOW + 1_000)
    bench.rest(NOW + 10 * SECOND, NOW + 3 * KEPT_FOR)
    assert.ok(!bench.isAtRest)
  })
})
