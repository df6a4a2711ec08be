import assert from 'node:assert/strict'
import { addressBytes } from '../../src/carriers/address-bytes.ts'
import type { Endpoint } from '../../src/protocol/endpoint.ts'
import { DropReason } from '../../src/protocol/errors.ts'
import { type Line, LineKind } from '../../src/protocol/line.ts'
import { MILLISECOND, type PathId, SECOND } from '../../src/protocol/units.ts'
import { PacketType } from '../../src/protocol/wire/packet.ts'
import { consumerCrypto, providerCrypto } from '../runtime/noise-endpoints.ts'
import { Prng } from '../sim/prng.ts'
import {
  Drops,
  ENDS,
  type EndpointWish,
  eventsOf,
  exchange,
  feed,
  newEndpoint,
  outgoing,
  START,
  toldBy,
} from './endpoints.ts'
import { LinePair, lineTalk, TCP } from './line-pair.ts'
import { RawPeer, type RawPeerWish, rawDial } from './raw-peer.ts'

interface Listening {
  readonly listener: Endpoint
  readonly drops: Drops
}

function listening(wish: Partial<EndpointWish> = {}): Listening {
  const drops = new Drops()
  return { drops, listener: newEndpoint({ seed: 2, acceptsSessions: true, line: TCP, trace: drops, ...wish }) }
}

function initOf(seed: number, wish: Partial<RawPeerWish> = {}): Uint8Array {
  return rawDial({ seed, path: ENDS.here, line: TCP, ...wish }, START).init
}

/** The connections that the endpoint wants to be ended. */
function endedBy(endpoint: Endpoint): PathId[] {
  const paths: PathId[] = []
  for (let path = endpoint.connections!.next(); path !== null; path = endpoint.connections!.next()) paths.push(path)
  return paths
}

/** Nothing is answered, and the connection is to be ended. */
function assertTurnedAway({ listener, drops }: Listening, path: PathId, reason: number): void {
  assert.deepEqual(drops.take(), [reason])
  assert.deepEqual(outgoing(listener, START), [])
  assert.deepEqual(endedBy(listener), [path])
}

function lineOf(kind: Line['kind'], binding: Uint8Array = new Uint8Array(0)): Line {
  return { kind, forbidsFragments: true, bindingOf: () => binding }
}

