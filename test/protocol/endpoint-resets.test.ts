// How a peer learns that its session is gone, and what a peer that comes back does to its old one.

import assert from 'node:assert/strict'
import { CloseCode, DropReason } from '../../src/protocol/errors.ts'
import { SECOND } from '../../src/protocol/units.ts'
import { PacketType, writeDataLength } from '../../src/protocol/wire/packet.ts'
import { bytesOf } from './bytes.ts'
import {
  connected,
  type Datagram,
  Drops,
  ENDS,
  eventsOf,
  exchange,
  feed,
  newEndpoint,
  outgoing,
  START,
  toldBy,
} from './endpoints.ts'
import { RawPeer } from './raw-peer.ts'

const PING = bytesOf('01')

function kindsOf(datagrams: readonly Datagram[]): number[] {
  return datagrams.map(({ bytes }) => bytes[0]!)
}

describe('Endpoint, resets', () => {
  it('tell a peer that its session is forgotten, so that it ends at once (W-14)', () => {
    const { dialler } = connected()
    const restarted = newEndpoint({ seed: 20, instance: 2, boot: 2, acceptsSessions: true })
    dialler.onDeadline(START + 16 * SECOND)
    const [ping] = outgoing(dialler, START + 16 * SECOND)
    feed(restarted, ping!.bytes, ENDS.here, START + 16 * SECOND)
    const [reset, ...more] = outgoing(restarted, START + 16 * SECOND)
    assert.equal(more.length, 0)
    assert.equal(reset!.bytes[0], PacketType.reset)
    assert.ok(reset!.bytes.length < ping!.bytes.length)
    feed(dialler, reset!.bytes, ENDS.there, START + 16 * SECOND)
    assert.deepEqual(toldBy(dialler), ['closed by reset'])
    assert.equal(dialler.isIdle, true)
  })

  it('may be sent for a session of our last life before its peer speaks (W-16)', () => {
    const { dialler, theirs } = connected()
    const restarted = newEndpoint({ seed: 20, instance: 2, boot: 2, acceptsSessions: true })
    restarted.resetForgotten(ENDS.here, theirs.localId)
    const [reset] = outgoing(restarted, START)
    assert.equal(reset!.path, ENDS.here)
    feed(dialler, reset!.bytes, ENDS.there, START)
    assert.deepEqual(toldBy(dialler), ['closed by reset'])
  })

  it('keep the paths that they go to until they have left: after a restart there are more than a carrier remembers', () => {
    const restarted = newEndpoint({ seed: 20, instance: 2, boot: 2, acceptsSessions: true })
    for (const path of [7, 8, 8]) restarted.resetForgotten(path, bytesOf('0001020304050607'))
    const inUse = () => [7, 8, 9].map((path) => restarted.isPathInUse(path))
    assert.deepEqual(inUse(), [true, true, false])
    const out = { buffer: new Uint8Array(1_500), length: 0, segmentBytes: 0, path: 0 }
    for (const left of [
      [false, true, false],
      [false, true, false],
      [false, false, false],
    ]) {
      restarted.nextDatagrams(out, START)
      assert.deepEqual(inUse(), left)
    }
  })

  it('that are forged, or genuine for another session, change nothing (W-14)', () => {
    const { dialler, diallerDrops, listener, ours } = connected()
    diallerDrops.take()
    const stranger = newEndpoint({ seed: 9 })
    for (const id of [ours.localId, bytesOf('0001020304050607')]) {
      stranger.resetForgotten(ENDS.there, id)
      listener.resetForgotten(ENDS.here, id)
    }
    const forged = [...outgoing(stranger, START), ...outgoing(listener, START)]
    assert.equal(forged.length, 4)
    for (const { bytes } of forged) feed(dialler, bytes, ENDS.there, START)
    assert.deepEqual(diallerDrops.take(), Array(4).fill(DropReason.unknownConnection))
    assert.deepEqual(eventsOf(dialler), [])
    assert.equal(dialler.isIdle, false)
  })

  it('are always shorter than what they answer, and never answered themselves: two who forgot each other fall silent (W-7)', () => {
    const { dialler, listener } = connected()
    listener.onDeadline(START + 17 * SECOND)
    dialler.onDeadline(START + 17 * SECOND)
    const toListener = outgoing(dialler, START + 17 * SECOND)
    const toDialler = outgoing(listener, START + 17 * SECOND)
    const one = newEndpoint({ seed: 30, instance: 1, boot: 2 })
    const other = newEndpoint({ seed: 40, instance: 2, boot: 2, acceptsSessions: true })
    for (const { bytes } of toListener) feed(other, bytes, ENDS.here, START)
    for (const { bytes } of toDialler) feed(one, bytes, ENDS.there, START)
    assert.equal(exchange(one, other, START), toListener.length + toDialler.length)
  })

  it('are shorter than the shortest packet that brings one', () => {
    const drops = new Drops()
    const listener = newEndpoint({ seed: 2, acceptsSessions: true, trace: drops })
    const peer = new RawPeer(newEndpoint({ seed: 3, acceptsSessions: true }), { seed: 1, path: ENDS.here }, START)
    for (let i = 0; i < 100; i++) {
      const packet = peer.seal(PING)
      feed(listener, packet, ENDS.here, START)
      const [reset] = outgoing(listener, START)
      assert.ok(reset!.bytes.length < packet.length)
    }
    const shorter = peer.seal(PING).slice(0, 63)
    writeDataLength(shorter, 0, 63 - 19)
    drops.take()
    feed(listener, shorter, ENDS.here, START)
    assert.deepEqual(outgoing(listener, START), [], 'a shorter one gets no answer')
    assert.deepEqual(drops.take(), [DropReason.tooShort])
  })

  it('answer what comes for a session that has just ended, too', () => {
    const { dialler, listener, ours } = connected()
    ours.openStream()!.write(bytesOf('61'))
    const [late] = outgoing(dialler, START)
    ours.close(CloseCode.none, '')
    const [goodbye] = outgoing(dialler, START)
    feed(listener, goodbye!.bytes, ENDS.here, START)
    feed(listener, late!.bytes, ENDS.here, START)
    assert.deepEqual(kindsOf(outgoing(listener, START)), [PacketType.reset])
  })

  it('answer 200 strangers at once and 100 more each second, no more (W-15)', () => {
    const listener = newEndpoint({ seed: 2, acceptsSessions: true })
    const peer = new RawPeer(newEndpoint({ seed: 3, acceptsSessions: true }), { seed: 1, path: ENDS.here }, START)
    const storm = (now: number): number => {
      for (let i = 0; i < 5_000; i++) listener.receive(peer.seal(PING), i, now)
      return outgoing(listener, now).length
    }
    assert.equal(storm(START), 200)
    assert.equal(storm(START + SECOND), 100)
  })
})

