import assert from 'node:assert/strict'
import { AckFrequency } from '../../../src/protocol/recovery/ack-frequency.ts'
import { Rtt } from '../../../src/protocol/recovery/rtt.ts'
import { MILLISECOND, type Micros, SECOND } from '../../../src/protocol/units.ts'

const START: Micros = 1_000 * SECOND
const ROUND_TRIP = 80 * MILLISECOND
const DATAGRAM = 1_200
/** 50 Mbit/s over that round trip. */
const FAST_WINDOW = 500_000

const rtt = new Rtt()
rtt.sample(ROUND_TRIP, 0)

function knownTo(peerMost: number): AckFrequency {
  const frequency = new AckFrequency()
  frequency.peerMost = peerMost
  return frequency
}

const cruising = (windowBytes: number) => ({ windowBytes, inSlowStart: false })

describe('AckFrequency', () => {
  it('asks for one ACK for ten packets on a fast path, once (R-6)', () => {
    const frequency = knownTo(10)
    frequency.onFull(cruising(FAST_WINDOW), DATAGRAM, rtt, START)
    assert.deepEqual([frequency.wantsTelling, frequency.packetsPerAck, frequency.sequence], [true, 10, 1])
    frequency.wantsTelling = false
    for (let now = START; now < START + SECOND; now += ROUND_TRIP)
      frequency.onFull(cruising(FAST_WINDOW), DATAGRAM, rtt, now)
    assert.equal(frequency.wantsTelling, false)
  })

  it('asks for no more than the peer does, and for nothing where it does not know the frame (R-6)', () => {
    const some = knownTo(4)
    some.onFull(cruising(FAST_WINDOW), DATAGRAM, rtt, START)
    assert.equal(some.packetsPerAck, 4)
    const none = knownTo(0)
    none.onFull(cruising(FAST_WINDOW), DATAGRAM, rtt, START)
    assert.deepEqual([none.wantsTelling, none.packetsPerAck], [false, 2])
  })

  it('asks for nothing below 50 Mbit/s, and goes on asking down to 25', () => {
    const frequency = knownTo(10)
    const asked = [FAST_WINDOW - 1, FAST_WINDOW, FAST_WINDOW / 2, FAST_WINDOW / 2 - 1, FAST_WINDOW - 1].map(
      (windowBytes, index) => {
        frequency.onFull(cruising(windowBytes), DATAGRAM, rtt, START + index * ROUND_TRIP)
        return frequency.packetsPerAck
      },
    )
    assert.deepEqual(asked, [2, 10, 10, 2, 2])
  })

  it('leaves eight ACKs to a window, sixteen in slow start', () => {
    const large = 60_000
    const wish = (inSlowStart: boolean) => {
      const frequency = knownTo(10)
      frequency.onFull({ windowBytes: 64 * large, inSlowStart }, large, rtt, START)
      return frequency.packetsPerAck
    }
    assert.deepEqual([wish(false), wish(true)], [8, 4])
  })

  it('looks once a round trip', () => {
    const frequency = knownTo(10)
    frequency.onFull(cruising(1), DATAGRAM, rtt, START)
    frequency.onFull(cruising(FAST_WINDOW), DATAGRAM, rtt, START + ROUND_TRIP - 1)
    assert.equal(frequency.packetsPerAck, 2)
    frequency.onFull(cruising(FAST_WINDOW), DATAGRAM, rtt, START + ROUND_TRIP)
    assert.equal(frequency.packetsPerAck, 10)
  })

  it('asks for nothing before the round trip is known, and then does not wait for a guess of it', () => {
    const frequency = knownTo(10)
    const unknown = new Rtt()
    frequency.onFull(cruising(FAST_WINDOW), DATAGRAM, unknown, START)
    assert.equal(frequency.packetsPerAck, 2)
    unknown.sample(MILLISECOND, 0)
    frequency.onFull(cruising(FAST_WINDOW), DATAGRAM, unknown, START + MILLISECOND)
    assert.equal(frequency.packetsPerAck, 10)
  })

  it('says again what was lost, if it still holds', () => {
    const frequency = knownTo(10)
    frequency.onFull(cruising(FAST_WINDOW), DATAGRAM, rtt, START)
    frequency.onFull(cruising(1), DATAGRAM, rtt, START + ROUND_TRIP)
    frequency.wantsTelling = false
    frequency.onLost(1)
    assert.equal(frequency.wantsTelling, false)
    frequency.onLost(2)
    assert.equal(frequency.wantsTelling, true)
  })
})
