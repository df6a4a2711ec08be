import assert from 'node:assert/strict'
import { DropReason, StreamCode } from '../../src/protocol/errors.ts'
import { MILLISECOND, SECOND } from '../../src/protocol/units.ts'
import { isDataPacket } from '../../src/protocol/wire/packet.ts'
import { Drops, newEndpoint, outgoing, START, toldBy } from './endpoints.ts'
import { LinePair, lineTalk, TCP } from './line-pair.ts'
import { RawPeer } from './raw-peer.ts'
import { bytesBetween } from './streams/stream-bytes.ts'

const CUT = 'closed by line 0 The connection was cut.'

describe('the end of a connection', () => {
  it('ends a dial that was not answered yet', () => {
    const pair = new LinePair()
    pair.dial()
    pair.run(1)
    pair.cut()
    pair.run(60 * SECOND)
    assert.deepEqual([pair.books.dialler.told, pair.books.listener.told], [[CUT], []])
    assert.ok(pair.ends.dialler.isIdle && pair.ends.listener.isIdle)
  })

  it('ends a handshake that was not confirmed yet, and nobody is told', () => {
    const pair = new LinePair()
    pair.dial()
    pair.run(60 * SECOND, () => pair.sent.length === 2)
    assert.equal(pair.ends.listener.reception.halfOpen, 1)
    pair.cut()
    assert.equal(pair.ends.listener.reception.halfOpen, 0)
    assert.ok(pair.ends.listener.isIdle)
    assert.deepEqual(pair.books.listener.told, [])
  })

  it('ends the session on it at once, with all its streams reset (T-8)', () => {
    const { pair, ours, theirs } = lineTalk()
    const streams = [ours.openStream()!, theirs.openStream()!]
    for (const stream of streams) stream.write(bytesBetween(0, 10_000))
    const { path } = ours
    pair.run(SECOND)
    pair.cut()
    pair.run(0)
    for (const book of [pair.books.dialler, pair.books.listener]) assert.equal(book.told.at(-1), CUT)
    for (const stream of [...streams, ...pair.books.listener.accepted]) {
      assert.deepEqual([stream.readState, stream.resetCode], ['reset', StreamCode.sessionLost])
      assert.equal(stream.isClosed, true)
    }
    assert.equal(ours.openStream(), null)
    assert.deepEqual([pair.ended.dialler, pair.ended.listener], [[], []], 'there is nothing left to end')
    assert.equal(pair.ends.dialler.isPathInUse(path), false)
  })

  it('ends no session of another connection (T-8)', () => {
    const listener = newEndpoint({ seed: 2, acceptsSessions: true, line: TCP })
    for (const path of [9, 10]) new RawPeer(listener, { seed: path, path, line: TCP }, START)
    assert.deepEqual(toldBy(listener), ['opened', 'opened'])
    listener.connections!.onPathGone(9, 'gone', START)
    assert.deepEqual(toldBy(listener), ['closed by line'])
    assert.deepEqual([listener.isPathInUse(9), listener.isPathInUse(10)], [false, true])
  })

  it('ends a session that is saying goodbye', () => {
    const { pair, ours } = lineTalk({ line: { keepsBytes: 1 } })
    pair.pipe('dialler').isStuck = true
    ours.openStream()!.write(bytesBetween(0, 100_000))
    pair.run(MILLISECOND)
    ours.close(16, 'over')
    pair.run(SECOND)
    assert.equal(pair.ends.dialler.isIdle, false)
    pair.cut()
    assert.equal(pair.ends.dialler.isIdle, true)
    assert.deepEqual(pair.books.dialler.told.slice(1), ['closed by local 16 over'])
  })

  it('is nothing where there is no session', () => {
    const { pair } = lineTalk()
    pair.ends.dialler.connections!.onPathGone(999, 'gone', pair.now)
    pair.run(SECOND)
    assert.deepEqual(pair.books.dialler.told, ['opened'])
  })
})

describe('a session that says goodbye on a reliable line', () => {
  it('says it once, behind all that was sent before, and ends the connection then (T-9)', () => {
    const { pair, ours } = lineTalk()
    const before = pair.sent.length
    ours.close(16, 'over')
    pair.run(SECOND)
    assert.equal(pair.books.listener.told.at(-1), 'closed by peer 16 over')
    assert.deepEqual(
      pair.sent.slice(before).map(({ by, bytes }) => [by, isDataPacket(bytes[0]!)]),
      [['dialler', true]],
    )
    assert.deepEqual(pair.ended.dialler, [ours.path])
    assert.ok(pair.ends.dialler.isIdle && pair.ends.listener.isIdle)
  })

  it('does not wait longer than 2 s for a connection that takes nothing (T-9)', () => {
    const { pair, ours } = lineTalk({ line: { keepsBytes: 1 } })
    pair.pipe('dialler').isStuck = true
    ours.openStream()!.write(bytesBetween(0, 100_000))
    pair.run(MILLISECOND)
    const sent = pair.sent.length
    ours.close(16, 'over')
    pair.run(1_900 * MILLISECOND)
    assert.deepEqual([pair.ends.dialler.isIdle, pair.ended.dialler], [false, []])
    pair.run(200 * MILLISECOND)
    assert.deepEqual([pair.ends.dialler.isIdle, pair.ended.dialler], [true, [ours.path]])
    assert.equal(pair.sent.length, sent)
  })

  it('says it as soon as the connection takes something again', () => {
    const { pair, ours } = lineTalk({ line: { keepsBytes: 1 } })
    pair.pipe('dialler').isStuck = true
    ours.openStream()!.write(bytesBetween(0, 100_000))
    pair.run(MILLISECOND)
    ours.close(16, 'over')
    pair.run(SECOND)
    pair.pipe('dialler').unstick(pair.now)
    pair.run(SECOND)
    assert.equal(pair.books.listener.told.at(-1), 'closed by peer 16 over')
  })

  it('passes over what comes meanwhile (T-4)', () => {
    const { pair, ours, theirs } = lineTalk({ line: { keepsBytes: 1 } })
    pair.pipe('dialler').isStuck = true
    ours.openStream()!.write(bytesBetween(0, 100_000))
    pair.run(MILLISECOND)
    ours.close(16, 'over')
    theirs.openStream()!.write(bytesBetween(0, 5_000))
    pair.run(100 * MILLISECOND)
    assert.equal(pair.ends.dialler.isIdle, false)
    assert.deepEqual(pair.ended.dialler, [])
  })
})