describe('Endpoint, a peer that restarts', () => {
  it('takes over from its old session only once it has confirmed the new one (H-9)', () => {
    const { listener } = connected()
    const later = START + SECOND
    const reborn = newEndpoint({ seed: 10, instance: 1, boot: 2, now: later })
    reborn.dial(ENDS.there, later)
    for (const { bytes } of outgoing(reborn, later)) feed(listener, bytes, 4, later)
    const resp = outgoing(listener, later)
    assert.deepEqual(toldBy(listener), [], 'an INIT alone ends nothing: it may be a replay')
    for (const { bytes } of resp) feed(reborn, bytes, ENDS.there, later)
    for (const { bytes } of outgoing(reborn, later)) feed(listener, bytes, 4, later)
    assert.deepEqual(toldBy(listener), ['closed by restart', 'opened'])
  })

  it('leaves the old session alone if it never confirms (H-15)', () => {
    const { dialler, listener, ours } = connected()
    const reborn = newEndpoint({ seed: 10, instance: 1, boot: 2 })
    reborn.dial(ENDS.there, START)
    for (const { bytes } of outgoing(reborn, START)) feed(listener, bytes, 4, START)
    outgoing(listener, START)
    listener.onDeadline(START + 5 * SECOND)
    assert.deepEqual(eventsOf(listener), [])
    ours.openStream()!.write(bytesOf('61'))
    exchange(dialler, listener, START + 5 * SECOND)
    assert.deepEqual(toldBy(listener), ['accepted'])
  })

  it('ends all sessions that it had before, of which there may be several (H-9)', () => {
    const { dialler, listener } = connected()
    dialler.dial(ENDS.there, START + SECOND)
    exchange(dialler, listener, START + SECOND)
    assert.deepEqual(toldBy(listener), ['opened'], 'the same boot id: both live')
    const later = START + 2 * SECOND
    const reborn = newEndpoint({ seed: 10, instance: 1, boot: 2, now: later })
    reborn.dial(ENDS.there, later)
    exchange(reborn, listener, later, { there: ENDS.there, here: 4 })
    assert.deepEqual(toldBy(listener), ['closed by restart', 'closed by restart', 'opened'])
  })

  it('is somebody else if it is another instance', () => {
    const { listener } = connected()
    const other = newEndpoint({ seed: 11 })
    other.dial(ENDS.there, START)
    exchange(other, listener, START, { there: ENDS.there, here: 5 })
    assert.deepEqual(toldBy(listener), ['opened'])
  })
})
