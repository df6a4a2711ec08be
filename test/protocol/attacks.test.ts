// What a stranger, a listener on the wire, or a peer that holds the keys can try, and what it may cost us.

import assert from 'node:assert/strict'
import { CloseCode, DropReason } from '../../src/protocol/errors.ts'
import { SECOND } from '../../src/protocol/units.ts'
import { Prng } from '../sim/prng.ts'
import { bytesOf } from './bytes.ts'
import { connected, ENDS, eventsOf, exchange, feed, newEndpoint, outgoing, START, statsOf } from './endpoints.ts'
import { heldBytes } from './heap.ts'
import { provenInit, RawPeer, rawDial } from './raw-peer.ts'

/** Every datagram that a short conversation puts on the wire, in both directions. */
function captured(): {
  readonly peers: ReturnType<typeof connected>
  readonly toListener: Uint8Array[]
  readonly toDialler: Uint8Array[]
} {
  const peers = connected()
  const { dialler, listener, ours } = peers
  const toListener: Uint8Array[] = [rawDial({ seed: 1, path: ENDS.here }, START).init]
  const toDialler: Uint8Array[] = []
  const stream = ours.openStream()!
  for (let round = 0; round < 10; round++) {
    stream.write(new Uint8Array(3_000).fill(round))
    for (const { bytes } of outgoing(dialler, START + round)) {
      toListener.push(bytes)
      feed(listener, bytes, ENDS.here, START + round)
    }
    for (const { bytes } of outgoing(listener, START + round)) {
      toDialler.push(bytes)
      feed(dialler, bytes, ENDS.there, START + round)
    }
  }
  exchange(dialler, listener, START + 10)
  eventsOf(listener)
  return { peers, toListener, toDialler }
}

describe('A stranger', () => {
  it('that sends 10,000 random or spoiled datagrams changes nothing, opens nothing and leaves nothing behind', () => {
    const { peers, toListener } = captured()
    const { listener, theirs } = peers
    const random = new Prng(20_261_121)
    const before = statsOf(theirs)
    const deadline = listener.nextDeadline()
    peers.listenerDrops.take()
    const attack = (times: number): void => {
      for (let i = 0; i < times; i++) {
        listener.receive(
          random.chance(0.5) ? rubbish(random) : spoiled(random.pick(toListener), random),
          random.int(0, 9),
          START + 11,
        )
      }
    }
    attack(1_000)
    const heap = heldBytes()
    attack(9_000)
    const grown = heldBytes() - heap
    assert.ok(grown < 1_000_000, `${grown} bytes more (seed ${random.seed})`)
    assert.deepEqual(statsOf(theirs), before)
    assert.equal(theirs.path, ENDS.here)
    assert.deepEqual(eventsOf(listener), [])
    assert.equal(listener.nextDeadline(), deadline)
    assert.ok(outgoing(listener, START + 11).every(({ bytes }) => bytes[0] === 5 && bytes.length < 64))
    assert.ok(!peers.listenerDrops.take().includes(0))
  })

  it('that fills the list of half-open sessions reaches its end at 256, and disturbs nobody who is in (H-4)', () => {
    const { dialler, listener, ours, listenerDrops } = connected({ cautionAfterStart: 120 * SECOND })
    const inits = Array.from({ length: 400 }, (_, index) => ({
      from: index + 100,
      init: provenInit(rawDial({ seed: index + 100, path: index + 100 }, START), listener, index + 100, START),
    }))
    listenerDrops.take()
    for (const { init, from } of inits) feed(listener, init, from, START)
    assert.deepEqual(listenerDrops.take(), Array(400 - 256).fill(DropReason.tooManyUnconfirmed))
    ours.openStream()!.write(bytesOf('61'))
    exchange(dialler, listener, START)
    assert.deepEqual(
      eventsOf(listener).map(({ kind }) => kind),
      ['accepted'],
    )
    listener.onDeadline(START + 5 * SECOND)
    outgoing(listener, START + 5 * SECOND)
    feed(listener, inits[399]!.init, inits[399]!.from, START + 5 * SECOND)
    assert.deepEqual(listenerDrops.take(), [], 'five seconds later there is room again')
  })

  it('is never sent more bytes than it sent, before it has shown that it is there (H-3, H-24)', () => {
    const listener = newEndpoint({ seed: 2, acceptsSessions: true })
    let sent = 0
    let answered = 0
    for (let seed = 100; seed < 200; seed++) {
      const { init } = rawDial({ seed, path: seed }, START)
      for (let time = 0; time < 3; time++) {
        feed(listener, init, seed, START)
        sent += init.length
        answered += outgoing(listener, START).reduce((sum, { bytes }) => sum + bytes.length, 0)
      }
    }
    for (let now = listener.nextDeadline(); now < Infinity; now = listener.nextDeadline()) {
      listener.onDeadline(now)
      answered += outgoing(listener, now).reduce((sum, { bytes }) => sum + bytes.length, 0)
    }
    assert.ok(answered > 0 && answered <= sent, `${answered} bytes out, ${sent} in`)
    assert.equal(listener.isIdle, true)
  })

  // A repeat was believed for its mac1 alone.
  it('that copies the mac1 of an INIT onto other bytes gets no answer', () => {
    const listener = newEndpoint({ seed: 2, acceptsSessions: true })
    const { init } = rawDial({ seed: 1, path: ENDS.here }, START)
    feed(listener, init, ENDS.here, START)
    outgoing(listener, START)
    const forged = init.slice()
    forged.fill(0xaa, 20, init.length - 32)
    feed(listener, forged, 99, START)
    assert.deepEqual(outgoing(listener, START), [])
  })
})

