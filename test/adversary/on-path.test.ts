// Somebody on the line between two that have real keys: sees everything, holds back, repeats, turns round, spoils and makes up.

import assert from 'node:assert/strict'
import { DropReason } from '../../src/protocol/errors.ts'
import { type Crypto, silentTrace, type Trace } from '../../src/protocol/ports.ts'
import { MILLISECOND, SECOND } from '../../src/protocol/units.ts'
import { MACS_BYTES, PacketType } from '../../src/protocol/wire/packet.ts'
import { Drops, ENDS, eventsOf, exchange, feed, outgoing, START } from '../protocol/endpoints.ts'
import { bytesBetween } from '../protocol/streams/stream-bytes.ts'
import {
  consumerCrypto,
  providerCrypto,
  type SealedTalk,
  sealedEndpoint,
  sealedTalk,
} from '../runtime/noise-endpoints.ts'
import { Prng } from '../sim/prng.ts'

const BYTES = 150_000
const FORGERIES_EACH = 3
const SEED = 20_261_122

describe('Somebody on the line', () => {
  it(`who puts rubbish, copies, spoiled and turned round datagrams before each genuine one changes nothing (seed ${SEED})`, () => {
    const random = new Prng(SEED)
    const talk = sealedTalk()
    const seen: Uint8Array[] = []
    meddleWith(talk, (genuine, give) => {
      for (let i = 0; i < FORGERIES_EACH; i++) give(forgery(random, genuine, seen), random.int(1, 9))
      if (seen.length < 500) seen.push(genuine.slice())
    })
    assertCarries(talk)
    assert.ok(seen.length > 100, `only ${seen.length} datagrams`)
    assert.deepEqual(talk.dialler.told, ['opened'])
    assert.deepEqual(talk.listener.told, ['opened', 'accepted'])
    assert.equal(talk.dialler.session!.path, ENDS.there)
    assert.equal(talk.listener.session!.path, ENDS.here)
  })

  it(`who spoils every tenth datagram makes it slower and nothing else (seed ${SEED})`, () => {
    const random = new Prng(SEED)
    const talk = sealedTalk()
    meddleWith(talk, (genuine) => {
      if (random.chance(0.1)) genuine[random.int(0, genuine.length - 1)]! ^= 1 << random.int(0, 7)
    })
    assertCarries(talk)
    assert.equal(talk.dialler.told.filter((what) => what === 'opened').length, 1)
    assert.ok(!talk.listener.told.some((what) => what.startsWith('closed')))
  })

  it('who cuts the line before the last bytes makes the reader hear of a break, never of an end', () => {
    const talk = sealedTalk()
    talk.pair.dial()
    talk.pair.run(SECOND, () => talk.listener.session !== null)
    const stream = talk.dialler.session!.openStream()!
    talk.listener.onStream = (ready) => talk.listener.drain(ready)
    stream.write(bytesBetween(0, BYTES))
    stream.finish()
    talk.pair.run(SECOND, () => (talk.listener.read.get(talk.listener.accepted[0]!) ?? 0) > BYTES / 2)
    talk.pair.line.loss = 1
    talk.pair.run(90 * SECOND)
    assert.equal(talk.listener.accepted[0]!.readState, 'reset')
    assert.equal(talk.listener.told.at(-1), 'closed by silence 0')
  })

  it('who sends everything once more, at once, half a minute later and from elsewhere, opens nothing and moves nobody', () => {
    const talk = sealedTalk()
    assertCarries(talk)
    const captured = talk.captured.map((bytes) => bytes.slice())
    const [told, read] = [[...talk.listener.told], talk.listener.read.get(talk.listener.accepted[0]!)]
    const { dialler, listener } = talk.ends
    for (const later of [0, SECOND, 30 * SECOND]) {
      talk.pair.run(later)
      for (const from of [ENDS.here, 99])
        for (const bytes of captured) {
          feed(listener, bytes, from, talk.pair.now)
          feed(dialler, bytes, from, talk.pair.now)
        }
    }
    talk.pair.run(SECOND)
    assert.deepEqual(talk.listener.told, told)
    assert.equal(talk.listener.read.get(talk.listener.accepted[0]!), read)
    assert.deepEqual([talk.dialler.session!.path, talk.listener.session!.path], [ENDS.there, ENDS.here])
  })
})

