// How large the datagrams of a session become, by what its carrier can promise and where its peer is.

import assert from 'node:assert/strict'
import type { SessionEvent } from '../../src/protocol/api.ts'
import { CloseCode } from '../../src/protocol/errors.ts'
import { addressOfPath } from '../../src/protocol/handshake/address.ts'
import { UDP } from '../../src/protocol/line.ts'
import { silentTrace } from '../../src/protocol/ports.ts'
import { MILLISECOND, SECOND } from '../../src/protocol/units.ts'
import { FrameType } from '../../src/protocol/wire/frame-types.ts'
import { frame } from '../adversary/frames.ts'
import { bytesOf } from './bytes.ts'
import { ENDS, eventsOf, newEndpoint, outgoing, START } from './endpoints.ts'
import { RawPeer } from './raw-peer.ts'
import { talk } from './session-talk.ts'
import { bytesBetween } from './streams/stream-bytes.ts'

const LARGEST = 65_507
const IPV4_LOOPBACK = bytesOf('0000 0000 0000 0000 0000 ffff 7f00 0001 0007')
const IPV6_LOOPBACK = bytesOf('0000 0000 0000 0000 0000 0000 0000 0001 0007')

/** What full datagrams of a listener come to have that sends a megabyte. */
function sizesOf(forbidsFragments: boolean, address: Uint8Array | null, settings = { ceilingDatagramBytes: LARGEST }) {
  const sizes: number[] = []
  const listener = newEndpoint({
    seed: 2,
    acceptsSessions: true,
    line: { ...UDP, forbidsFragments },
    addressOf: (path) => address ?? addressOfPath(path),
    settings,
    trace: { ...silentTrace, datagramsResized: (_session, bytes) => sizes.push(bytes) },
  })
  const both = talk({ listener })
  both.dialler.onStream = (ready) => both.dialler.drain(ready)
  const stream = both.theirs.openStream()!
  stream.write(bytesBetween(0, 200_000))
  stream.finish()
  assert.ok(both.pair.run(30 * SECOND, () => both.dialler.accepted[0]?.readState === 'ended'))
  return sizes
}

describe('Endpoint, the size of datagrams', () => {
  it('is searched for where the carrier forbids fragments, wherever the peer is', () => {
    assert.equal(sizesOf(true, null).at(-1), LARGEST)
  })

  for (const [name, address] of [
    ['IPv4', IPV4_LOOPBACK],
    ['IPv6', IPV6_LOOPBACK],
  ] as const) {
    it(`is searched for over ${name} on one machine, where nothing is cut on the way`, () => {
      assert.equal(sizesOf(false, address).at(-1), LARGEST)
    })
  }

  it('stays at the base elsewhere: fragments would arrive too, and say nothing of the path (P-8)', () => {
    assert.deepEqual(sizesOf(false, null), [])
    assert.deepEqual(sizesOf(false, bytesOf('0000 0000 0000 0000 0000 ffff 0a00 0001 0007')), [])
  })

  it('stays what the operator has chosen', () => {
    assert.deepEqual(sizesOf(true, null, { ...{ maxDatagramBytes: 1_400 }, ceilingDatagramBytes: 1_400 }), [])
  })

  it('is taken as it comes from a peer: a packet of 65,507 bytes is one like any other (P-8)', () => {
    const listener = newEndpoint({ seed: 2, acceptsSessions: true })
    const peer = new RawPeer(listener, { seed: 1, path: ENDS.here }, START)
    outgoing(listener, START)
    const frames = new Uint8Array(LARGEST - 35)
    frames[0] = 1
    peer.send(frames, START)
    const [answer] = outgoing(listener, START).map(({ bytes }) => peer.open(bytes)!.frames[0])
    assert.equal(answer, 2, 'an ACK')
  })

  it('is no use to a peer that acknowledges what it never got: a number that was left out gives it away (F-2)', () => {
    const listener = newEndpoint({
      seed: 2,
      acceptsSessions: true,
      line: { ...UDP, forbidsFragments: true },
      settings: { ceilingDatagramBytes: LARGEST },
    })
    const hello = { streamWindow: 100_000_000, sessionWindow: 100_000_000 }
    const peer = new RawPeer(listener, { seed: 1, path: ENDS.here, hello }, START)
    outgoing(listener, START)
    const [opened] = eventsOf(listener)
    assert.ok(opened?.kind === 'opened')
    const stream = opened.session.openStream()!
    let now = START
    let closed: SessionEvent | undefined
    for (let turns = 0; turns < 1_000 && closed === undefined; turns++) {
      now += 10 * MILLISECOND
      while (stream.isWritable) stream.write(new Uint8Array(50_000))
      const numbers = outgoing(listener, now).map(({ bytes }) => peer.open(bytes)?.counter ?? 0)
      const largest = Math.max(0, ...numbers)
      peer.send(frame(FrameType.ack, largest, 0, 0, largest), now)
      closed = eventsOf(listener).find(({ kind }) => kind === 'closed')
    }
    assert.ok(closed?.kind === 'closed' && closed.code === CloseCode.protocolViolation)
  })
})