describe('Somebody who records the wire', () => {
  it('gains nothing by sending all of it again, now or a minute later, from there or from elsewhere', () => {
    const { peers, toListener, toDialler } = captured()
    const { dialler, listener, ours, theirs } = peers
    const before = [statsOf(ours), statsOf(theirs)]
    for (const now of [START + 11, START + 12 * SECOND]) {
      for (const from of [ENDS.here, ENDS.there, 99]) {
        for (const bytes of [...toListener.slice(1), ...toDialler]) {
          feed(listener, bytes, from, now)
          feed(dialler, bytes, from, now)
        }
      }
    }
    assert.deepEqual([statsOf(ours), statsOf(theirs)], before)
    assert.deepEqual([ours.path, theirs.path], [ENDS.there, ENDS.here])
    assert.deepEqual([...eventsOf(dialler), ...eventsOf(listener)], [])
  })

  it('cannot end a dial by a forged answer, and the genuine one still counts', () => {
    const dialler = newEndpoint({ seed: 1 })
    const listener = newEndpoint({ seed: 2, acceptsSessions: true })
    dialler.dial(ENDS.there, START)
    for (const { bytes } of outgoing(dialler, START)) feed(listener, bytes, ENDS.here, START)
    const [resp] = outgoing(listener, START)
    for (let at = 0; at < resp!.bytes.length - 16; at++) {
      const forged = resp!.bytes.slice()
      forged[at]! ^= 0xff
      feed(dialler, forged, ENDS.there, START)
      assert.deepEqual(eventsOf(dialler), [], `byte ${at}`)
    }
    feed(dialler, resp!.bytes, ENDS.there, START)
    assert.deepEqual(
      eventsOf(dialler).map(({ kind }) => kind),
      ['opened'],
    )
  })

  it('cannot make anything of a packet with any byte changed (W-11)', () => {
    const listener = newEndpoint({ seed: 2, acceptsSessions: true })
    const peer = new RawPeer(listener, { seed: 1, path: ENDS.here }, START)
    const [event] = eventsOf(listener)
    assert.ok(event?.kind === 'opened')
    const before = statsOf(event.session)
    const packet = peer.seal(bytesOf('01'))
    for (let at = 0; at < packet.length; at++) {
      const forged = packet.slice()
      forged[at]! ^= 0x04
      feed(listener, forged, 99, START)
    }
    assert.deepEqual(statsOf(event.session), before)
    feed(listener, packet, ENDS.here, START)
    assert.equal(statsOf(event.session).packetsReceived, before.packetsReceived + 1)
  })
})