describe('Somebody on the line who knows the consumer’s public key', () => {
  /** What anybody may know makes mac1 right again after a change. */
  function changed(packet: Uint8Array, at: number, mac: Crypto['mac']): Uint8Array {
    const copy = packet.slice()
    copy[at]! ^= 0x01
    mac(copy, copy.length - MACS_BYTES, copy, copy.length - MACS_BYTES)
    return copy
  }

  it('cannot change a byte of what the provider asks: version, ids, keys or words', () => {
    const drops = new Drops()
    const [dialler, listener] = newEnds(drops)
    dialler.dial(ENDS.there, START)
    const [init] = outgoing(dialler, START)
    const { mac } = providerCrypto()
    let now = START
    for (let at = 1; at < init!.bytes.length - MACS_BYTES; at++) {
      // So slow that nobody is asked for a proof of the address: each is read.
      now += 50 * MILLISECOND
      feed(listener, changed(init!.bytes, at, mac), ENDS.here, now)
      const reason = at === 1 ? DropReason.unknownVersion : DropReason.badHandshake
      assert.deepEqual([drops.take(), outgoing(listener, now)], [[reason], []], `byte ${at}`)
    }
    feed(listener, init!.bytes, ENDS.here, now)
    const answers = outgoing(listener, now).map(({ bytes }) => bytes[0])
    assert.deepEqual(answers, [PacketType.resp], 'the genuine one is answered as if nothing had been')
  })

  it('cannot change a byte of what the consumer answers, and the genuine answer still counts', () => {
    const [dialler, listener] = newEnds()
    dialler.dial(ENDS.there, START)
    for (const { bytes } of outgoing(dialler, START)) feed(listener, bytes, ENDS.here, START)
    const [resp] = outgoing(listener, START)
    assert.equal(resp!.bytes[0], PacketType.resp)
    const { mac } = providerCrypto()
    for (let at = 1; at < resp!.bytes.length - MACS_BYTES; at++) {
      feed(dialler, changed(resp!.bytes, at, mac), ENDS.there, START)
      assert.deepEqual(eventsOf(dialler), [], `byte ${at}`)
    }
    feed(dialler, resp!.bytes, ENDS.there, START)
    exchange(dialler, listener, START)
    assert.deepEqual([eventsOf(dialler)[0]?.kind, eventsOf(listener)[0]?.kind], ['opened', 'opened'])
  })

  it('cannot answer in the consumer’s place with another answer of the same consumer', () => {
    const [dialler, listener] = newEnds()
    const other = sealedEndpoint(providerCrypto(), false, 9)
    for (const endpoint of [dialler, other]) endpoint.dial(ENDS.there, START)
    const [own] = outgoing(dialler, START)
    for (const { bytes } of outgoing(other, START)) feed(listener, bytes, 6, START)
    const [answer] = outgoing(listener, START)
    const turned = answer!.bytes.slice()
    turned.set(own!.bytes.subarray(4, 12), 4)
    providerCrypto().mac(turned, turned.length - MACS_BYTES, turned, turned.length - MACS_BYTES)
    feed(dialler, turned, ENDS.there, START)
    assert.deepEqual(eventsOf(dialler), [])
    feed(listener, own!.bytes, ENDS.here, START + MILLISECOND)
    exchange(dialler, listener, START + MILLISECOND)
    assert.deepEqual(
      eventsOf(dialler).map(({ kind }) => kind),
      ['opened'],
    )
  })
})

function newEnds(trace: Trace = silentTrace) {
  return [sealedEndpoint(providerCrypto(), false, 1), sealedEndpoint(consumerCrypto(), true, 2, { trace })] as const
}

type Give = (bytes: Uint8Array, from: number) => void

/** `meddle` is shown each datagram before it arrives, may change it, and may give the receiver others first. */
function meddleWith(talk: SealedTalk, meddle: (genuine: Uint8Array, give: Give) => void): void {
  for (const endpoint of Object.values(talk.ends)) {
    const receive = endpoint.receive.bind(endpoint)
    endpoint.receive = (datagram, from, now) => {
      meddle(datagram, (bytes, elsewhere) => receive(bytes, elsewhere, now))
      receive(datagram, from, now)
    }
  }
}

function forgery(random: Prng, genuine: Uint8Array, seen: readonly Uint8Array[]): Uint8Array {
  const kind = random.int(0, 5)
  if (kind === 0 && seen.length > 0) return random.pick(seen).slice()
  if (kind === 1) return genuine.slice(0, random.int(0, genuine.length - 1))
  const bytes = kind === 2 || kind === 3 ? genuine.slice() : new Uint8Array(random.int(1, 1_400))
  if (kind === 2 || kind === 3) bytes[random.int(0, bytes.length - 1)]! ^= 1 << random.int(0, 7)
  else random.fill(bytes)
  if (kind === 4) bytes[0] = random.pick([1, 2, 3, 5, 0x40])
  // A RESET with a token that is not ours.
  return kind === 5 ? Uint8Array.from([5, ...bytes.subarray(0, 50)]) : bytes
}

function assertCarries({ pair, dialler, listener }: SealedTalk): void {
  pair.dial()
  pair.run(5 * SECOND, () => dialler.session !== null && listener.session !== null)
  listener.onStream = (ready) => listener.drain(ready)
  const stream = dialler.session!.openStream()!
  stream.write(bytesBetween(0, BYTES))
  stream.finish()
  const isWhole = () => listener.accepted[0]?.readState === 'ended'
  assert.ok(pair.run(60 * SECOND, isWhole), 'not everything arrived')
  assert.equal(listener.read.get(listener.accepted[0]!), BYTES)
}