describe('a handshake on a reliable line', () => {
  it('says INIT and RESP once, with no byte more than they need, however long the answer takes (T-2)', () => {
    const pair = new LinePair({ line: { delay: 2 * SECOND } })
    pair.dial()
    pair.run(20 * SECOND)
    assert.deepEqual(pair.books.dialler.told, ['opened'])
    const [init, resp] = pair.sent
    assert.deepEqual([init!.bytes[0], resp!.bytes[0]], [PacketType.init, PacketType.resp])
    assert.ok(init!.bytes.length < 300, `${init!.bytes.length} bytes`)
    assert.deepEqual(pair.sent.filter(({ bytes }) => bytes[0]! < 0x40).length, 2)
  })

  it('is given up after 30 s over a connection that says nothing', () => {
    const pair = new LinePair()
    const path = pair.connect()
    pair.pipe('dialler').isStuck = true
    pair.dial(path)
    pair.run(29 * SECOND)
    assert.deepEqual(pair.books.dialler.told, [])
    pair.run(2 * SECOND)
    assert.deepEqual(pair.books.dialler.told, ['closed by noAnswer 0'])
    assert.deepEqual(pair.ended.dialler, [path])
  })

  it('is never asked for a proof, however much a listener has to do (T-2)', () => {
    const { listener } = listening({ settings: { cautionAfterStart: 120 * SECOND } })
    listener.onTurn(500 * MILLISECOND, START)
    for (let seed = 100; seed < 356; seed++) {
      feed(listener, initOf(seed), seed, START)
      assert.deepEqual(
        outgoing(listener, START).map(({ bytes }) => bytes[0]),
        [PacketType.resp],
      )
    }
    assert.equal(listener.reception.cookies, 0)
  })

  it('gets no address token, and may not show one, nor a mac2 (T-2)', () => {
    const { pair, theirs } = lineTalk()
    assert.equal(pair.ends.listener.newAddressToken(theirs), null)
    const listen = listening()
    const marked = initOf(5)
    marked[marked.length - 1] = 1
    feed(listen.listener, marked, 9, START)
    assertTurnedAway(listen, 9, DropReason.badHandshake)
  })

  it('is refused when it is shorter than any, or longer than it may be (T-2)', () => {
    for (const [bytes, reason] of [
      [181, DropReason.tooShort],
      [182, DropReason.badMac],
      [1_501, DropReason.badLength],
    ] as const) {
      const listen = listening()
      const init = new Uint8Array(bytes)
      init.set(initOf(5).subarray(0, 12))
      feed(listen.listener, init, 9, START)
      assertTurnedAway(listen, 9, reason)
    }
  })

  it('is bounded: 256 that are half-open, 64 of one neighbourhood, and each counts (T-2)', () => {
    const everywhere = listening()
    for (let seed = 100; seed < 356; seed++) feed(everywhere.listener, initOf(seed), seed, START)
    assert.deepEqual([everywhere.listener.reception.halfOpen, endedBy(everywhere.listener)], [256, []])
    outgoing(everywhere.listener, START)
    feed(everywhere.listener, initOf(999), 999, START)
    assertTurnedAway(everywhere, 999, DropReason.tooManyUnconfirmed)

    const oneHouse = listening({ addressOf: (path) => addressBytes('192.0.2.1', path) })
    for (let seed = 100; seed < 164; seed++) feed(oneHouse.listener, initOf(seed), seed, START)
    outgoing(oneHouse.listener, START)
    feed(oneHouse.listener, initOf(164), 164, START)
    assertTurnedAway(oneHouse, 164, DropReason.tooManyFromThere)
  })

  it('that is not confirmed within 5 s leaves nothing, and its connection is ended (T-4, T-9)', () => {
    const { listener } = listening()
    feed(listener, initOf(5), 9, START)
    outgoing(listener, START)
    assert.equal(listener.isPathInUse(9), true)
    listener.onDeadline(START + 5 * SECOND)
    assert.deepEqual([listener.isIdle, endedBy(listener)], [true, [9]])
  })

  it('comes to an end at once where a listener wants none, without an answer (T-4)', () => {
    const refused = listening({ acceptsSessions: false })
    feed(refused.listener, initOf(5), 9, START)
    assertTurnedAway(refused, 9, DropReason.notAccepting)
    const spoiled = listening()
    const init = initOf(5)
    init[60]! ^= 1
    feed(spoiled.listener, init, 9, START)
    assertTurnedAway(spoiled, 9, DropReason.badMac)
  })

  it('is one for each connection: a second INIT ends it, and the session on it (T-1)', () => {
    const listen = listening()
    const peer = new RawPeer(listen.listener, { seed: 5, path: 9, line: TCP }, START)
    assert.deepEqual(toldBy(listen.listener), ['opened'])
    outgoing(listen.listener, START)
    feed(listen.listener, initOf(6), peer.path, START)
    assertTurnedAway(listen, 9, DropReason.badHandshake)
    assert.deepEqual(toldBy(listen.listener), ['closed by line'])
  })

  it('cannot be repeated over another connection by somebody who has recorded it (T-1, T-2)', () => {
    const listen = listening()
    const init = initOf(5)
    feed(listen.listener, init, 9, START)
    outgoing(listen.listener, START)
    feed(listen.listener, init, 10, START)
    assertTurnedAway(listen, 10, DropReason.replayed)
    assert.equal(listen.listener.reception.halfOpen, 1)
  })

  it('is refused where the two sides do not see the same kind of line (T-3, H-6)', () => {
    const { tcp, tls, websocket, udp } = LineKind
    for (const [ours, theirs] of [
      [tcp, websocket],
      [websocket, tcp],
      [tls, tcp],
      [tcp, tls],
    ] as const) {
      const pair = new LinePair({ lines: { dialler: lineOf(ours), listener: lineOf(theirs) } })
      pair.dial()
      pair.run(SECOND)
      assert.deepEqual(
        [pair.books.dialler.told, pair.books.listener.told],
        [['closed by line 0 The connection was cut.'], []],
      )
      assert.deepEqual([pair.ended.listener, pair.sent.length], [[30], 1])
    }
    const { listener } = listening({ line: lineOf(udp) })
    exchange(newEndpointOver(lineOf(udp)), listener, START)
    assert.deepEqual(toldBy(listener), ['opened'])
  })

  it('is refused when it comes out of another TLS connection than it went into (T-3)', () => {
    const binding = (fill: number) => new Uint8Array(32).fill(fill)
    const told = (ours: Uint8Array, theirs: Uint8Array) => {
      const ends = {
        dialler: newEndpoint({ seed: 1, crypto: providerCrypto(), line: lineOf(LineKind.tls, ours) }),
        listener: newEndpoint({
          seed: 2,
          crypto: consumerCrypto(),
          line: lineOf(LineKind.tls, theirs),
          acceptsSessions: true,
        }),
      }
      const pair = new LinePair({ ends })
      pair.dial()
      pair.run(SECOND)
      return [...pair.books.dialler.told, ...pair.books.listener.told]
    }
    assert.deepEqual(told(binding(1), binding(1)), ['opened', 'opened'])
    assert.deepEqual(told(binding(1), binding(2)), ['closed by line 0 The connection was cut.'])
  })

  it('that is answered by something else than the genuine RESP ends at once (T-4)', () => {
    const { dialler, resp } = dialled()
    resp[40]! ^= 1
    feed(dialler, resp, ENDS.there, START)
    assert.deepEqual([toldBy(dialler), endedBy(dialler)], [['closed by line'], [ENDS.there]])
  })

  it('takes its answer from its own connection alone (T-1)', () => {
    const { dialler, resp } = dialled()
    feed(dialler, resp, 99, START)
    assert.deepEqual([toldBy(dialler), endedBy(dialler)], [[], [99]])
    feed(dialler, resp, ENDS.there, START)
    assert.deepEqual(toldBy(dialler), ['opened'])
  })

  it('cannot be begun twice on one connection', () => {
    const { dialler } = dialled()
    assert.throws(() => dialler.dial(ENDS.there, START), /one session/)
  })
})

