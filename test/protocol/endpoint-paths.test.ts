// Where a peer is, and whether it is there at all.

import assert from 'node:assert/strict'
import type { Endpoint } from '../../src/protocol/endpoint.ts'
import { hex } from '../../src/protocol/hex.ts'
import { SECOND } from '../../src/protocol/units.ts'
import { bytesOf } from './bytes.ts'
import {
  connected,
  type Datagram,
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

describe('Endpoint, a peer that moves', () => {
  /** A peer with an open session, the endpoint silent. */
  function settled() {
    const listener = newEndpoint({ seed: 2, acceptsSessions: true })
    const peer = new RawPeer(listener, { seed: 1, path: ENDS.here }, START)
    outgoing(listener, START)
    const [event] = eventsOf(listener)
    assert.ok(event?.kind === 'opened')
    return { listener, peer, session: event.session }
  }

  const MOVED = 8

  /** The challenge that the listener sends to `path`. */
  function challengeTo(path: number, datagrams: readonly Datagram[], peer: RawPeer): Uint8Array {
    const opened = datagrams.filter((datagram) => datagram.path === path).map(({ bytes }) => peer.open(bytes)!.frames)
    const frames = opened.find(([type]) => type === 0x1a)
    assert.ok(frames !== undefined, `no challenge to ${path}`)
    return frames.slice(1, 9)
  }

  function answer(challenge: Uint8Array): Uint8Array {
    return bytesOf(`1b${hex(challenge)}`)
  }

  it('is challenged at its new address and answered at the old one until it has replied (P-2)', () => {
    const { listener, peer, session } = settled()
    listener.receive(peer.seal(PING), MOVED, START)
    const out = outgoing(listener, START)
    const challenge = challengeTo(MOVED, out, peer)
    assert.equal(session.path, ENDS.here)
    const [only, ...more] = out.filter(({ path }) => path === MOVED)
    assert.deepEqual([only!.bytes.length, more], [64, []], 'the challenge and no more than came from there')
    assert.ok(
      peer
        .open(only!.bytes)!
        .frames.subarray(9)
        .every((byte) => byte === 0),
    )
    listener.receive(peer.seal(answer(challenge)), MOVED, START)
    assert.equal(session.path, MOVED)
    listener.receive(peer.seal(PING), MOVED, START)
    assert.ok(outgoing(listener, START).every(({ path }) => path === MOVED))
  })

  it('is not believed for an old packet, a replay or a forgery from elsewhere (P-1)', () => {
    const { listener, peer, session } = settled()
    const late = peer.seal(PING)
    const known = peer.seal(PING)
    feed(listener, known, ENDS.here, START)
    feed(listener, late, MOVED, START)
    feed(listener, known, MOVED, START)
    const forged = peer.seal(PING)
    forged[forged.length - 1]! ^= 1
    feed(listener, forged, MOVED, START)
    assert.ok(outgoing(listener, START).every(({ path }) => path === ENDS.here))
    assert.equal(session.path, ENDS.here)
  })

  it('is not believed for a wrong answer (P-2)', () => {
    const { listener, peer, session } = settled()
    listener.receive(peer.seal(PING), MOVED, START)
    const challenge = challengeTo(MOVED, outgoing(listener, START), peer)
    challenge[0]! ^= 1
    listener.receive(peer.seal(answer(challenge)), MOVED, START)
    assert.equal(session.path, ENDS.here)
  })

  it('gets the answer to its own challenge at the address that it came from (P-3)', () => {
    const { listener, peer } = settled()
    const late = peer.seal(bytesOf('1a 0807060504030201'))
    peer.send(PING, START)
    outgoing(listener, START)
    listener.receive(late, MOVED, START)
    const answers = outgoing(listener, START).filter(({ path }) => path === MOVED)
    assert.equal(answers.length, 1)
    assert.equal(hex(peer.open(answers[0]!.bytes)!.frames.subarray(0, 9)), '1b0807060504030201')
  })
})

describe('Endpoint, silence', () => {
  /** Wakes the endpoint at each of its deadlines and loses what it sends; returns what it tells and when, in s. */
  function alone(endpoint: Endpoint, until: number): (readonly [told: string, seconds: number])[] {
    const told: (readonly [string, number])[] = []
    for (let now = endpoint.nextDeadline(); now <= until; now = endpoint.nextDeadline()) {
      endpoint.onDeadline(now)
      outgoing(endpoint, now)
      for (const what of toldBy(endpoint)) told.push([what, Math.round((now - START) / SECOND)])
    }
    return told
  }

  it('makes a session suspect within 20 s and ends it after 60 s, on both sides, without an application’s doing', () => {
    const { dialler, listener } = connected()
    for (const endpoint of [dialler, listener]) {
      const [suspect, closed, ...more] = alone(endpoint, START + 3_600 * SECOND)
      assert.equal(suspect?.[0], 'suspect')
      assert.ok(suspect[1] >= 13 && suspect[1] <= 20, `suspect after ${suspect[1]} s`)
      assert.deepEqual([closed, more], [['closed by silence', 60], []])
      assert.equal(endpoint.isIdle, true)
    }
  })

  it('makes an active session suspect within a second, and the first packet ends that (P-5)', () => {
    const { dialler, listener, ours } = connected()
    ours.openStream()!.write(bytesOf('61'))
    outgoing(dialler, START)
    const told = alone(dialler, START + 3 * SECOND)
    assert.deepEqual(
      told.map(([what]) => what),
      ['suspect'],
    )
    const now = START + 4 * SECOND
    dialler.onDeadline(now)
    exchange(dialler, listener, now)
    assert.deepEqual(toldBy(dialler), ['recovered'])
  })

  it('keeps a session suspect that is heard and not answered: a path that works one way only is not well (P-5)', () => {
    const { dialler, listener, ours, theirs } = connected()
    ours.openStream()!.write(bytesOf('61'))
    outgoing(dialler, START)
    const told = alone(dialler, START + 3 * SECOND).map(([what]) => what)
    for (let second = 4; second < 20; second++) {
      const now = START + second * SECOND
      theirs.openStream()!.write(bytesOf('62'))
      for (const { bytes } of outgoing(listener, now)) feed(dialler, bytes, ENDS.there, now)
      told.push(...toldBy(dialler), ...alone(dialler, now + SECOND).map(([what]) => what))
    }
    assert.deepEqual(
      told.filter((what) => what !== 'accepted'),
      ['suspect'],
    )
    assert.ok(told.includes('accepted'), 'it was heard')
    exchange(dialler, listener, START + 21 * SECOND)
    dialler.onDeadline(START + 22 * SECOND)
    exchange(dialler, listener, START + 22 * SECOND)
    assert.ok(toldBy(dialler).includes('recovered'))
  })

  it('ends a session after the shorter time of the two sides (P-6)', () => {
    const dialler = newEndpoint({ seed: 1, settings: { survive: 5 * SECOND } })
    const listener = newEndpoint({ seed: 2, acceptsSessions: true })
    dialler.dial(ENDS.there, START)
    exchange(dialler, listener, START)
    eventsOf(listener)
    assert.deepEqual(alone(listener, START + 100 * SECOND), [['closed by silence', 5]])
  })

  it('while we slept ourselves counts for nothing: the peer is asked, and only its silence since then ends the session', () => {
    const { dialler, listener } = connected()
    const woken = START + 100 * SECOND
    dialler.onDeadline(woken)
    const asked = outgoing(dialler, woken)
    assert.ok(asked.length > 0)
    assert.deepEqual(eventsOf(dialler), [])
    for (const { bytes } of asked) feed(listener, bytes, ENDS.here, woken)
    for (const { bytes } of outgoing(listener, woken)) feed(dialler, bytes, ENDS.there, woken)
    assert.deepEqual(alone(dialler, woken + 3_600 * SECOND).at(-1), ['closed by silence', 160])
  })
})
