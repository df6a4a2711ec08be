import assert from 'node:assert/strict'
import { Losses } from '../../../../src/protocol/congestion/bbr/losses.ts'
import { MILLISECOND, type Micros } from '../../../../src/protocol/units.ts'
import { acknowledge } from '../acknowledge.ts'

const DATAGRAM_BYTES = 1_200
const LEAST: Micros = 80 * MILLISECOND
/** An eighth is 10 ms. */
const QUEUEING: Micros = 95 * MILLISECOND
/** Datagrams of a round. */
const ROUND = 1_000
const RATE = (ROUND * DATAGRAM_BYTES) / LEAST

interface Round {
  readonly lost: number
  readonly rtt?: Micros
  readonly rate?: number
}

/** Lives through rounds of ACKs of ten datagrams each; says whether the last was congested. */
class Course {
  readonly losses = new Losses(DATAGRAM_BYTES)
  #delivered: number

  /** What the session had delivered before it had a controller. */
  constructor(delivered = 0) {
    this.#delivered = delivered
  }

  round({ lost, rtt = LEAST, rate = RATE }: Round): boolean {
    const began = this.#delivered
    if (lost > 0) this.losses.onLost(lost * DATAGRAM_BYTES)
    for (let i = 0; i < ROUND / 10; i++) this.#ack(began - 1, { rtt, rate })
    this.#ack(this.#delivered, { rtt, rate })
    assert.ok(this.losses.isRoundOver)
    const isCongested = this.losses.judge(RATE)
    this.losses.nextRound(acknowledge({ delivered: this.#delivered, deliveredBefore: began, rate }))
    return isCongested
  }

  isTooMuch(lost: number, rtt: Micros): boolean {
    for (let i = 0; i < ROUND / 10; i++) this.#ack(this.#delivered - 1, { rtt, rate: RATE })
    return this.losses.isTooMuch(
      acknowledge({ lostSince: lost * DATAGRAM_BYTES, inFlightThen: ROUND * DATAGRAM_BYTES }),
    )
  }

  #ack(deliveredBefore: number, { rtt, rate }: { rtt: Micros; rate: number }): void {
    this.#delivered += 10 * DATAGRAM_BYTES
    const bytes = 10 * DATAGRAM_BYTES
    const delivery = { delivered: this.#delivered, deliveredBefore, rate }
    const ack = acknowledge({
      bytes,
      bytesInFlight: ROUND * DATAGRAM_BYTES,
      latestRtt: rtt,
      minRtt: LEAST,
      ...delivery,
    })
    this.losses.onAcked(ack, false)
  }
}

describe('Losses', () => {
  it('are those of the line by what was sent since there is a controller, and not by all that the session has delivered', () => {
    const course = new Course(1e9)
    course.round({ lost: 50 })
    assert.ok(Math.abs(course.losses.ownLoss - 50 / 1_060) < 1e-6, `${course.losses.ownLoss}`)
  })

  it('are not congestion while neither the round trip rises nor the rate falls, however many they are', () => {
    const course = new Course()
    for (const lost of [1, 10, 50, 100, 200]) assert.equal(course.round({ lost }), false, `${lost} of ${ROUND}`)
  })

  it('are congestion with a standing queue', () => {
    const course = new Course()
    assert.equal(course.round({ lost: 0, rtt: QUEUEING }), false)
    assert.equal(course.round({ lost: 1, rtt: QUEUEING }), true)
  })

  it('are congestion once two rounds in a row delivered a fifth less than was sent, not after one', () => {
    const course = new Course()
    assert.equal(course.round({ lost: 30, rate: 0.75 * RATE }), false)
    assert.equal(course.round({ lost: 30, rate: 0.75 * RATE }), true)
    assert.equal(course.round({ lost: 30, rate: 0.85 * RATE }), false)
  })

  it('are not congestion with a queue either, as far as the line loses as many without one', () => {
    const course = new Course()
    for (let i = 0; i < 30; i++) course.round({ lost: 50 })
    assert.ok(Math.abs(course.losses.ownLoss - 0.05) < 0.005, `${course.losses.ownLoss}`)
    assert.equal(course.round({ lost: 55, rtt: QUEUEING }), false)
    assert.equal(course.round({ lost: 90, rtt: QUEUEING }), true)
  })

  it('teach nothing of the line while a queue stands', () => {
    const course = new Course()
    for (let i = 0; i < 30; i++) course.round({ lost: 50, rtt: QUEUEING })
    assert.equal(course.losses.ownLoss, 0)
  })

  it('are forgotten when the line gets better', () => {
    const course = new Course()
    for (let i = 0; i < 30; i++) course.round({ lost: 50 })
    for (let i = 0; i < 100; i++) course.round({ lost: 0 })
    assert.ok(course.losses.ownLoss < 0.005, `${course.losses.ownLoss}`)
  })

  it('are too many for a probe beyond two in a hundred, with a queue and not without', () => {
    assert.equal(new Course().isTooMuch(30, LEAST), false)
    assert.equal(new Course().isTooMuch(30, QUEUEING), true)
    assert.equal(new Course().isTooMuch(15, QUEUEING), false)
  })

  it('see no queue in a single late ACK', () => {
    const course = new Course()
    course.round({ lost: 0 })
    course.losses.onAcked(
      acknowledge({ bytes: 1_200, bytesInFlight: ROUND * 1_200, latestRtt: 3 * LEAST, minRtt: LEAST }),
      false,
    )
    assert.equal(course.losses.isQueueing, false)
  })
})
