// Whole sessions over real keys, in virtual time, and what somebody on the line sees of them.

import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import type { StreamHandle } from '../../src/protocol/api.ts'
import type { Crypto } from '../../src/protocol/ports.ts'
import { MILLISECOND, SECOND } from '../../src/protocol/units.ts'
import { PacketType } from '../../src/protocol/wire/packet.ts'
import {
  type Authorise,
  NO_PSK,
  noiseDialler,
  noiseListener,
  welcomeEverybody,
} from '../../src/runtime/noise-crypto.ts'
import { x25519KeyPairOf } from '../../src/runtime/noise-primitives.ts'
import { chooseSealing } from '../../src/runtime/sealing.ts'
import { ENDS, eventsOf, exchange, feed, outgoing, START, toldBy } from '../protocol/endpoints.ts'
import { bytesBetween } from '../protocol/streams/stream-bytes.ts'
import {
  CONSUMER,
  consumerCrypto,
  PROVIDER,
  providerCrypto,
  RESET_KEY,
  type SealedTalk,
  sealedEndpoint,
  sealedTalk,
} from './noise-endpoints.ts'

const MEGABYTE = 1_000_000
const WINDOW_BYTES = 16

describe('a sealed session', () => {
  it('opens, carries bytes both ways and ends', () => {
    const talk = sealedTalk()
    assertTalks(talk, 20_000)
    talk.dialler.session!.close(0, 'enough')
    talk.pair.run(SECOND)
    assert.deepEqual(talk.listener.told.at(-1), 'closed by peer 0 enough')
  })

  it('carries every byte over a line that loses and overtakes', () => {
    const talk = sealedTalk()
    Object.assign(talk.pair.line, { loss: 0.05, jitter: 3 * MILLISECOND })
    assertTalks(talk, 200_000)
  })

  it('is the same with the fastest sealer of this machine on one side only', async () => {
    const sealing = await chooseSealing()
    const dialler = noiseDialler({
      identity: PROVIDER,
      consumerKey: CONSUMER.publicKey,
      resetKey: RESET_KEY,
      sealing,
    })
    assertTalks(sealedTalk({ dialler }), 20_000)
  })

  it('opens without keys of either side, and then too nothing can be read', () => {
    const keyless = {
      dialler: noiseDialler({ identity: null, consumerKey: null, resetKey: RESET_KEY }),
      listener: noiseListener({ identity: null, authorise: welcomeEverybody, resetKey: RESET_KEY }),
    }
    const talk = sealedTalk(keyless)
    assertTalks(talk, 100_000)
    assert.equal(plainWindows(talk.captured, 100_000), 0)
  })

  it('is not opened with another consumer, a provider that is not let in, or another PSK', () => {
    const stranger = noiseDialler({ identity: PROVIDER, consumerKey: PROVIDER.publicKey, resetKey: RESET_KEY })
    const nobody: Authorise = () => null
    const closed = noiseListener({ identity: CONSUMER, authorise: nobody, resetKey: RESET_KEY })
    const psk = new Uint8Array(32).fill(3)
    const other = noiseListener({ identity: CONSUMER, authorise: () => ({ psk }), resetKey: RESET_KEY })
    for (const wrong of [{ dialler: stranger }, { listener: closed }, { listener: other }]) {
      const { pair, dialler, listener } = sealedTalk(wrong)
      pair.dial()
      pair.run(31 * SECOND)
      assert.deepEqual([dialler.told, listener.told], [['closed by noAnswer 0'], []])
    }
  })

  it('is not opened by the datagrams of an earlier one, sent again to a consumer that was restarted', () => {
    const { pair, dialler, captured } = sealedTalk()
    pair.dial()
    pair.run(SECOND)
    dialler.session!.close(0, '')
    pair.run(SECOND)
    const replayed = captured.map((bytes) => bytes.slice())
    const later = sealedEndpoint(consumerCrypto(), true, 2)
    for (const bytes of replayed) feed(later, bytes, ENDS.here, START)
    assert.ok(
      outgoing(later, START).some(({ bytes }) => bytes[0] === PacketType.resp),
      'the INIT is genuine',
    )
    assert.deepEqual(eventsOf(later), [], 'and opens nothing: the packets after it are under other keys')
    later.onDeadline(START + 6 * SECOND)
    assert.equal(later.isIdle, true)
  })

  it('ends at once when its consumer was restarted and says so with a RESET', () => {
    const provider = sealedEndpoint(providerCrypto(), false, 1)
    const consumer = sealedEndpoint(consumerCrypto(), true, 2)
    provider.dial(ENDS.there, START)
    exchange(provider, consumer, START)
    assert.deepEqual([toldBy(provider), toldBy(consumer)], [['opened'], ['opened']])
    const restarted = sealedEndpoint(consumerCrypto(), true, 20)
    const later = START + 16 * SECOND
    provider.onDeadline(later)
    for (const { bytes } of outgoing(provider, later)) feed(restarted, bytes, ENDS.here, later)
    const [reset] = outgoing(restarted, later)
    assert.equal(reset!.bytes[0], PacketType.reset)
    const forged = reset!.bytes.slice()
    forged[forged.length - 1]! ^= 1
    feed(provider, forged, ENDS.there, later)
    assert.deepEqual(toldBy(provider), [])
    feed(provider, reset!.bytes, ENDS.there, later)
    assert.deepEqual(toldBy(provider), ['closed by reset'])
  })
})

