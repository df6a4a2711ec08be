// When an endpoint acknowledges what a peer sends, and when it does not.

import assert from 'node:assert/strict'
import type { Endpoint } from '../../src/protocol/endpoint.ts'
import { TOLD_MAX_ACK_DELAY } from '../../src/protocol/limits.ts'
import { type Micros, SECOND } from '../../src/protocol/units.ts'
import { FrameType } from '../../src/protocol/wire/frame-types.ts'
import { bytesOf } from './bytes.ts'
import { ENDS, newEndpoint, outgoing, START } from './endpoints.ts'
import { RawPeer } from './raw-peer.ts'

/** A listener that owes its peer nothing, and has said all it had to. */
function settled(): { readonly listener: Endpoint; readonly peer: RawPeer } {
  const listener = newEndpoint({ seed: 2, acceptsSessions: true })
  const peer = new RawPeer(listener, { seed: 1, path: ENDS.here }, START)
  outgoing(listener, START)
  return { listener, peer }
}

/** Packets with an ACK in front that the listener sends now. */
function acks(listener: Endpoint, peer: RawPeer, now: Micros): number {
  return outgoing(listener, now).filter(({ bytes }) => peer.open(bytes)!.frames[0] === FrameType.ack).length
}

describe('Endpoint, acknowledging', () => {
  it('waits for a second packet, but not longer than it has told (R-1)', () => {
    const { listener, peer } = settled()
    peer.send(bytesOf('08 01 00 0001 61'), START)
    assert.equal(acks(listener, peer, START), 0)
    const due = listener.nextDeadline()
    assert.ok(due > START && due <= START + TOLD_MAX_ACK_DELAY, `${due - START} µs`)
    listener.onDeadline(due)
    assert.equal(acks(listener, peer, due), 1)
    peer.send(bytesOf('08 01 01 0001 62'), due)
    peer.send(bytesOf('08 01 02 0001 63'), due)
    assert.equal(acks(listener, peer, due), 1)
  })

  it('waits for as many packets as the peer asks for, up to ten, but not longer than it has told (R-6)', () => {
    const { listener, peer } = settled()
    peer.send(bytesOf('22 01 4fff 01'), START)
    assert.equal(acks(listener, peer, START), 1)
    const piece = (offset: string) => bytesOf(`08 01 ${offset} 0001 61`)
    for (const offset of ['00', '01', '02', '03', '04', '05', '06', '07', '08']) peer.send(piece(offset), START)
    assert.equal(acks(listener, peer, START), 0)
    peer.send(piece('09'), START)
    assert.equal(acks(listener, peer, START), 1)
    peer.send(piece('0a'), START)
    assert.equal(acks(listener, peer, START), 0)
    const due = listener.nextDeadline()
    assert.ok(due > START && due <= START + TOLD_MAX_ACK_DELAY, `${due - START} µs`)
  })

  for (const [what, frames] of [
    ['a PING', '01'],
    ['the end of a stream', '09 01 00 0001 61'],
  ] as const) {
    it(`does not let ${what} wait (R-1)`, () => {
      const { listener, peer } = settled()
      peer.send(bytesOf(frames), START)
      assert.equal(acks(listener, peer, START), 1)
    })
  }

  it('reports a gap at once (R-1)', () => {
    const { listener, peer } = settled()
    peer.counter++
    peer.send(bytesOf('08 01 00 0001 61'), START)
    assert.equal(acks(listener, peer, START), 1)
  })

  it('says nothing to ACKs and PADDING, however many and in whatever order they come (R-2)', () => {
    const { listener, peer } = settled()
    for (let i = 0; i < 50; i++) {
      peer.counter += i % 3
      peer.send(bytesOf(i % 2 === 0 ? '02 00 00 00 00' : '00'), START)
      assert.deepEqual(outgoing(listener, START), [])
    }
    assert.ok(listener.nextDeadline() > START + SECOND, 'nor is anything to be said later')
  })
})
