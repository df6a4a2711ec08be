// What a listener does with INITs when it has much to do, and what it keeps of those it has answered.

import assert from 'node:assert/strict'
import { addressBytes } from '../../src/carriers/address-bytes.ts'
import type { Endpoint } from '../../src/protocol/endpoint.ts'
import { DropReason } from '../../src/protocol/errors.ts'
import type { Dial } from '../../src/protocol/handshake/dial.ts'
import { hex } from '../../src/protocol/hex.ts'
import { MILLISECOND, type Micros, type PathId, SECOND } from '../../src/protocol/units.ts'
import { COOKIE_PACKET_BYTES, PacketType } from '../../src/protocol/wire/packet.ts'
import { NullCrypto } from '../sim/null-crypto.ts'
import { Prng } from '../sim/prng.ts'
import { Drops, ENDS, eventsOf, exchange, feed, newEndpoint, outgoing, START, toldBy } from './endpoints.ts'
import { answersTo, calm, cautious } from './listeners.ts'
import { provenInit, type RawPeerWish, rawDial } from './raw-peer.ts'

function dialOf(seed: number, wish: Partial<RawPeerWish> = {}): Dial {
  return rawDial({ seed, path: ENDS.here, ...wish }, START)
}

function initAt(seed: number, sentAtMs: number): Uint8Array {
  return dialOf(seed, { instance: 1, hello: { sentAtMs } }).init
}

describe('A listener that has just been started', () => {
  it('asks by a COOKIE where an INIT is from, and keeps nothing of it (H-21)', () => {
    const listener = cautious()
    const [cookie, ...more] = [...outgoingFor(listener, dialOf(1).init)]
    assert.deepEqual([cookie!.bytes[0], cookie!.bytes.length, more.length], [PacketType.cookie, COOKIE_PACKET_BYTES, 0])
    assert.equal(listener.isIdle, true)
    assert.equal(listener.nextDeadline(), Infinity)
  })

  it('lets the same INIT in once mac2 shows that the COOKIE arrived (H-20, H-23)', () => {
    const listener = cautious()
    const dialler = newEndpoint({ seed: 1 })
    dialler.dial(ENDS.there, START)
    assert.equal(exchange(dialler, listener, START) > 4, true)
    assert.deepEqual([toldBy(dialler), toldBy(listener)], [['opened'], ['opened']])
    assert.equal(listener.reception.cookies, 1)
    assert.equal(listener.reception.read, 1)
  })

  it('asks no more after 120 s', () => {
    const listener = cautious()
    assert.deepEqual(answersTo(listener, dialOf(1).init, ENDS.here, START + 120 * SECOND - 1), [PacketType.cookie])
    assert.deepEqual(answersTo(listener, dialOf(1).init, ENDS.here, START + 120 * SECOND), [PacketType.resp])
  })

  it('takes a proof for the address, the port and the id that it was given for, and for nothing else (H-22)', () => {
    const addressOf = (path: PathId) => addressBytes(path < 100 ? '192.0.2.1' : '192.0.2.2', path)
    const listener = cautious({ addressOf })
    const init = provenInit(dialOf(1), listener, 7, START)
    for (const elsewhere of [8, 107]) assert.deepEqual(answersTo(listener, init, elsewhere), [PacketType.cookie])
    const other = dialOf(2).init.slice()
    other.set(init.subarray(-16), other.length - 16)
    assert.deepEqual(answersTo(listener, other, 7), [PacketType.cookie])
    assert.deepEqual(answersTo(listener, init, 7), [PacketType.resp])
  })

  it('takes a proof for as long as a dial lasts, and not after five minutes (H-22)', () => {
    for (const begun of [0, 60, 100, 119]) {
      const at = START + begun * SECOND
      const [young, old] = [cautious(), cautious()]
      const init = provenInit(dialOf(1), young, ENDS.here, at)
      assert.deepEqual(answersTo(young, init, ENDS.here, at + 31 * SECOND), [PacketType.resp])
      const late = provenInit(dialOf(1), old, ENDS.here, at)
      assert.deepEqual(answersTo(old, late, ENDS.here, at + 300 * SECOND), [PacketType.cookie])
    }
  })

  it('knows the proofs of its last life no more', () => {
    const init = provenInit(dialOf(1), cautious(), ENDS.here, START)
    assert.deepEqual(answersTo(cautious({ seed: 3, instance: 2 }), init), [PacketType.cookie])
  })
})