describe('A peer that breaks the rules', () => {
  /** Sends frames in one packet and returns the code with which the session is closed; null: it goes on. */
  function verdictOn(digits: string): number | null {
    const listener = newEndpoint({ seed: 2, acceptsSessions: true })
    const peer = new RawPeer(listener, { seed: 1, path: ENDS.here }, START)
    outgoing(listener, START)
    eventsOf(listener)
    peer.send(bytesOf(digits), START)
    const closed = eventsOf(listener).find((event) => event.kind === 'closed')
    const goodbyes = outgoing(listener, START).map(({ bytes }) => peer.open(bytes)!.frames)
    if (closed?.kind !== 'closed') return null
    assert.equal(closed.by, 'violation')
    assert.equal(goodbyes.length, 3)
    for (const frames of goodbyes) assert.deepEqual([frames[0], frames[1]], [0x1c, closed.code])
    return closed.code
  }

  it('by acknowledging what was never sent is sent away', () => {
    assert.equal(verdictOn('02 05 00 00 00'), CloseCode.protocolViolation)
    assert.equal(verdictOn('02 c01fffffffffffff 00 00 00'), CloseCode.protocolViolation)
  })

  it('by frames that cannot be read is sent away (F-1)', () => {
    for (const digits of ['ff', '03', '08 01 00 ffff', '02 05 00 7f 00', '1c 00 7fff']) {
      assert.equal(verdictOn(digits), CloseCode.frameEncoding, digits)
    }
  })

  it('by a byte beyond its credit, a stream beyond its limit or one that only we may open is sent away', () => {
    assert.equal(verdictOn('08 01 80040000 0001 61'), CloseCode.flowControl)
    assert.equal(verdictOn('08 40c9 00 0001 61'), CloseCode.streamLimit)
    assert.equal(verdictOn('08 02 00 0001 61'), CloseCode.streamState)
  })

  it('by acknowledging everything, also what was left out, is caught (F-2)', () => {
    const listener = newEndpoint({ seed: 2, acceptsSessions: true })
    const peer = new RawPeer(listener, { seed: 1, path: ENDS.here }, START)
    let now = START
    for (let sent = 0; sent < 2_000; sent++) {
      now += 1_000
      peer.send(bytesOf('01'), now)
      const counters = outgoing(listener, now).map(({ bytes }) => peer.open(bytes)!.counter)
      const largest = Math.max(-1, ...counters)
      if (largest < 0) continue
      const field = (value: number) => (0x8000_0000 + value).toString(16)
      peer.send(bytesOf(`02 ${field(largest)} 00 00 ${field(largest)}`), now)
      const closed = eventsOf(listener).find((event) => event.kind === 'closed')
      if (closed === undefined) continue
      assert.ok(closed.kind === 'closed' && closed.code === CloseCode.protocolViolation)
      assert.ok(largest < 2 + 512)
      return
    }
    assert.fail('it was never caught')
  })
})

describe('A peer that withholds its ACKs', () => {
  // Every answer and every bare ACK took a slot in a ring that doubled for as long as the session lived.
  it('is sent away once it has left 65,536 packets unanswered, however it made us send them', () => {
    for (const frames of ['1a 0102030405060708', '01']) {
      const listener = newEndpoint({ seed: 2, acceptsSessions: true })
      const peer = new RawPeer(listener, { seed: 1, path: ENDS.here }, START)
      eventsOf(listener)
      let isOpen = true
      let received = 0
      for (let now = START; isOpen && received < 300_000; now += 100) {
        peer.send(bytesOf(frames), now)
        received++
        outgoing(listener, now)
        isOpen = eventsOf(listener).every(({ kind }) => kind !== 'closed')
      }
      assert.equal(isOpen, false, `${received} packets of ${frames}`)
    }
  })
})

function rubbish(random: Prng): Uint8Array {
  const bytes = new Uint8Array(random.int(0, 1_500))
  random.fill(bytes)
  // Kinds that are looked at, mostly: others are dropped by their first byte.
  if (bytes.length > 0 && random.chance(0.9)) bytes[0] = random.pick([1, 2, 3, 5, 0x40, 0x43])
  return bytes
}

/** Genuine but for one to four bytes, a cut, or something behind it. */
function spoiled(genuine: Uint8Array, random: Prng): Uint8Array {
  if (random.chance(0.2)) return genuine.slice(0, random.int(0, genuine.length - 1))
  const bytes = genuine.slice()
  const at = random.int(0, bytes.length - 1)
  bytes[at]! ^= random.int(1, 255)
  for (let more = random.int(0, 3); more > 0; more--)
    bytes[(at + random.int(1, bytes.length - 1)) % bytes.length]! ^= random.int(1, 255)
  return bytes
}
