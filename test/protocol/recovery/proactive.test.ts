import assert from 'node:assert/strict'
import { MOST_REPEATED_BYTES, ProactiveRepeats } from '../../../src/protocol/recovery/proactive.ts'
import { SentFrame } from '../../../src/protocol/recovery/sent.ts'
import { MILLISECOND } from '../../../src/protocol/units.ts'
import { Flight } from './flight.ts'

const ROUND_TRIP = 80 * MILLISECOND
const DELAY = ROUND_TRIP / 8
const MESSAGE = 200

/** A session of which only what concerns second copies is there. */
class Rig {
  readonly flight = new Flight()
  readonly sender = { deadline: Number.POSITIVE_INFINITY, packetsSent: 100 }
  readonly proactive: ProactiveRepeats

  constructor(losses: number) {
    const { sent, rtt, actions } = this.flight
    rtt.sample(ROUND_TRIP, 0)
    const { flight, sender } = this
    const parts = {
      sent,
      rtt,
      actions,
      sender,
      get controller() {
        return flight.controller
      },
    }
    this.proactive = new ProactiveRepeats(parts)
    for (let loss = 0; loss < losses; loss++) this.proactive.onLost()
  }

  /** One packet with one frame, which `framesLost` names by the packet's number. */
  send(now: number, { bytes = MESSAGE, kind = SentFrame.stream as number, isRepeated = false } = {}): number {
    const { sent } = this.flight
    const packet = sent.next
    sent.record(kind, 1, packet, bytes, isRepeated)
    sent.commit(bytes + 40, now)
    this.proactive.onSent(now)
    return packet
  }

  get repeated(): readonly number[] {
    return this.flight.framesLost
  }
}

describe('second copies of small messages', () => {
  let rig: Rig

  beforeEach(() => {
    rig = new Rig(2)
  })

  it('are due an eighth of a round trip after what they repeat, and made once', () => {
    const packet = rig.send(1_000)
    assert.equal(rig.proactive.deadline, 1_000 + DELAY)
    rig.proactive.onDeadline(999 + DELAY)
    assert.deepEqual(rig.repeated, [])
    rig.proactive.onDeadline(1_000 + DELAY)
    assert.deepEqual([rig.repeated, rig.proactive.deadline], [[packet], Number.POSITIVE_INFINITY])
    rig.proactive.onDeadline(1_000 + 2 * DELAY)
    assert.deepEqual(rig.repeated, [packet])
  })

  it('are at least a millisecond behind', () => {
    rig.flight.rtt.forget()
    rig.flight.rtt.sample(100, 0)
    rig.send(0)
    assert.equal(rig.proactive.deadline, MILLISECOND)
  })

  it('go together with those that are due soon, and the rest have a time of their own', () => {
    const packets = [0, 0.4, 0.6].map((part) => rig.send(part * DELAY))
    rig.proactive.onDeadline(DELAY)
    assert.deepEqual(rig.repeated, packets.slice(0, 2))
    assert.equal(rig.proactive.deadline, 1.6 * DELAY)
    rig.proactive.onDeadline(1.6 * DELAY)
    assert.deepEqual(rig.repeated, packets)
  })

  it('are not made of what has arrived, of copies, of pieces of something longer, or of anything but bytes of streams', () => {
    const arrived = rig.send(0)
    rig.send(0, { isRepeated: true })
    rig.send(0, { bytes: MOST_REPEATED_BYTES + 1 })
    rig.send(0, { kind: SentFrame.maxData, bytes: 0 })
    const end = rig.send(0, { kind: SentFrame.streamFin, bytes: MOST_REPEATED_BYTES })
    rig.flight.sent.settle(arrived, rig.flight.actions)
    rig.proactive.onDeadline(DELAY)
    assert.deepEqual(rig.repeated, [end])
  })

  it('are not made on a line that loses one packet in a thousand, or that has lost one', () => {
    for (const losses of [0, 1]) {
      rig = new Rig(losses)
      rig.send(0)
      assert.equal(rig.proactive.deadline, Number.POSITIVE_INFINITY, `${losses} losses`)
    }
    rig = new Rig(0)
    for (let packet = 0; packet < 10_000; packet++) {
      if (packet % 1_000 === 0) rig.proactive.onLost()
      rig.send(packet)
    }
    rig.proactive.onDeadline(Number.MAX_SAFE_INTEGER)
    rig.send(10_000)
    assert.equal(rig.proactive.deadline, Number.POSITIVE_INFINITY)
  })

  it('stop when what was taken for lost was only late', () => {
    for (let found = 0; found < 5; found++) rig.proactive.onFound()
    rig.proactive.onLost()
    rig.send(0)
    assert.equal(rig.proactive.deadline, Number.POSITIVE_INFINITY)
  })

  it('stop when the line has long lost nothing', () => {
    rig = new Rig(100)
    for (let packet = 0; packet < 60_000; packet++) {
      rig.flight.sent.settle(rig.send(packet), rig.flight.actions)
      rig.flight.sent.advance(packet)
    }
    rig.proactive.onDeadline(Number.MAX_SAFE_INTEGER)
    rig.send(60_000)
    assert.equal(rig.proactive.deadline, Number.POSITIVE_INFINITY)
  })

  it('are left out where as much again would fill the window, and not made up for', () => {
    rig.flight.controller.windowBytes = 3 * (MESSAGE + 40)
    rig.send(0)
    rig.send(0)
    rig.proactive.onDeadline(DELAY)
    rig.flight.controller.windowBytes = Number.POSITIVE_INFINITY
    rig.send(DELAY)
    rig.proactive.onDeadline(2 * DELAY)
    assert.deepEqual(rig.repeated, [2])
  })

  it('are left out while the pacer holds something back', () => {
    rig.send(0)
    rig.sender.deadline = 2 * DELAY
    rig.proactive.onDeadline(DELAY)
    assert.deepEqual(rig.repeated, [])
  })
})
