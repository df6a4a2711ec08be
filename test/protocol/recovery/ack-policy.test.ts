import assert from 'node:assert/strict'
import { AckPolicy } from '../../../src/protocol/recovery/ack-policy.ts'
import { MILLISECOND, SECOND } from '../../../src/protocol/units.ts'

const START = 1_000 * SECOND
const MAX_ACK_DELAY = 25 * MILLISECOND

/** Packets in order, all asking for an ACK. */
function afterPackets(count: number, now = START): AckPolicy {
  const acks = new AckPolicy()
  for (let packet = 0; packet < count; packet++) acks.onPacket(packet, packet - 1, true, now)
  return acks
}

describe('AckPolicy', () => {
  it('owes nothing before the first packet', () => {
    const acks = new AckPolicy()
    assert.equal(acks.deadline, Infinity)
    assert.equal(acks.hasNews, false)
  })

  it('lets the first packet wait 25 ms for company and no longer (R-1)', () => {
    const acks = afterPackets(1)
    assert.equal(acks.deadline, START + MAX_ACK_DELAY)
    assert.equal(acks.isDue(START + MAX_ACK_DELAY - 1), false)
    assert.equal(acks.isDue(START + MAX_ACK_DELAY), true)
  })

  it('owes an ACK at once after the second packet (R-1)', () => {
    assert.ok(afterPackets(2).isDue(START))
  })

  it('starts counting anew once an ACK was sent', () => {
    const acks = afterPackets(2)
    acks.onAckSent()
    assert.equal(acks.deadline, Infinity)
    assert.equal(acks.hasNews, false)
    acks.onPacket(2, 1, true, START + SECOND)
    assert.equal(acks.deadline, START + SECOND + MAX_ACK_DELAY)
  })

  it('does not let a second packet postpone what the first one is owed', () => {
    const acks = afterPackets(1)
    acks.onPacket(1, 0, false, START + 20 * MILLISECOND)
    assert.equal(acks.deadline, START + MAX_ACK_DELAY)
  })

  it('reports a gap at once, and a packet that fills one (R-1)', () => {
    const gap = new AckPolicy()
    gap.onPacket(5, 3, true, START)
    assert.ok(gap.isDue(START))
    const filling = new AckPolicy()
    filling.onPacket(4, 5, true, START)
    assert.ok(filling.isDue(START))
  })

  describe('for a peer that asks for one ACK for ten packets', () => {
    function asked(packets = 10, most = 10): AckPolicy {
      const acks = new AckPolicy()
      acks.mostPacketsPerAck = most
      acks.onWish(1, packets)
      return acks
    }

    /** How many packets in order it takes until an ACK is due. */
    function packetsUntilDue(acks: AckPolicy, first = 0): number {
      acks.onAckSent()
      for (let packet = first; ; packet++) {
        acks.onPacket(packet, packet - 1, true, START)
        if (acks.isDue(START)) return packet - first + 1
      }
    }

    it('waits for the tenth, but no longer than ever (R-1, R-6)', () => {
      const acks = asked()
      assert.equal(packetsUntilDue(acks), 10)
      acks.onAckSent()
      acks.onPacket(10, 9, true, START)
      assert.equal(acks.deadline, START + MAX_ACK_DELAY)
    })

    it('waits for no more than it has said, and no fewer than two (R-6)', () => {
      assert.equal(packetsUntilDue(asked(1_000)), 10)
      assert.equal(packetsUntilDue(asked(1_000, 4)), 4)
      assert.equal(packetsUntilDue(asked(0)), 2)
    })

    it('takes the newest wish, in whatever order they come (R-6)', () => {
      const acks = asked()
      acks.onWish(3, 2)
      acks.onWish(2, 10)
      assert.equal(packetsUntilDue(acks), 2)
    })

    it('does not wait where a packet is missing: three behind it show the sender that it is lost (R-6)', () => {
      const acks = asked()
      acks.onPacket(5, 3, true, START)
      assert.ok(acks.isDue(START))
      assert.equal(packetsUntilDue(acks, 6), 2)
      assert.equal(packetsUntilDue(acks, 8), 10)
    })

    it('hurries nevertheless', () => {
      const acks = asked()
      acks.onPacket(0, -1, true, START)
      acks.hurry(START)
      assert.ok(acks.isDue(START))
    })

    it('is not asked on a reliable line, where one ACK is for 32 (T-6)', () => {
      const acks = new AckPolicy()
      acks.packetsPerAck = 32
      acks.mostPacketsPerAck = 10
      acks.onWish(1, 10)
      assert.equal(packetsUntilDue(acks), 32)
    })
  })

  it('hurries when asked to, but not without anything to tell', () => {
    const acks = afterPackets(1)
    acks.hurry(START)
    assert.ok(acks.isDue(START))
    const idle = new AckPolicy()
    idle.hurry(START)
    assert.equal(idle.deadline, Infinity)
  })

  it('never answers a bare ACK, in order or not (R-2)', () => {
    const acks = new AckPolicy()
    acks.onPacket(0, -1, false, START)
    acks.onPacket(7, 0, false, START)
    acks.onPacket(3, 7, false, START)
    assert.equal(acks.deadline, Infinity)
    assert.equal(acks.hasNews, false)
  })

  it('tells how long the largest packet has waited, not a later one that came out of order', () => {
    const acks = new AckPolicy()
    acks.onPacket(0, -1, true, START)
    acks.onPacket(5, 0, true, START + 10)
    acks.onPacket(3, 5, true, START + 500)
    assert.equal(acks.delay(START + 1_010), 1_000)
    assert.equal(acks.delay(START), 0, 'and never less than nothing')
  })

  it('asks for an ACK itself after 19 bare ACKs in a row (R-3)', () => {
    const acks = new AckPolicy()
    for (let sent = 0; sent < 18; sent++) acks.onBareAck()
    assert.equal(acks.wantsPing, false)
    acks.onBareAck()
    assert.equal(acks.wantsPing, true)
    acks.onElicitingSent()
    assert.equal(acks.wantsPing, false)
  })
})