describe('A listener asks for a proof', () => {
  const proofIsAsked = (listener: Endpoint, now: Micros) =>
    answersTo(listener, dialOf(9_999).init, 9_999, now)[0] === PacketType.cookie

  it('from 65 half-open sessions on, until they are fewer (H-21)', () => {
    const listener = calm()
    for (let seed = 100; seed < 164; seed++) answersTo(listener, dialOf(seed).init, seed)
    assert.equal(listener.reception.halfOpen, 64)
    assert.deepEqual(answersTo(listener, dialOf(164).init, 164), [PacketType.resp])
    assert.equal(proofIsAsked(listener, START), true)
    listener.onDeadline(START + 6 * SECOND)
    assert.equal(listener.reception.halfOpen, 0)
    assert.equal(proofIsAsked(listener, START + 6 * SECOND), false)
  })

  it('above 200 INITs in a second, and for the second after it (H-21)', () => {
    const listener = calm()
    const { init } = dialOf(1)
    for (let count = 0; count < 200; count++) feed(listener, init, ENDS.here, START + count * MILLISECOND)
    assert.equal(proofIsAsked(listener, START + 300 * MILLISECOND), true)
    assert.equal(proofIsAsked(listener, START + 1_500 * MILLISECOND), true)
    assert.equal(proofIsAsked(listener, START + 3_100 * MILLISECOND), false)
  })

  it('while turns of its event loop come more than 50 ms late (H-21)', () => {
    const listener = calm()
    listener.onTurn(50 * MILLISECOND, START)
    assert.equal(proofIsAsked(listener, START), false)
    listener.onTurn(51 * MILLISECOND, START + SECOND)
    assert.equal(answersTo(listener, dialOf(2).init, 2, START + SECOND)[0], PacketType.cookie)
    assert.equal(answersTo(listener, dialOf(2).init, 2, START + 2 * SECOND)[0], PacketType.resp)
  })

  it('of whoever shows a mac2 that is wrong, even when nobody is asked (H-20)', () => {
    const listener = calm()
    const init = dialOf(1).init.slice()
    init[init.length - 1] = 1
    assert.deepEqual(answersTo(listener, init), [PacketType.cookie])
    assert.equal(listener.isIdle, true)
  })

  it('but answers a repeat of an INIT that it has answered, which costs it nothing (H-2)', () => {
    const listener = calm()
    const { init } = dialOf(1)
    answersTo(listener, init)
    listener.onTurn(SECOND, START)
    assert.deepEqual(answersTo(listener, init), [PacketType.resp])
    assert.equal(listener.reception.read, 1)
  })
})

describe('A dialler that is asked for a proof', () => {
  function asked(): { readonly dialler: Endpoint; readonly listener: Endpoint; readonly init: Uint8Array } {
    const [dialler, listener] = [newEndpoint({ seed: 1 }), cautious()]
    dialler.dial(ENDS.there, START)
    return { dialler, listener, init: outgoing(dialler, START)[0]!.bytes }
  }

  it('sends the same bytes again but for mac2, at once, and begins its pauses anew (H-1, H-23)', () => {
    const { dialler, listener, init } = asked()
    const cookie = outgoingFor(listener, init)[0]!.bytes
    const at = START + 100 * MILLISECOND
    feed(dialler, cookie, ENDS.there, at)
    const [again] = outgoing(dialler, at)
    assert.equal(hex(again!.bytes.subarray(0, -16)), hex(init.subarray(0, -16)))
    assert.notEqual(hex(again!.bytes.subarray(-16)), hex(init.subarray(-16)))
    assert.equal(dialler.nextDeadline(), at + 250 * MILLISECOND)
  })

  it('answers the first COOKIE at once and later ones with its next repeat, so that nobody can make it send (H-23)', () => {
    const { dialler, listener, init } = asked()
    let sent = 0
    for (let count = 0; count < 100; count++) {
      feed(dialler, outgoingFor(listener, init)[0]!.bytes, ENDS.there, START)
      sent += outgoing(dialler, START).length
    }
    assert.equal(sent, 1)
  })

  it('ignores a COOKIE for another INIT (H-23)', () => {
    const drops = new Drops()
    const dialler = newEndpoint({ seed: 1, trace: drops })
    dialler.dial(ENDS.there, START)
    const [init] = outgoing(dialler, START)
    // The same id, and another question.
    const other = init!.bytes.slice()
    other.set(dialOf(3).init.subarray(12), 12)
    new NullCrypto({ random: new Prng(1), resetKey: 1 }).mac(other, other.length - 32, other, other.length - 32)
    feed(dialler, outgoingFor(cautious(), other)[0]!.bytes, ENDS.there, START)
    assert.deepEqual(outgoing(dialler, START), [])
    assert.deepEqual(drops.take(), [DropReason.badHandshake])
  })

  it('measures the round trip from when it sent the proof', () => {
    const { dialler, listener, init } = asked()
    const cookie = outgoingFor(listener, init)[0]!.bytes
    feed(dialler, cookie, ENDS.there, START + 20 * MILLISECOND)
    const [again] = outgoing(dialler, START + 20 * MILLISECOND)
    feed(listener, again!.bytes, ENDS.here, START + 30 * MILLISECOND)
    for (const { bytes } of outgoing(listener, START + 30 * MILLISECOND)) {
      feed(dialler, bytes, ENDS.there, START + 40 * MILLISECOND)
    }
    const [opened] = eventsOf(dialler)
    const stats = { smoothedRtt: 0 }
    opened!.session.stats(stats as never)
    assert.equal(stats.smoothedRtt, 20 * MILLISECOND)
  })
})

