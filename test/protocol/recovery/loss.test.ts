import assert from 'node:assert/strict'
import fc from 'fast-check'
import { CloseCode } from '../../../src/protocol/errors.ts'
import { SentState } from '../../../src/protocol/recovery/sent.ts'
import { MILLISECOND, type Micros, SECOND } from '../../../src/protocol/units.ts'
import { Flight, PACKET_BYTES, PEER_MAX_ACK_DELAY, START } from './flight.ts'

const ROUND_TRIP = 100 * MILLISECOND
/** After one sample of 100 ms: smoothed 100, variation 50, so 100 + 4 · 50 + the peer's 26. */
const PROBE_TIMEOUT = 326 * MILLISECOND

describe('LossDetector, settling', () => {
  it('tells the controller what an ACK acknowledged, and the frames that they arrived', () => {
    const flight = Flight.measured(ROUND_TRIP)
    flight.send(2, START)
    flight.send(1, START + 5_000)
    assert.equal(flight.ack([[1, 2]], START + ROUND_TRIP), CloseCode.none)
    const told = flight.controller.acked.at(-1)!
    assert.equal(told.bytes, 2 * PACKET_BYTES)
    assert.equal(told.bytesInFlight, 3 * PACKET_BYTES, 'the sum before the ACK')
    assert.equal(told.newestSentAt, START)
    assert.equal(told.latestRtt, ROUND_TRIP)
    assert.deepEqual(flight.framesAcked, [0, 2, 1])
    assert.equal(flight.sent.bytesInFlight, PACKET_BYTES)
  })

  it('learns nothing from an ACK that says nothing new', () => {
    const flight = Flight.measured(ROUND_TRIP)
    flight.send(2, START)
    flight.ack([[1, 1]], START + ROUND_TRIP)
    const before = flight.controller.acked.length
    assert.equal(flight.ack([[0, 1]], START + 3 * ROUND_TRIP), CloseCode.none)
    assert.equal(flight.controller.acked.length, before)
    assert.equal(flight.rtt.latest, ROUND_TRIP)
  })

  it('measures only what the largest number of the ACK tells, if that is new', () => {
    const flight = Flight.measured(ROUND_TRIP)
    flight.send(3, START)
    flight.ack([[3, 3]], START + ROUND_TRIP)
    flight.ack([[1, 3]], START + 5 * ROUND_TRIP)
    assert.equal(flight.rtt.latest, ROUND_TRIP)
    assert.equal(flight.controller.acked.at(-1)!.latestRtt, 0)
  })

  it('believes a delay up to what the peer has promised', () => {
    const flight = Flight.measured(ROUND_TRIP)
    const last = flight.send(1, START)
    flight.ack([[last, last]], START + 2 * ROUND_TRIP, 90 * MILLISECOND)
    const adjusted = 2 * ROUND_TRIP - PEER_MAX_ACK_DELAY
    assert.equal(flight.rtt.smoothed, 0.875 * ROUND_TRIP + 0.125 * adjusted)
  })

  it('says whether the window held the sender back', () => {
    const flight = Flight.measured(ROUND_TRIP)
    flight.send(2, START)
    flight.loss.onHeldBack()
    flight.send(1, START)
    flight.ack([[1, 2]], START + ROUND_TRIP)
    assert.equal(flight.controller.acked.at(-1)!.isWindowLimited, true)
    flight.ack([[1, 3]], START + ROUND_TRIP)
    assert.equal(flight.controller.acked.at(-1)!.isWindowLimited, false)
  })

  it('takes no sample and gives no credit for a bare ACK of ours', () => {
    const flight = Flight.measured(ROUND_TRIP)
    flight.sent.commitBare(START)
    const before = flight.controller.acked.length
    assert.equal(flight.ack([[0, 1]], START + 9 * ROUND_TRIP), CloseCode.none)
    assert.equal(flight.controller.acked.length, before)
    assert.equal(flight.rtt.latest, ROUND_TRIP)
  })
})

