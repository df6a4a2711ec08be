// Datagrams as anybody can send them, into a listener that has a session and into its dialler: short headers, long headers, resets.

import assert from 'node:assert/strict'
import type { DatagramBatch } from '../../src/protocol/api.ts'
import type { Endpoint } from '../../src/protocol/endpoint.ts'
import { LEAST_INIT_BYTES, PROTOCOL_VERSION } from '../../src/protocol/limits.ts'
import type { Crypto } from '../../src/protocol/ports.ts'
import { MILLISECOND, type Micros } from '../../src/protocol/units.ts'
import { DATA_PACKET, INIT_HEADER_BYTES, MACS_BYTES, PacketType } from '../../src/protocol/wire/packet.ts'
import { type Connected, connected, ENDS, eventsOf, feed, newEndpoint, outgoing, START } from '../protocol/endpoints.ts'
import { cautious } from '../protocol/listeners.ts'
import { provenInit, rawDial } from '../protocol/raw-peer.ts'
import type { Prng } from '../sim/prng.ts'
import type { FuzzTarget } from './fuzzer.ts'
import { Maker } from './maker.ts'

/**
 * Of the inputs made here, the first message of a new caller, which the listener takes: without them only what was captured and left as it
 * was would be taken, so seldom that 6,000 inputs might have hardly any of it, by chance.
 */
const GENUINE_SHARE = 0.02

export class DatagramTarget implements FuzzTarget {
  readonly seeds: readonly Uint8Array[]
  readonly #peers: Connected
  readonly #crypto: Crypto
  readonly #batch: DatagramBatch = { buffer: new Uint8Array(65_507), length: 0, segmentBytes: 0, path: 0 }
  readonly #scratch = new Uint8Array(1_400)
  #now: Micros = START

  constructor(seed: number) {
    this.#peers = connected()
    this.#crypto = this.#peers.listener.options.crypto
    this.seeds = this.#captured(seed)
  }

  readonly make = (random: Prng): Uint8Array => {
    if (random.chance(GENUINE_SHARE)) return rawDial({ seed: random.uint32(), path: random.int(1, 9) }, this.#now).init
    const maker = new Maker(random)
    const type = random.pick([DATA_PACKET, DATA_PACKET, DATA_PACKET + 1, PacketType.init, PacketType.resp, 3, 5])
    if (type >= DATA_PACKET) this.#addData(maker, type)
    else if (type === PacketType.reset) maker.u8(type).noise(random.int(37, 63))
    else this.#addHandshake(maker, type)
    return maker.made()
  }

  run(input: Uint8Array, random: Prng): boolean {
    const { dialler, listener, ours, theirs, listenerDrops, diallerDrops } = this.#peers
    this.#now += MILLISECOND / 10
    listenerDrops.reasons.length = 0
    diallerDrops.reasons.length = 0
    this.#give(listener, input, random)
    this.#give(dialler, input, random)
    // Half-open sessions must end; the live one must not: it hears nothing meanwhile, and that is no fault of the input.
    if (listener.nextDeadline() <= this.#now) listener.onDeadline(this.#now)
    this.#hear(dialler, input)
    this.#hear(listener, input)
    if (ours.path !== ENDS.there || theirs.path !== ENDS.here) assert.fail('a stranger moved a session')
    return listenerDrops.reasons.length === 0
  }

  #give(endpoint: Endpoint, input: Uint8Array, random: Prng): void {
    const copy = this.#scratch.subarray(0, input.length)
    copy.set(input)
    endpoint.receive(copy, random.int(1, 9), this.#now)
  }

  #hear(endpoint: Endpoint, input: Uint8Array): void {
    const batch = this.#batch
    while (endpoint.nextDatagrams(batch, this.#now)) {
      assert.ok(batch.length <= 1_200 && batch.length <= Math.max(input.length, 64), 'more than what brought it')
      assert.ok(batch.buffer[0] !== PacketType.reset || batch.length < Math.max(input.length, 64), 'a long RESET')
    }
    for (let event = endpoint.nextEvent(); event !== null; event = endpoint.nextEvent()) {
      if (event.kind !== 'suspect' && !(event.kind === 'closed' && event.by === 'silence'))
        assert.fail(`a stranger caused: ${event.kind}`)
    }
  }

  /** One packet or some back to back, for a session that is there or nearly so. */
  #addData(maker: Maker, type: number): void {
    const { random } = maker
    for (let left = random.pick([1, 1, 1, 2, 5]); left > 0 && !maker.isFull; left--) {
      const length = random.pick([16, 17, 45, 45, 300, 1_181])
      maker
        .u8(type)
        .bytes(this.#anyId(random))
        .u16(0)
        .u16(0)
        .u16(random.pick([0, 0x1f, 0x20]))
      maker.u16(random.int(0, 9)).u16(maker.nearly(length)).noise(length)
    }
  }

  #addHandshake(maker: Maker, type: number): void {
    const { random } = maker
    const packet = new Uint8Array(random.pick([LEAST_INIT_BYTES, LEAST_INIT_BYTES + 1, 300, 60]))
    random.fill(packet.subarray(INIT_HEADER_BYTES))
    packet[0] = type
    packet[1] = maker.nearly(PROTOCOL_VERSION)
    packet.set(this.#anyId(random), INIT_HEADER_BYTES - 8)
    const bodyEnd = packet.length - MACS_BYTES
    if (random.chance(0.7)) this.#crypto.mac(packet, bodyEnd, packet, bodyEnd)
    maker.bytes(packet)
  }

  #anyId(random: Prng): Uint8Array {
    const id = random.pick([this.#peers.ours.localId, this.#peers.theirs.localId]).slice()
    if (random.chance(0.2)) id[random.int(0, 7)]! ^= 1
    return id
  }

  /** Old packets of all kinds: every one was used up, or is for somebody else. */
  #captured(seed: number): Uint8Array[] {
    const { dialler, listener, ours, theirs } = this.#peers
    const datagrams: Uint8Array[] = [rawDial({ seed: seed + 1, path: 4 }, START).init]
    ours.openStream()!.write(new Uint8Array(3_000))
    for (const { bytes } of outgoing(dialler, START)) {
      datagrams.push(bytes)
      feed(listener, bytes, ENDS.here, START)
    }
    for (const { bytes } of outgoing(listener, START)) {
      datagrams.push(bytes)
      feed(dialler, bytes, ENDS.there, START)
    }
    const answering = newEndpoint({ seed: seed + 2, acceptsSessions: true })
    feed(answering, datagrams[0]!, 1, START)
    answering.resetForgotten(1, theirs.localId)
    datagrams.push(...outgoing(answering, START).map(({ bytes }) => bytes))
    const asking = cautious({ seed: seed + 3 })
    datagrams.push(provenInit(rawDial({ seed: seed + 4, path: 4 }, START), asking, 4, START))
    feed(asking, datagrams[0]!, 1, START)
    datagrams.push(...outgoing(asking, START).map(({ bytes }) => bytes))
    eventsOf(listener)
    return datagrams
  }
}
