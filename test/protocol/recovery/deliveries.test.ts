import assert from 'node:assert/strict'
import type { AckedBytes } from '../../../src/protocol/congestion/controller.ts'
import { MILLISECOND, type Micros } from '../../../src/protocol/units.ts'
import { Flight, PACKET_BYTES, START } from './flight.ts'

const ROUND_TRIP = 100 * MILLISECOND

/** What the controller is told when `packets` are acknowledged. */
function told(flight: Flight, [first, last]: readonly [number, number], now: Micros): AckedBytes {
  flight.ack([[first, last]], now)
  return flight.controller.acked.at(-1)!
}

/** Sends a packet every so often; each is acknowledged a round trip later. What the last ACK told. */
function steady(flight: Flight, packets: number, every: Micros): AckedBytes {
  const ahead = ROUND_TRIP / every
  for (let i = 0; i < packets + ahead; i++) {
    const now = START + i * every
    if (i >= ahead) flight.ack([[1, 1 + i - ahead]], now)
    if (i < packets) flight.send(1, now)
  }
  return flight.controller.acked.at(-1)!
}

describe('Deliveries', () => {
  it('measures what arrived between two acknowledgements a round trip apart', () => {
    const flight = Flight.measured(ROUND_TRIP)
    const { rate } = steady(flight, 30, 10 * MILLISECOND)
    assert.equal(rate, PACKET_BYTES / (10 * MILLISECOND))
  })

  it('never believes in more than was sent in the time in which it was sent, however closely ACKs come', () => {
    const flight = Flight.measured(ROUND_TRIP)
    for (let i = 0; i < 20; i++) flight.send(1, START + i * 10 * MILLISECOND)
    let fastest = 0
    for (let i = 0; i < 20; i++) fastest = Math.max(fastest, told(flight, [1, 1 + i], START + 3 * ROUND_TRIP + i).rate)
    assert.ok(fastest > 0 && fastest <= PACKET_BYTES / (9 * MILLISECOND), `${fastest} bytes a µs`)
  })

  it('shows no more by the first ACKs of a clump than by its last', () => {
    const flight = Flight.measured(ROUND_TRIP)
    for (let i = 0; i < 40; i++) flight.send(1, START + i * 10 * MILLISECOND)
    const rates: number[] = []
    for (let i = 0; i < 10; i++) told(flight, [1, 1 + i], START + ROUND_TRIP + i * 10 * MILLISECOND)
    // From the eleventh on they come together, 50 ms late.
    for (let i = 11; i <= 16; i++) rates.push(told(flight, [1, i], START + ROUND_TRIP + 200 * MILLISECOND).rate)
    assert.equal(Math.max(...rates), rates.at(-1))
  })

  it('does not count time in which nothing was on its way', () => {
    const flight = Flight.measured(ROUND_TRIP)
    const later = START + 100 * ROUND_TRIP
    flight.send(10, later)
    assert.equal(told(flight, [1, 10], later + ROUND_TRIP).rate, (10 * PACKET_BYTES) / ROUND_TRIP)
  })

  it('says what left while there was too little to send, until that has arrived', () => {
    const flight = Flight.measured(ROUND_TRIP)
    flight.send(2, START)
    flight.sent.deliveries.onStarved(flight.sent.bytesInFlight)
    flight.send(2, START + 1)
    assert.equal(told(flight, [1, 2], START + ROUND_TRIP).isStarved, false)
    assert.equal(told(flight, [1, 4], START + ROUND_TRIP + 1).isStarved, true)
    flight.send(1, START + ROUND_TRIP + 2)
    assert.equal(told(flight, [1, 5], START + 2 * ROUND_TRIP + 2).isStarved, false)
  })

  it('counts what was lost since a packet left, and what was in flight then', () => {
    const flight = Flight.measured(ROUND_TRIP)
    flight.send(8, START)
    const last = flight.send(1, START + 1)
    flight.ack([[5, 8]], START + ROUND_TRIP)
    const { lostSince, inFlightThen } = told(flight, [last, last], START + ROUND_TRIP + 1)
    assert.equal(lostSince, 4 * PACKET_BYTES)
    assert.equal(inFlightThen, 9 * PACKET_BYTES)
  })

  it('keeps what it knows of each packet while the ring grows', () => {
    const flight = Flight.measured(ROUND_TRIP)
    const { rate } = steady(flight, 500, MILLISECOND)
    assert.equal(rate, PACKET_BYTES / MILLISECOND)
  })

  it('measures nothing on a new path against the old one', () => {
    const flight = Flight.measured(ROUND_TRIP)
    const old = flight.send(4, START)
    flight.loss.onNewPath()
    const first = flight.send(4, START + 50 * MILLISECOND) - 3
    flight.ack([[1, old]], START + ROUND_TRIP)
    const { rate } = told(flight, [first, first + 3], START + 150 * MILLISECOND)
    assert.equal(rate, (4 * PACKET_BYTES) / ROUND_TRIP)
  })
})