describe('a connection on which nobody has a session', () => {
  it('is ended for any other first packet, and nothing is answered (T-4)', () => {
    const seed = 20_261_121
    const random = new Prng(seed)
    for (const first of [PacketType.resp, PacketType.cookie, PacketType.reset, 0x40, 0x43, 0, 0xff]) {
      const { listener } = listening()
      for (let path = 1; path <= 50; path++) {
        const packet = new Uint8Array(random.int(1, 300))
        random.fill(packet)
        packet[0] = first
        feed(listener, packet, path, START)
        assert.deepEqual(
          [outgoing(listener, START), endedBy(listener)],
          [[], [path]],
          `first byte ${first}, seed ${seed}`,
        )
      }
      assert.deepEqual(eventsOf(listener), [])
    }
  })

  it('is told once, however much comes over it', () => {
    const { listener } = listening()
    for (let count = 0; count < 100; count++) feed(listener, new Uint8Array(100), 9, START)
    assert.deepEqual(endedBy(listener), [9])
  })

  it('cannot say anything for a session of another connection, which goes on (T-1)', () => {
    const drops = new Drops()
    const { listener } = listening({ trace: drops })
    const peer = new RawPeer(listener, { seed: 5, path: 9, line: TCP }, START)
    eventsOf(listener)
    outgoing(listener, START)
    feed(listener, peer.seal(Uint8Array.of(1), peer.counter), 10, START)
    assert.deepEqual([drops.take(), endedBy(listener)], [[DropReason.otherPath], [10]])
    peer.send(Uint8Array.of(1), START)
    assert.deepEqual([drops.take(), endedBy(listener), toldBy(listener)], [[], [], []])
  })
})

function newEndpointOver(line: Line): Endpoint {
  const endpoint = newEndpoint({ seed: 1, line })
  endpoint.dial(ENDS.there, START)
  return endpoint
}

/** A dialler that has asked, and the answer. */
function dialled(): { dialler: Endpoint; resp: Uint8Array } {
  const dialler = newEndpointOver(TCP)
  const { listener } = listening()
  for (const { bytes } of outgoing(dialler, START)) feed(listener, bytes, ENDS.here, START)
  return { dialler, resp: outgoing(listener, START)[0]!.bytes }
}
