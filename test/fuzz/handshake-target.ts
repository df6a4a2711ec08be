// What the two sides say of themselves inside the handshake: to its reader alone, and inside genuine Noise messages to a listener and a
// dialler, each of which has another session that must not notice.

import assert from 'node:assert/strict'
import type { Endpoint } from '../../src/protocol/endpoint.ts'
import { helloOfInit } from '../../src/protocol/handshake/dial.ts'
import { decodeHello, encodeHello } from '../../src/protocol/handshake/hello.ts'
import { prologue } from '../../src/protocol/handshake/prologue.ts'
import { LEAST_INIT_BYTES, PROTOCOL_VERSION } from '../../src/protocol/limits.ts'
import { UDP } from '../../src/protocol/line.ts'
import { MILLISECOND, type Micros } from '../../src/protocol/units.ts'
import { INIT_HEADER_BYTES, MACS_BYTES, PacketType, RESP_HEADER_BYTES } from '../../src/protocol/wire/packet.ts'
import { bytesOf, joined } from '../protocol/bytes.ts'
import { eventsOf, feed, outgoing, START } from '../protocol/endpoints.ts'
import { helloOf } from '../protocol/raw-peer.ts'
import { consumerCrypto, providerCrypto, sealedEndpoint } from '../runtime/noise-endpoints.ts'
import { Prng } from '../sim/prng.ts'
import type { FuzzTarget } from './fuzzer.ts'
import { Maker } from './maker.ts'

const HELLOS = [
  encodeHello(helloOf({ seed: 1 })),
  joined(encodeHello(helloOf({ seed: 2 })), bytesOf('3f03ffffff')),
  encodeHello(helloOf({ seed: 3, hello: { survive: MILLISECOND, maxStreams: 65_536, streamWindow: 2 ** 53 - 1 } })),
]

const FIXED_BYTES = 40

function madeHello(random: Prng): Uint8Array {
  const maker = new Maker(random).noise(maker40(random))
  for (let left = random.int(0, 8); left > 0; left--) {
    const value = maker.number(1_000)
    const inside = new Maker(random).varint(value).made()
    maker.varint(maker.number(7)).varint(maker.nearly(inside.length)).bytes(inside)
  }
  return maker.made()
}

function maker40(random: Prng): number {
  return random.chance(0.9) ? FIXED_BYTES : random.int(0, FIXED_BYTES)
}

export const helloReading: FuzzTarget = {
  seeds: HELLOS,
  make: madeHello,
  run(input, random) {
    const decoded = decodeHello(input)
    helloOfInit(input)
    if (decoded === null) return false
    assert.ok(decoded.survive > 0 && decoded.maxAckDelay <= 1_000_000 && decoded.maxStreams <= 65_536)
    // Settings that are not known are gone; what is known stays.
    if (random.chance(0.1)) assert.deepEqual(decodeHello(encodeHello(decoded)), decoded)
    return true
  },
}

const FROM = 5

/** Every input costs key agreements on both sides, so there are few of them; the reader alone has had the most. */
export class HandshakeTarget implements FuzzTarget {
  readonly seeds = HELLOS
  readonly make = madeHello
  readonly #consumer: Endpoint
  readonly #provider: Endpoint
  readonly #ids: Prng
  #now: Micros = START

  constructor(seed: number) {
    this.#consumer = sealedEndpoint(consumerCrypto(), true, seed)
    this.#provider = sealedEndpoint(providerCrypto(), false, seed + 1)
    this.#ids = new Prng(seed)
  }

  run(input: Uint8Array, random: Prng): boolean {
    this.#now += 100 * MILLISECOND
    const isTaken = random.chance(0.5) ? this.#asksWith(input, random) : this.#answersWith(input)
    for (const endpoint of [this.#consumer, this.#provider]) {
      endpoint.onDeadline(this.#now)
      outgoing(endpoint, this.#now)
      for (const event of eventsOf(endpoint)) if (event.kind === 'opened') event.session.close(0, '')
      outgoing(endpoint, this.#now)
      eventsOf(endpoint)
      while (endpoint.nextReadyStream() !== null);
    }
    return isTaken
  }

  /** An INIT whose padded payload is the input, with its length in front or without. */
  #asksWith(input: Uint8Array, random: Prng): boolean {
    const said = random.chance(0.8) ? joined(new Uint8Array([input.length >>> 8, input.length]), input) : input
    const most = LEAST_INIT_BYTES - INIT_HEADER_BYTES - 32 - 48 - 16 - MACS_BYTES
    const payload = joined(said, new Uint8Array(Math.max(0, most - said.length)))
    const crypto = providerCrypto()
    const packet = new Uint8Array(LEAST_INIT_BYTES + Math.max(0, payload.length - most))
    packet[0] = PacketType.init
    packet[1] = PROTOCOL_VERSION
    this.#ids.fill(packet.subarray(INIT_HEADER_BYTES - 8, INIT_HEADER_BYTES))
    const end = crypto
      .dial(prologue(UDP, 0))
      .writeInit(packet.slice(0, INIT_HEADER_BYTES), payload, packet, INIT_HEADER_BYTES)
    crypto.mac(packet, end, packet, end)
    feed(this.#consumer, packet, FROM, this.#now)
    return outgoing(this.#consumer, this.#now).some(({ bytes }) => bytes[0] === PacketType.resp)
  }

  /** A genuine answer to a genuine INIT, but for what it says. */
  #answersWith(input: Uint8Array): boolean {
    const session = this.#provider.dial(FROM, this.#now)
    const init = outgoing(this.#provider, this.#now).find(({ bytes }) => bytes[0] === PacketType.init)!.bytes
    const header = init.subarray(0, INIT_HEADER_BYTES)
    const crypto = consumerCrypto()
    const question = crypto.answer(
      prologue(UDP, 0),
      header,
      init.subarray(INIT_HEADER_BYTES, init.length - MACS_BYTES),
    )!
    const packet = new Uint8Array(RESP_HEADER_BYTES + 32 + input.length + 16 + MACS_BYTES)
    packet[0] = PacketType.resp
    packet[1] = PROTOCOL_VERSION
    packet.set(header.subarray(INIT_HEADER_BYTES - 8), INIT_HEADER_BYTES - 8)
    const { end } = question.writeResp(packet.slice(0, RESP_HEADER_BYTES), input, packet, RESP_HEADER_BYTES)
    crypto.mac(packet, end, packet, end)
    feed(this.#provider, packet, FROM, this.#now)
    const isTaken = eventsOf(this.#provider).some(({ kind }) => kind === 'opened')
    session.close(0, '')
    return isTaken
  }
}