describe('a session whose connection brings something wrong', () => {
  function confirmed() {
    const drops = new Drops()
    const listener = newEndpoint({ seed: 2, acceptsSessions: true, line: TCP, trace: drops })
    const peer = new RawPeer(listener, { seed: 5, path: 9, line: TCP }, START)
    outgoing(listener, START)
    assert.deepEqual(toldBy(listener), ['opened'])
    const assertEnded = (reason: number) => {
      assert.deepEqual(drops.take(), [reason])
      assert.deepEqual(toldBy(listener), ['closed by line'])
      assert.deepEqual([listener.connections!.next(), listener.connections!.next()], [9, null])
      assert.deepEqual(outgoing(listener, START), [], 'nothing is said on it')
    }
    return { listener, peer, assertEnded }
  }

  it('ends if a packet was taken out (T-5)', () => {
    const { peer, assertEnded } = confirmed()
    peer.seal(Uint8Array.of(1))
    peer.send(Uint8Array.of(1), START)
    assertEnded(DropReason.outOfOrder)
  })

  it('ends if a packet comes twice (T-5)', () => {
    const { listener, peer, assertEnded } = confirmed()
    const packet = peer.seal(Uint8Array.of(1))
    listener.receive(packet.slice(), 9, START)
    listener.receive(packet.slice(), 9, START)
    assertEnded(DropReason.duplicate)
  })

  it('ends if a packet was changed (T-4)', () => {
    const { listener, peer, assertEnded } = confirmed()
    const packet = peer.seal(Uint8Array.of(1))
    packet[30]! ^= 1
    listener.receive(packet, 9, START)
    assertEnded(DropReason.notAuthentic)
  })

  it('ends if a packet of nobody comes (T-4)', () => {
    const { listener, peer, assertEnded } = confirmed()
    const packet = peer.seal(Uint8Array.of(1))
    packet[3]! ^= 1
    listener.receive(packet, 9, START)
    assertEnded(DropReason.unknownConnection)
  })
})

describe('a reliable line that stands still', () => {
  it('is suspect after 2 s and three probe timeouts, and not before (T-7)', () => {
    const { pair, ours } = lineTalk()
    pair.pipe('dialler').isStuck = true
    const since = pair.now
    ours.openStream()!.write(bytesBetween(0, 100))
    const isTold = () => pair.books.dialler.told.includes('suspect')
    assert.ok(pair.run(5 * SECOND, isTold))
    const after = pair.now - since
    assert.ok(after >= 2 * SECOND - 50 * MILLISECOND && after < 2.2 * SECOND, `suspect after ${after} µs`)
    assert.equal(ours.isSuspect, true)
  })

  it('is not suspect while three probe timeouts of a long way have not passed', () => {
    const { pair, ours } = lineTalk({ line: { delay: SECOND } })
    pair.pipe('dialler').isStuck = true
    ours.openStream()!.write(bytesBetween(0, 100))
    assert.equal(
      pair.run(5 * SECOND, () => ours.isSuspect),
      false,
    )
    assert.equal(
      pair.run(60 * SECOND, () => ours.isSuspect),
      true,
    )
  })

  it('is forgiven by the first packet, and nothing was sent a second time (T-5, T-7)', () => {
    const { pair, ours } = lineTalk()
    pair.pipe('dialler').isStuck = true
    ours.openStream()!.write(bytesBetween(0, 100))
    const sent = pair.sent.length
    pair.run(10 * SECOND)
    assert.equal(pair.sent.length, sent + 1, 'no probe')
    pair.pipe('dialler').unstick(pair.now)
    pair.run(SECOND)
    assert.deepEqual(pair.books.dialler.told, ['opened', 'suspect', 'recovered'])
    assert.equal(ours.isSuspect, false)
  })

  it('loses its session after <survive>', () => {
    const { pair, ours, theirs } = lineTalk({ settings: { survive: 20 * SECOND } })
    for (const side of ['dialler', 'listener'] as const) pair.pipe(side).isStuck = true
    pair.run(60 * SECOND)
    assert.deepEqual(pair.books.dialler.told, ['opened', 'suspect', 'closed by silence 0'])
    assert.deepEqual([pair.ended.dialler, pair.ended.listener], [[ours.path], [theirs.path]])
  })

  it('is kept alive by a PING now and then, and by nothing else', () => {
    const { pair, theirs } = lineTalk()
    const sent = pair.sent.length
    pair.run(600 * SECOND)
    assert.equal(theirs.isSuspect, false)
    const packets = pair.sent.length - sent
    assert.ok(packets >= 70 && packets <= 100, `${packets} packets in ten minutes`)
  })
})
