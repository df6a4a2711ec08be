// What a dialler may show instead of answering a COOKIE, and what that is worth.

import assert from 'node:assert/strict'
import { addressBytes } from '../../src/carriers/address-bytes.ts'
import type { Endpoint } from '../../src/protocol/endpoint.ts'
import { type Micros, type PathId, SECOND } from '../../src/protocol/units.ts'
import { PacketType } from '../../src/protocol/wire/packet.ts'
import { ENDS, type EndpointWish, eventsOf, exchange, newEndpoint, outgoing, START, toldBy } from './endpoints.ts'
import { answersTo, calm, cautious } from './listeners.ts'
import { provenInit, rawDial } from './raw-peer.ts'

const HOUR = 3_600 * SECOND

describe('An address token', () => {
  const HOME = '198.51.100.7'
  const addressOf = (path: PathId) => addressBytes(path < 100 ? HOME : '203.0.113.9', path)
  const day = (days: number) => START + days * 24 * HOUR

  /** A dialler that got a token from `listener` at the start, and has closed that session again. */
  function withToken(listener: Endpoint): Endpoint {
    const dialler = newEndpoint({ seed: 1 })
    const session = dialler.dial(ENDS.there, START)
    exchange(dialler, listener, START)
    const [opened] = eventsOf(listener)
    dialler.keepAddressToken(session, listener.newAddressToken(opened!.session)!)
    session.close(0, '')
    exchange(dialler, listener, START)
    eventsOf(dialler)
    return dialler
  }

  function redialled(dialler: Endpoint, listener: Endpoint, at: { now: Micros; from?: PathId }): number[] {
    dialler.dial(ENDS.there, at.now)
    return answersTo(listener, outgoing(dialler, at.now)[0]!.bytes, at.from ?? ENDS.here, at.now)
  }

  it('saves its dialler the COOKIE at its next dial, also from another port and after a restart of the listener (H-26)', () => {
    const dialler = withToken(cautious({ addressOf }))
    const restarted = cautious({ seed: 20, instance: 2, addressOf, now: day(0.5) })
    assert.deepEqual(redialled(dialler, restarted, { now: day(0.5), from: 55 }), [PacketType.resp])
  })

  it('is worth nothing at another address, after a day, or to another listener: the dialler is asked as ever (H-26)', () => {
    const dialler = withToken(cautious({ addressOf }))
    const again = (wish: Partial<EndpointWish>, at: { now: Micros; from?: PathId }) =>
      redialled(dialler, cautious({ seed: 20, instance: 2, addressOf, now: at.now, ...wish }), at)
    assert.deepEqual(again({}, { now: day(0.1), from: 155 }), [PacketType.cookie])
    assert.deepEqual(again({}, { now: day(0.999) }), [PacketType.resp])
    assert.deepEqual(again({}, { now: day(1) }), [PacketType.cookie])
    assert.deepEqual(again({ instance: 5 }, { now: day(0.1) }), [PacketType.cookie])
  })

  it('cannot be changed in a single byte (H-26, H-27)', () => {
    const listener = cautious({ addressOf })
    const dialler = withToken(listener)
    const now = START + SECOND
    dialler.dial(ENDS.there, now)
    const { bytes } = outgoing(dialler, now)[0]!
    for (let at = 2; at < 12 + bytes[2]!; at++) {
      const forged = bytes.slice()
      forged[at]! ^= 0x10
      assert.deepEqual(answersTo(listener, forged, ENDS.here, now), [], `byte ${at}`)
    }
    assert.deepEqual(answersTo(listener, bytes, ENDS.here, now), [PacketType.resp])
  })

  it('uses up nothing that those have who answer a COOKIE: whoever reads it on the line can show it (H-28)', () => {
    const listener = cautious({ addressOf })
    const dialler = withToken(listener)
    const now = START + SECOND
    const answers = Array.from({ length: 70 }, (_, port) => redialled(dialler, listener, { now, from: port + 10 })[0])
    assert.deepEqual(answers, [...Array(64).fill(PacketType.resp), ...Array(6).fill(PacketType.cookie)])
    const honest = provenInit(rawDial({ seed: 9, path: 90 }, now), listener, 90, now)
    assert.deepEqual(answersTo(listener, honest, 90, now), [PacketType.resp])
  })

  it('of any length from a listener that is hostile is shown or forgotten, and breaks no dial', () => {
    for (const length of [0, 1, 33, 255, 256, 5_000]) {
      const [dialler, listener] = [newEndpoint({ seed: 1 }), calm()]
      const session = dialler.dial(ENDS.there, START)
      dialler.keepAddressToken(session, new Uint8Array(length).fill(7))
      exchange(dialler, listener, START)
      eventsOf(listener)
      dialler.dial(ENDS.there, START + SECOND)
      exchange(dialler, listener, START + SECOND)
      assert.deepEqual(toldBy(listener), ['opened'], `${length} bytes`)
    }
  })
})