describe('a provider that comes again under the name of an instance', () => {
  const STRANGER = x25519KeyPairOf(new Uint8Array(32).fill(3))
  const OTHER_LINE = { there: 8, here: 4 }

  /** What the consumer is told when a session of instance 1 is open and `crypto` opens another one of the same instance. */
  function toldOfSecond(listener: Crypto, crypto: readonly [first: Crypto, second: Crypto]): string[] {
    const consumer = sealedEndpoint(listener, true, 2)
    for (const [index, ends] of [ENDS, OTHER_LINE].entries()) {
      const provider = sealedEndpoint(crypto[index]!, false, 10 + index, { instance: 1 })
      provider.dial(ends.there, START)
      exchange(provider, consumer, START, ends)
    }
    return toldBy(consumer)
  }

  it('ends its older session if it has the same key', () => {
    const told = toldOfSecond(consumerCrypto(), [providerCrypto(), providerCrypto()])
    assert.deepEqual(told, ['opened', 'closed by restart', 'opened'])
  })

  it('ends nobody if its key is another one: the session of that instance is not its own', () => {
    const stranger = noiseDialler({ identity: STRANGER, consumerKey: CONSUMER.publicKey, resetKey: RESET_KEY })
    assert.deepEqual(toldOfSecond(consumerCrypto(), [providerCrypto(), stranger]), ['opened', 'opened'])
  })

  it('ends its older session where nobody has keys, though it shows another one after a restart', () => {
    const keyless = () => noiseDialler({ identity: null, consumerKey: null, resetKey: RESET_KEY })
    const listener = noiseListener({ identity: null, authorise: welcomeEverybody, resetKey: RESET_KEY })
    assert.deepEqual(toldOfSecond(listener, [keyless(), keyless()]), ['opened', 'closed by restart', 'opened'])
  })
})

describe('whoever records a sealed session', () => {
  const talk = sealedTalk()
  before(() => assertTalks(talk, MEGABYTE))

  it('finds no 16 bytes in a row of a megabyte that was carried', () => {
    const bytes = talk.captured.reduce((sum, { length }) => sum + length, 0)
    assert.ok(bytes > MEGABYTE)
    assert.equal(plainWindows(talk.captured, MEGABYTE), 0)
    assert.ok(plainWindows([bytesBetween(5_000, 5_100)], MEGABYTE) > 0, 'the search finds what is there')
  })

  it('finds nothing that repeats: gzip saves less than 5 %', () => {
    const whole = Buffer.concat(talk.captured)
    assert.ok(gzipSync(whole, { level: 9 }).length >= 0.95 * whole.length)
    assert.ok(gzipSync(bytesBetween(0, MEGABYTE)).length < 0.1 * MEGABYTE, 'what was carried would have shrunk')
  })

  it('finds neither static key', () => {
    const whole = Buffer.concat(talk.captured)
    for (const { publicKey } of [CONSUMER, PROVIDER]) assert.equal(whole.indexOf(publicKey), -1)
    assert.equal(whole.indexOf(NO_PSK), -1, 'nor 32 zeros: padding is sealed too')
  })
})

/** Dials if nobody did yet; `bytes` go to the listener on one stream and a quarter of them come back on it. */
function assertTalks({ pair, dialler, listener }: SealedTalk, bytes: number): void {
  pair.dial()
  pair.run(10 * SECOND, () => listener.session !== null)
  const stream = dialler.session!.openStream()!
  stream.write(bytesBetween(0, bytes))
  stream.finish()
  dialler.onStream = (ready) => dialler.drain(ready)
  listener.onStream = (ready) => {
    listener.drain(ready)
    if (ready.id === stream.id && ready.readState === 'ended' && ready.isWritable) answer(ready, bytes / 4)
  }
  pair.run(60 * SECOND, () => dialler.read.get(stream) === bytes / 4)
  const [accepted] = listener.accepted
  assert.deepEqual([listener.read.get(accepted!), dialler.read.get(stream)], [bytes, bytes / 4])
}

function answer(stream: StreamHandle, bytes: number): void {
  stream.write(bytesBetween(0, bytes))
  stream.finish()
}

/** How many places of the capture hold 16 bytes that stand in the first `bytes` of what was carried. */
function plainWindows(captured: readonly Uint8Array[], bytes: number): number {
  const plain = latin1(bytesBetween(0, bytes))
  const windows = new Set<string>()
  for (let at = 0; at + WINDOW_BYTES <= bytes; at++) windows.add(plain.slice(at, at + WINDOW_BYTES))
  let found = 0
  for (const datagram of captured) {
    const text = latin1(datagram)
    for (let at = 0; at + WINDOW_BYTES <= text.length; at++) {
      if (windows.has(text.slice(at, at + WINDOW_BYTES))) found++
    }
  }
  return found
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}