describe('LossDetector, cheats', () => {
  it('refuses an ACK of a packet that was never sent (F-2)', () => {
    const flight = Flight.measured(ROUND_TRIP)
    const last = flight.send(3, START)
    assert.equal(flight.ack([[1, last + 1]], START + ROUND_TRIP), CloseCode.protocolViolation)
    assert.equal(flight.ack([[last + 1, last + 1]], START + ROUND_TRIP), CloseCode.protocolViolation)
    assert.equal(flight.ack([[0, Number.MAX_SAFE_INTEGER]], START + ROUND_TRIP), CloseCode.protocolViolation)
    assert.equal(new Flight().ack([[0, 0]], START), CloseCode.protocolViolation, 'before anything was sent')
  })

  it('refuses an ACK of a number that was left out (F-2)', () => {
    const flight = Flight.measured(ROUND_TRIP)
    flight.send(1, START)
    flight.sent.skip(START)
    const last = flight.send(1, START)
    assert.equal(flight.ack([[1, last]], START + ROUND_TRIP), CloseCode.protocolViolation)
    const honest = Flight.measured(ROUND_TRIP)
    honest.send(1, START)
    honest.sent.skip(START)
    honest.send(1, START)
    const ranges = [
      [3, 3],
      [0, 1],
    ] as const
    assert.equal(honest.ack(ranges, START + ROUND_TRIP), CloseCode.none)
  })

  it('still catches it after the packets around it have arrived, for three probe timeouts', () => {
    const flight = Flight.measured(ROUND_TRIP)
    flight.sent.skip(START)
    flight.send(1, START)
    flight.ack([[2, 2]], START + ROUND_TRIP)
    assert.equal(flight.ack([[1, 2]], START + 2 * ROUND_TRIP), CloseCode.protocolViolation)
  })

  it('costs no more than what is on its way, whatever the ACK spans', () => {
    const flight = Flight.measured(ROUND_TRIP)
    for (let round = 0; round < 300; round++) {
      const last = flight.send(1, START + round)
      assert.equal(flight.ack([[0, last]], START + round + ROUND_TRIP), CloseCode.none)
    }
    assert.equal(flight.sent.next - flight.sent.oldest, 0)
  })
})

