import assert from 'node:assert/strict'
import { MILLISECOND } from '../../../src/protocol/units.ts'
import { Flight, START } from './flight.ts'

const ROUND_TRIP = 100 * MILLISECOND

describe('LossDetector, packets that arrive after they were taken for lost', () => {
  it('raise the packet threshold to what was seen', () => {
    const flight = Flight.measured(ROUND_TRIP)
    flight.send(6, START)
    flight.ack([[2, 6]], START + ROUND_TRIP)
    assert.deepEqual(flight.lost, [1])
    flight.ack([[1, 6]], START + ROUND_TRIP + 1)
    const next = flight.send(8, START + ROUND_TRIP + 1) - 7
    flight.ack([[next + 1, next + 5]], START + 2 * ROUND_TRIP)
    assert.deepEqual(flight.lost, [1], 'five newer ones no longer count as a loss')
    flight.ack([[next + 1, next + 6]], START + 2 * ROUND_TRIP)
    assert.deepEqual(flight.lost, [1, next])
  })

  it('raise it to 64 at most', () => {
    const flight = Flight.measured(ROUND_TRIP)
    const last = flight.send(200, START)
    flight.ack([[2, last]], START + ROUND_TRIP)
    flight.ack([[1, last]], START + ROUND_TRIP)
    const next = flight.send(100, START + ROUND_TRIP) - 99
    flight.ack([[next + 1, next + 63]], START + 2 * ROUND_TRIP)
    assert.deepEqual(flight.lost, [1])
    flight.ack([[next + 1, next + 64]], START + 2 * ROUND_TRIP)
    assert.deepEqual(flight.lost, [1, next])
  })

  it('raise the time threshold if it was time that was too short', () => {
    const flight = Flight.measured(ROUND_TRIP)
    flight.send(2, START)
    flight.ack([[2, 2]], START + ROUND_TRIP)
    flight.loss.onDeadline(flight.loss.deadline)
    assert.deepEqual(flight.lost, [1])
    flight.ack([[1, 2]], START + 1.2 * ROUND_TRIP)
    const again = START + 2 * ROUND_TRIP
    const last = flight.send(2, again)
    flight.ack([[last, last]], again + ROUND_TRIP)
    assert.equal(flight.loss.deadline, again + 1.125 * 1.25 * ROUND_TRIP)
  })

  // Once the packet threshold had been raised, a loss by time taught nothing: it came back every round trip.
  it('raise the time threshold also when the packet threshold is high already', () => {
    const flight = Flight.measured(ROUND_TRIP)
    flight.send(9, START)
    flight.ack([[2, 9]], START + ROUND_TRIP)
    flight.ack([[1, 9]], START + ROUND_TRIP)
    const again = START + 2 * ROUND_TRIP
    const late = flight.send(6, again) - 5
    flight.ack([[late + 1, late + 5]], again + ROUND_TRIP)
    flight.loss.onDeadline(flight.loss.deadline)
    assert.deepEqual(flight.lost, [1, late])
    flight.ack([[late, late + 5]], again + 1.2 * ROUND_TRIP)
    const third = again + 2 * ROUND_TRIP
    const last = flight.send(2, third)
    flight.ack([[last, last]], third + ROUND_TRIP)
    assert.equal(flight.loss.deadline, third + 1.125 * 1.25 * ROUND_TRIP)
  })

  it('undo the cut when all of them have arrived, once', () => {
    const flight = Flight.measured(ROUND_TRIP)
    flight.send(6, START)
    flight.ack([[3, 6]], START + ROUND_TRIP)
    assert.deepEqual(flight.lost, [1, 2])
    flight.ack([[2, 6]], START + ROUND_TRIP)
    assert.equal(flight.controller.undone, 0, 'one is still missing')
    flight.ack([[1, 6]], START + ROUND_TRIP)
    assert.equal(flight.controller.undone, 1)
    flight.ack([[1, 6]], START + ROUND_TRIP)
    assert.equal(flight.controller.undone, 1)
  })

  it('do not undo a cut of which one loss was real', () => {
    const flight = Flight.measured(ROUND_TRIP)
    flight.send(6, START)
    flight.ack([[3, 6]], START + ROUND_TRIP)
    flight.send(8, START + ROUND_TRIP)
    flight.ack(
      [
        [8, 14],
        [2, 6],
      ],
      START + 2 * ROUND_TRIP,
    )
    assert.equal(flight.controller.undone, 0)
  })

  // Late packets of an older cut were counted as arrivals of the newer one, and gave back a window that a real loss had cost.
  it('of an older cut do not undo a newer one', () => {
    const flight = Flight.measured(ROUND_TRIP)
    flight.send(6, START)
    flight.ack([[2, 6]], START + ROUND_TRIP)
    assert.deepEqual(flight.lost, [1])
    const second = START + ROUND_TRIP + 1
    const real = flight.send(6, second) - 5
    flight.ack([[real + 1, real + 5]], second + ROUND_TRIP)
    assert.deepEqual(flight.lost, [1, real])
    flight.ack(
      [
        [real + 1, real + 5],
        [1, 6],
      ],
      second + ROUND_TRIP + 1,
    )
    assert.equal(flight.controller.undone, 0)
  })
})