describe('An INIT that was recorded', () => {
  /** Opens a session of instance 1, started anew, whose INIT was sent at `sentAtMs`; returns that INIT. */
  function openedAt(listener: Endpoint, sentAtMs: number): Uint8Array {
    const dialler = newEndpoint({ seed: 40 + sentAtMs, instance: 1, boot: sentAtMs, wallClockMs: () => sentAtMs })
    dialler.dial(ENDS.there, START)
    const [init] = outgoing(dialler, START)
    feed(listener, init!.bytes, ENDS.here, START)
    exchange(dialler, listener, START)
    return init!.bytes
  }

  it('is not answered once its session was confirmed, also when that has ended (H-25)', () => {
    const listener = calm()
    const dialler = newEndpoint({ seed: 1 })
    const session = dialler.dial(ENDS.there, START)
    const [init] = outgoing(dialler, START)
    feed(listener, init!.bytes, ENDS.here, START)
    exchange(dialler, listener, START)
    session.close(0, '')
    exchange(dialler, listener, START)
    assert.equal(listener.isIdle, true)
    assert.deepEqual(answersTo(listener, init!.bytes, 99, START + SECOND), [])
    assert.equal(listener.isIdle, true)
  })

  it('is not answered from elsewhere either, nor a session later (H-25)', () => {
    const drops = new Drops()
    const listener = calm({ trace: drops })
    const init = openedAt(listener, 100)
    assert.deepEqual(answersTo(listener, init, 99), [], 'its session lives')
    openedAt(listener, 200)
    outgoing(listener, START)
    drops.take()
    for (const later of [SECOND, 60 * SECOND, 599 * SECOND]) {
      assert.deepEqual(answersTo(listener, init, 99, START + later), [])
      assert.deepEqual(drops.take(), [DropReason.replayed])
    }
  })

  it('is not answered if it is older than one that was answered, whoever confirmed (H-25)', () => {
    const listener = calm()
    assert.deepEqual(answersTo(listener, initAt(5, 200)), [PacketType.resp])
    assert.deepEqual(answersTo(listener, initAt(6, 199)), [])
    assert.deepEqual(answersTo(listener, initAt(7, 201)), [PacketType.resp])
  })

  it('counts again after ten minutes, since clocks can be set back (H-25)', () => {
    const listener = calm()
    answersTo(listener, initAt(5, 200))
    assert.deepEqual(answersTo(listener, initAt(6, 100), ENDS.here, START + 599 * SECOND), [])
    assert.deepEqual(answersTo(listener, initAt(6, 100), ENDS.here, START + 600 * SECOND), [PacketType.resp])
  })

  it('says nothing of another instance', () => {
    const listener = calm()
    answersTo(listener, initAt(5, 200))
    const other = dialOf(6, { instance: 2, hello: { sentAtMs: 100 } }).init
    assert.deepEqual(answersTo(listener, other), [PacketType.resp])
  })

  it('is told from the next dial of the same millisecond, and of a clock that was set back (H-25)', () => {
    const times = [5_000, 5_000, 4_000]
    const listener = calm()
    const dialler = newEndpoint({ seed: 1, wallClockMs: () => times.shift()! })
    for (let dials = 0; dials < 3; dials++) {
      dialler.dial(ENDS.there, START)
      exchange(dialler, listener, START)
    }
    assert.equal(toldBy(listener).filter((kind) => kind === 'opened').length, 3)
  })
})

