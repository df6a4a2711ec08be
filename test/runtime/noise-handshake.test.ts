// Handshakes over real keys of which somebody on the line changes a byte, with and without making the outer marks right again: nothing
// comes of it, and the genuine one still opens its session.

import assert from 'node:assert/strict'
import type { SessionHandle } from '../../src/protocol/api.ts'
import type { Endpoint } from '../../src/protocol/endpoint.ts'
import type { Crypto } from '../../src/protocol/ports.ts'
import { SECOND } from '../../src/protocol/units.ts'
import { PacketType } from '../../src/protocol/wire/packet.ts'
import { ENDS, exchange, feed, outgoing, START, toldBy } from '../protocol/endpoints.ts'
import { consumerCrypto, providerCrypto, sealedEndpoint } from './noise-endpoints.ts'

const MACS_BYTES = 32
/** After the two minutes in which everybody is asked for a proof. */
const CALM = START + 121 * SECOND

interface Call {
  readonly provider: Endpoint
  readonly consumer: Endpoint
  /** For who wants to write marks that are right: both sides can. */
  readonly crypto: Crypto
  readonly init: Uint8Array
}

/** `token`: what the provider believes to have been given by the consumer. */
function called(now: number, token?: Uint8Array): Call {
  const provider = sealedEndpoint(providerCrypto(), false, 1)
  const consumer = sealedEndpoint(consumerCrypto(), true, 2)
  if (token !== undefined) provider.keepAddressToken({ path: ENDS.there } as SessionHandle, token)
  provider.dial(ENDS.there, now)
  return { provider, consumer, crypto: providerCrypto(), init: only(outgoing(provider, now)) }
}

function only(datagrams: readonly { readonly bytes: Uint8Array }[]): Uint8Array {
  assert.equal(datagrams.length, 1)
  return datagrams[0]!.bytes
}

function* changesOf(packet: Uint8Array): Generator<{ readonly at: number; readonly forged: Uint8Array }> {
  for (let at = 0; at < packet.length; at++) {
    const forged = packet.slice()
    forged[at]! ^= 1 << (at % 8)
    yield { at, forged }
  }
}

function answer(endpoint: Endpoint, packet: Uint8Array, now: number): Uint8Array {
  feed(endpoint, packet, ENDS.here, now)
  return only(outgoing(endpoint, now))
}

/** Kinds of what the consumer sends for it. */
function answersTo(consumer: Endpoint, packet: Uint8Array, now: number): (number | undefined)[] {
  feed(consumer, packet, ENDS.here, now)
  return outgoing(consumer, now).map(({ bytes }) => bytes[0])
}

function assertOpens({ provider, consumer, init }: Call, now: number): void {
  feed(consumer, init, ENDS.here, now)
  for (const { bytes } of outgoing(consumer, now)) feed(provider, bytes, ENDS.there, now)
  exchange(provider, consumer, now)
  assert.deepEqual([toldBy(provider), toldBy(consumer)], [['opened'], ['opened']])
}

describe('an INIT with any byte changed on the line', () => {
  it('makes no session, and the genuine one does (W-5, H-14, H-20)', () => {
    const call = called(CALM)
    for (const { at, forged } of changesOf(call.init)) {
      const expected = at < call.init.length - 16 ? [] : [PacketType.cookie]
      assert.deepEqual(answersTo(call.consumer, forged, CALM), expected, `byte ${at}`)
    }
    assert.equal(call.consumer.isIdle, true)
    assertOpens(call, CALM)
  })

  it('makes none either when mac1 was made right again (H-6, H-11, H-27)', () => {
    const call = called(CALM, new Uint8Array(33).fill(5))
    for (const { at, forged } of changesOf(call.init.subarray(0, -MACS_BYTES))) {
      const packet = new Uint8Array(call.init.length)
      packet.set(forged)
      call.crypto.mac(packet, packet.length - MACS_BYTES, packet, packet.length - MACS_BYTES)
      const kinds = answersTo(call.consumer, packet, CALM)
      assert.ok(!kinds.includes(PacketType.resp), `byte ${at}`)
    }
    assert.equal(call.consumer.isIdle, true)
    // So many at once that the consumer has begun to ask for proofs.
    assertOpens(call, CALM + 3 * SECOND)
  })
})

describe('a RESP with any byte changed on the line', () => {
  it('opens nothing, also when mac1 was made right again, and the genuine one does (H-5, H-20)', () => {
    const call = called(CALM)
    const resp = answer(call.consumer, call.init, CALM)
    for (const { at, forged } of changesOf(resp)) {
      feed(call.provider, forged, ENDS.there, CALM)
      call.crypto.mac(forged, forged.length - MACS_BYTES, forged, forged.length - MACS_BYTES)
      if (at < resp.length - MACS_BYTES) feed(call.provider, forged, ENDS.there, CALM)
      assert.deepEqual([toldBy(call.provider), outgoing(call.provider, CALM)], [[], []], `byte ${at}`)
    }
    feed(call.provider, resp, ENDS.there, CALM)
    exchange(call.provider, call.consumer, CALM)
    assert.deepEqual([toldBy(call.provider), toldBy(call.consumer)], [['opened'], ['opened']])
  })
})

describe('a COOKIE with any byte changed on the line', () => {
  it('changes nothing, and the genuine one leads to a session (H-22, H-23)', () => {
    const call = called(START)
    const cookie = answer(call.consumer, call.init, START)
    assert.equal(cookie[0], PacketType.cookie)
    const repeatAt = call.provider.nextDeadline()
    for (const { at, forged } of changesOf(cookie)) {
      feed(call.provider, forged, ENDS.there, START)
      assert.deepEqual(outgoing(call.provider, START), [], `byte ${at}`)
    }
    for (let kept = 0; kept < cookie.length; kept++) feed(call.provider, cookie.slice(0, kept), ENDS.there, START)
    feed(call.provider, Uint8Array.from([...cookie, 0]), ENDS.there, START)
    assert.deepEqual(outgoing(call.provider, START), [])
    assert.equal(call.provider.nextDeadline(), repeatAt)
    feed(call.provider, cookie, ENDS.there, START)
    const proven = only(outgoing(call.provider, START))
    assertOpens({ ...call, init: proven }, START)
  })

  it('gives a mac2 of which no byte can be changed (H-20)', () => {
    const call = called(START)
    feed(call.provider, answer(call.consumer, call.init, START), ENDS.there, START)
    const proven = only(outgoing(call.provider, START))
    for (const { at, forged } of changesOf(proven)) {
      const expected = at < proven.length - 16 ? [] : [PacketType.cookie]
      assert.deepEqual(answersTo(call.consumer, forged, START), expected, `byte ${at}`)
    }
    assert.equal(call.consumer.isIdle, true)
    assertOpens({ ...call, init: proven }, START)
  })
})
