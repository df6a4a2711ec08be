// A session whose peer is at another address: what became of packets on the old path says nothing of the new one.

import assert from 'node:assert/strict'
import { CloseCode } from '../../../src/protocol/errors.ts'
import { MILLISECOND } from '../../../src/protocol/units.ts'
import { Flight, Minutes, START } from './flight.ts'

const OLD_RTT = 100 * MILLISECOND
const NEW_RTT = 20 * MILLISECOND

/** Some packets are on their way when the path changes. */
function moved(onTheirWay: number) {
  const flight = Flight.measured(OLD_RTT)
  const last = flight.send(onTheirWay, START)
  const old = flight.controller
  const fresh = new Minutes()
  flight.controller = fresh
  flight.loss.onNewPath()
  flight.rtt.forget()
  return { flight, old, fresh, first: last - onTheirWay + 1, last }
}

describe('LossDetector, on a new path (P-7)', () => {
  it('measures and counts nothing by what was sent on the old one, and still settles it', () => {
    const { flight, old, fresh, first, last } = moved(10)
    const before = old.acked.length
    assert.equal(flight.ack([[first, last]], START + OLD_RTT), CloseCode.none)
    assert.equal(flight.sent.bytesInFlight, 0)
    assert.equal(flight.framesAcked.length, 11)
    assert.deepEqual([flight.rtt.hasSample, fresh.acked.length, old.acked.length], [false, 0, before])
  })

  it('takes what was lost on the old one for no sign of congestion, and has it repeated', () => {
    const { flight, old, fresh, first } = moved(10)
    const probe = flight.send(1, START + NEW_RTT)
    flight.ack([[probe, probe]], START + 2 * NEW_RTT)
    assert.equal(flight.rtt.smoothed, NEW_RTT)
    assert.deepEqual(
      flight.framesLost.slice(0, 8),
      [0, 1, 2, 3, 4, 5, 6, 7].map((i) => first + i),
    )
    assert.deepEqual([fresh.lost, fresh.persistent, old.lost], [[], 0, []])
    assert.equal(fresh.acked[0]!.bytes, 1_200, 'its own packet counts')
  })

  it('cuts for what is lost on the new one', () => {
    const { flight, fresh } = moved(3)
    const last = flight.send(10, START + NEW_RTT)
    flight.ack([[last, last]], START + 2 * NEW_RTT)
    assert.equal(fresh.lost.length, 1)
    assert.equal(fresh.lost[0]!.bytes, 7 * 1_200)
  })

  it('is taught nothing by packets of the old one that arrive late after all', () => {
    const { flight, fresh, first } = moved(10)
    const last = flight.send(4, START + NEW_RTT)
    flight.ack([[last - 3, last]], START + 2 * NEW_RTT)
    flight.ack([[first, last]], START + 3 * NEW_RTT)
    assert.equal(fresh.undone, 0)
    const next = flight.send(10, START + 4 * NEW_RTT)
    flight.ack([[next - 6, next]], START + 5 * NEW_RTT)
    assert.equal(fresh.lost[0]!.bytes, 3 * 1_200, 'three packets are as many as ever')
  })
})