describe('LossDetector, losses', () => {
  it('takes a packet for lost that three newer ones have overtaken, not two', () => {
    const flight = Flight.measured(ROUND_TRIP)
    flight.send(5, START)
    flight.ack([[3, 3]], START + ROUND_TRIP)
    assert.deepEqual(flight.lost, [])
    flight.ack([[3, 4]], START + ROUND_TRIP)
    assert.deepEqual(flight.lost, [1])
    assert.deepEqual(flight.framesLost, [1])
    assert.deepEqual(flight.controller.lost, [{ bytes: PACKET_BYTES, newestSentAt: START, now: START + ROUND_TRIP }])
    assert.equal(flight.sent.state(1), SentState.lost)
  })

  it('takes a packet for lost 9⁄8 of a round trip after it was sent, if a newer one has arrived', () => {
    const flight = Flight.measured(ROUND_TRIP)
    flight.send(2, START)
    flight.ack([[2, 2]], START + ROUND_TRIP)
    const lostAt = START + 1.125 * ROUND_TRIP
    assert.equal(flight.loss.deadline, lostAt)
    assert.equal(flight.loss.onDeadline(lostAt), 0, 'no probe: the loss is repaired instead')
    assert.deepEqual(flight.lost, [1])
    assert.equal(flight.loss.timeouts, 0)
    assert.equal(flight.loss.deadline, Infinity)
  })

  it('waits a millisecond at least, since no timer is finer', () => {
    const flight = Flight.measured(100)
    flight.send(2, START)
    flight.ack([[2, 2]], START + 100)
    assert.equal(flight.loss.deadline, START + MILLISECOND)
  })

  it('never takes for lost what nothing newer has overtaken', () => {
    const flight = Flight.measured(ROUND_TRIP)
    flight.send(5, START)
    flight.loss.detect(START + 3_600 * SECOND)
    assert.deepEqual(flight.lost, [])
  })

  it('loses exactly what RFC 9002 §6.1 says, and counts what is in flight, for any order of arrivals', () => {
    const step = fc.record({
      pause: fc.nat(60 * MILLISECOND),
      sends: fc.nat(6),
      acks: fc.array(fc.nat(7), { maxLength: 3 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const flight = Flight.measured(ROUND_TRIP)
        const open = new Map<number, Micros>()
        const lost: number[] = []
        let largest = 0
        let now = START
        for (const { pause, sends, acks } of steps) {
          now += pause
          for (let i = 0; i < sends; i++) open.set(flight.send(1, now), now)
          for (const back of acks) {
            const packet = [...open.keys()].at(-1 - back)
            if (packet === undefined) continue
            assert.equal(flight.ack([[packet, packet]], now), CloseCode.none)
            open.delete(packet)
            largest = Math.max(largest, packet)
            const delay = Math.max(1.125 * Math.max(flight.rtt.smoothed, flight.rtt.latest), MILLISECOND)
            for (const [candidate, sentAt] of open) {
              if (candidate >= largest || (candidate > largest - 3 && sentAt + delay > now)) continue
              lost.push(candidate)
              open.delete(candidate)
            }
          }
          assert.equal(flight.sent.packetsInFlight, open.size)
          assert.equal(flight.sent.bytesInFlight, open.size * PACKET_BYTES)
        }
        assert.deepEqual(flight.lost, lost)
      }),
    )
  })
})

describe('LossDetector, packets that ask for the size of the path', () => {
  it('are no sign of congestion when they are lost, and nobody counts them (P-9)', () => {
    const flight = Flight.measured(ROUND_TRIP)
    const probe = flight.sendSizeProbe(START)
    const last = flight.send(4, START)
    flight.ack([[last - 3, last]], START + ROUND_TRIP)
    assert.deepEqual(flight.framesLost, [probe])
    assert.deepEqual([flight.controller.lost, flight.lost], [[], []])
    assert.equal(flight.sent.bytesInFlight, 0)
  })

  it('do not undo a cut that they did not cause when they are late', () => {
    const flight = Flight.measured(ROUND_TRIP)
    const lost = flight.send(1, START)
    const probe = flight.sendSizeProbe(START)
    const last = flight.send(4, START)
    flight.ack([[last - 3, last]], START + ROUND_TRIP)
    assert.equal(flight.controller.lost.length, 1)
    flight.ack([[probe, last]], START + ROUND_TRIP + 1)
    assert.equal(flight.controller.undone, 0)
    flight.ack([[lost, last]], START + ROUND_TRIP + 2)
    assert.equal(flight.controller.undone, 1)
  })
})

describe('LossDetector, probes', () => {
  it('has nothing to wait for while nothing is on its way', () => {
    assert.equal(new Flight().loss.deadline, Infinity)
    assert.equal(Flight.measured(ROUND_TRIP).loss.deadline, Infinity)
  })

  it('asks for two probes a probe timeout after the last packet that wants an ACK', () => {
    const flight = Flight.measured(ROUND_TRIP)
    flight.send(1, START)
    flight.send(1, START + 10_000)
    assert.equal(flight.loss.deadline, START + 10_000 + PROBE_TIMEOUT)
    assert.equal(flight.loss.onDeadline(START + 10_000 + PROBE_TIMEOUT), 2)
    assert.deepEqual(flight.lost, [], 'a timeout alone loses nothing')
  })

  it('doubles the timeout each time, up to a second (R-4)', () => {
    const flight = Flight.measured(ROUND_TRIP)
    const waits: Micros[] = []
    let now = START
    for (let i = 0; i < 40; i++) {
      flight.send(1, now)
      waits.push(flight.loss.deadline - now)
      now = flight.loss.deadline
      flight.loss.onDeadline(now)
    }
    assert.deepEqual(waits.slice(0, 4), [PROBE_TIMEOUT, 2 * PROBE_TIMEOUT, SECOND, SECOND])
    assert.deepEqual(waits.at(-1), SECOND)
  })

  it('does not cap a timeout that is longer than a second without backoff (R-4)', () => {
    const flight = Flight.measured(2 * SECOND)
    flight.send(1, START)
    const plain = flight.loss.deadline - START
    assert.equal(plain, 6 * SECOND + PEER_MAX_ACK_DELAY)
    flight.loss.onDeadline(START + plain)
    flight.send(1, START + plain)
    assert.equal(flight.loss.deadline - START - plain, plain)
  })

  it('starts over once anything is acknowledged', () => {
    const flight = Flight.measured(ROUND_TRIP)
    flight.send(2, START)
    flight.loss.onDeadline(flight.loss.deadline)
    flight.loss.onDeadline(flight.loss.deadline)
    assert.equal(flight.loss.timeouts, 2)
    flight.ack([[1, 1]], START + SECOND)
    assert.equal(flight.loss.timeouts, 0)
  })
})

describe('LossDetector, persistent congestion', () => {
  /** Sends a packet every 100 ms for `span`, all of them lost, and one more that shows it. */
  function silence(flight: Flight, span: Micros): void {
    const from = flight.sent.next
    for (let at = 0; at <= span; at += 100 * MILLISECOND) flight.send(1, START + at)
    const through = flight.sent.next - 1
    const last = flight.send(1, START + span + ROUND_TRIP)
    flight.ack([[last, last]], START + span + 2 * ROUND_TRIP)
    assert.deepEqual([flight.lost[0], flight.lost.at(-1)], [from, through])
  }

  it('is losing everything for longer than three probe timeouts', () => {
    const flight = Flight.measured(ROUND_TRIP)
    // The ACK brings the second sample: 3 · (100 + 4 · 37.5 + 26) = 828 ms.
    silence(flight, 900 * MILLISECOND)
    assert.equal(flight.controller.persistent, 1)
  })

  it('is not losing everything for a little less', () => {
    const flight = Flight.measured(ROUND_TRIP)
    silence(flight, 800 * MILLISECOND)
    assert.equal(flight.controller.persistent, 0)
  })

  it('is not a single old loss', () => {
    const flight = Flight.measured(ROUND_TRIP)
    flight.send(1, START)
    const last = flight.send(3, START + 5 * SECOND)
    flight.ack([[last, last]], START + 5 * SECOND + ROUND_TRIP)
    assert.deepEqual(flight.lost, [1])
    assert.equal(flight.controller.persistent, 0)
  })

  it('is not a span in which something arrived', () => {
    const flight = Flight.measured(ROUND_TRIP)
    flight.send(2, START)
    const middle = flight.send(1, START + 600 * MILLISECOND)
    flight.send(2, START + 1_200 * MILLISECOND)
    const last = flight.send(4, START + 1_300 * MILLISECOND)
    const ranges = [
      [last, last],
      [middle, middle],
    ] as const
    flight.ack(ranges, START + 1_400 * MILLISECOND)
    assert.deepEqual(flight.lost, [1, 2, 4, 5, 6])
    assert.equal(flight.controller.persistent, 0)
  })

  // The window fell to its least when the first flight of a session met a line that was down.
  it('does not begin before the path was measured once (RFC 9002 §7.6.2)', () => {
    const flight = new Flight()
    for (let at = 0; at < 5; at++) flight.send(1, START + at * SECOND)
    const last = flight.send(4, START + 5 * SECOND)
    flight.ack([[last, last]], START + 5 * SECOND + ROUND_TRIP)
    assert.ok(flight.lost.length >= 5)
    assert.equal(flight.controller.persistent, 0)
  })

  it('may begin with the first packet if the handshake has measured the path', () => {
    const flight = new Flight()
    flight.rtt.sample(ROUND_TRIP, 0)
    silence(flight, SECOND)
    assert.equal(flight.controller.persistent, 1)
  })
})