describe('A neighbourhood of addresses', () => {
  const NEAR = (path: PathId) => addressBytes(path < 1_000 ? '192.0.2.1' : '192.0.2.2', 1_000 + path)

  it('may have 64 half-open sessions, and its neighbours are not kept out by it (H-28)', () => {
    const drops = new Drops()
    const listener = cautious({ addressOf: NEAR, trace: drops })
    const inits = Array.from({ length: 70 }, (_, index) => provenInit(dialOf(index + 1), listener, index + 1, START))
    drops.take()
    for (const [index, init] of inits.entries()) feed(listener, init, index + 1, START)
    assert.deepEqual(drops.take(), Array(6).fill(DropReason.tooManyFromThere))
    outgoing(listener, START)
    const other = provenInit(dialOf(500), listener, 2_000, START)
    assert.deepEqual(answersTo(listener, other, 2_000), [PacketType.resp])
  })

  it('that sends what leads to nothing is read 20 times, and 20 times in each second (H-28)', () => {
    const listener = cautious({ addressOf: NEAR })
    const storm = (now: Micros): number => {
      const before = listener.reception.read
      for (let seed = 1; seed <= 50; seed++) {
        const dial = spoiled(dialOf(seed))
        feed(listener, provenInit(dial, listener, seed, now), seed, now)
      }
      return listener.reception.read - before
    }
    assert.equal(storm(START), 20)
    assert.equal(storm(START + SECOND), 20)
    const other = provenInit(dialOf(500), listener, 2_000, START + SECOND)
    assert.deepEqual(answersTo(listener, other, 2_000, START + SECOND), [PacketType.resp])
  })

  it('loses nothing to those who only write its addresses on what they send (H-28)', () => {
    const listener = calm({ addressOf: NEAR })
    for (let seed = 1; seed <= 500; seed++) {
      feed(listener, spoiled(dialOf(seed)).init, seed, START)
    }
    while (outgoing(listener, START).length > 0);
    const honest = provenInit(dialOf(600), listener, 600, START)
    assert.deepEqual(answersTo(listener, honest, 600), [PacketType.resp])
  })

  it('of this machine lets in as many as come, and pays for what leads to nothing as others do (H-28)', () => {
    const listener = cautious({ addressOf: (path) => addressBytes('127.0.0.1', path) })
    const inits = Array.from({ length: 250 }, (_, index) => provenInit(dialOf(index + 1), listener, index + 1, START))
    for (const [index, init] of inits.entries()) feed(listener, init, index + 1, START)
    assert.equal(listener.reception.halfOpen, 250)
    assert.equal(readOfStrangers(listener, [1_000], 50, START), 23)
  })

  it('pays for one failure a second once there are many of them in all, however many neighbours send them (H-28)', () => {
    const hosts = Array.from({ length: 30 }, (_, index) => 10_000 * (index + 1))
    const listener = cautious({
      addressOf: (path) => addressBytes(`192.0.2.${Math.floor(path / 10_000)}`, path % 10_000),
    })
    // A hundred are still cheap, and the savings of those who have not failed yet; from then on one for each.
    assert.ok(readOfStrangers(listener, hosts, 30, START) <= 100 + 2 * hosts.length)
    for (let second = 1; second <= 3; second++) {
      const read = readOfStrangers(listener, hosts, 10, START + second * SECOND)
      assert.ok(read <= 100 + hosts.length, `${read} in second ${second}`)
    }
    const honest = provenInit(dialOf(500), listener, 400_000, START + 3 * SECOND)
    assert.deepEqual(answersTo(listener, honest, 400_000, START + 3 * SECOND), [PacketType.resp])
  })
})

/** How many of so many proven INITs from each of these paths' neighbourhoods are read; none holds anything that could be. */
function readOfStrangers(listener: Endpoint, paths: readonly PathId[], each: number, now: Micros): number {
  const before = listener.reception.read
  for (let seed = 1; seed <= each; seed++) {
    for (const path of paths) {
      const dial = spoiled(dialOf(seed))
      feed(listener, provenInit(dial, listener, path + seed, now), path + seed, now)
    }
  }
  return listener.reception.read - before
}

/** A dial whose INIT is for the listener, as far as mac1 tells, and holds nothing that it could read. */
function spoiled(dial: Dial): Dial {
  dial.init[60]! ^= 1
  new NullCrypto({ random: new Prng(1), resetKey: 1 }).mac(
    dial.init,
    dial.init.length - 32,
    dial.init,
    dial.init.length - 32,
  )
  return dial
}

function outgoingFor(listener: Endpoint, packet: Uint8Array) {
  feed(listener, packet, ENDS.here, START)
  return outgoing(listener, START)
}
