// Frames as a peer that holds the keys can send them, into a real endpoint whose application uses its streams.

import type { SessionHandle } from '../../src/protocol/api.ts'
import type { Endpoint } from '../../src/protocol/endpoint.ts'
import { MILLISECOND, type Micros } from '../../src/protocol/units.ts'
import { writeAck } from '../../src/protocol/wire/ack-frame.ts'
import { Writer } from '../../src/protocol/wire/cursor.ts'
import { bytesOf } from '../protocol/bytes.ts'
import { newEndpoint, outgoing, START } from '../protocol/endpoints.ts'
import { RawPeer } from '../protocol/raw-peer.ts'
import type { Prng } from '../sim/prng.ts'
import type { FuzzTarget } from './fuzzer.ts'

const PATH = 3

/** One of each frame and a few that belong together; none of them ends the session at once. */
const FRAMES = [
  '01',
  '00',
  '02 00 00 00 00',
  '04 01 30 05',
  '05 01 31',
  '08 00 00 0003 000407',
  '08 01 00 0005 68656c6c6f',
  '08 01 05 0003 616263',
  '08 01 4400 0001 61',
  '08 03 00 0001 61',
  '08 05 80010000 0002 6161',
  '08 40c7 00 0001 61',
  '09 01 05 0000',
  '09 03 00 0004 71756974',
  '10 80400000',
  '11 01 80080000',
  '11 02 80080000',
  '12 4200',
  '14 05',
  '15 01 06',
  '1a 0102030405060708',
  '1b 0102030405060708',
  '1c 00 03 627965',
  `20 00 ${'00'.repeat(96)}`,
  `21 00 ${'00'.repeat(48)}`,
  `21 01 ${'00'.repeat(48)}`,
]

export class FrameTarget implements FuzzTarget {
  readonly name = 'frames'
  readonly seeds = FRAMES.map(bytesOf)
  readonly #listener: Endpoint
  #peer: RawPeer
  #session: SessionHandle | null = null
  #now: Micros = START
  #dials = 0
  /** The largest number that the listener has used; −1: none that we know. */
  #largest = -1

  constructor(seed: number) {
    this.#listener = newEndpoint({ seed, acceptsSessions: true })
    this.#peer = this.#dial()
  }

  run(input: Uint8Array, random: Prng): boolean {
    this.#now += random.pick([0, 10, MILLISECOND, 30 * MILLISECOND])
    if (this.#session === null) this.#peer = this.#dial()
    this.#turn(random)
    // An honest ACK now and then: without it the window would soon hold everything back.
    if (this.#largest >= 0 && random.chance(0.3)) this.#peer.send(ackOf(this.#largest), this.#now)
    this.#peer.send(input, this.#now)
    this.#use(random)
    this.#turn(random)
    return this.#session !== null
  }

  #dial(): RawPeer {
    this.#dials++
    this.#largest = -1
    const wish = { seed: this.#dials, path: PATH, instance: 1, hello: { sentAtMs: this.#dials } }
    const peer = new RawPeer(this.#listener, wish, this.#now)
    this.#hear()
    return peer
  }

  /** The listener's driver: deadlines, datagrams, events, streams. */
  #turn(random: Prng): void {
    if (this.#listener.nextDeadline() <= this.#now) this.#listener.onDeadline(this.#now)
    for (const { bytes } of outgoing(this.#listener, this.#now)) {
      const opened = this.#peer.open(bytes)
      if (opened !== null) this.#largest = opened.counter
    }
    this.#hear()
    for (let stream = this.#listener.nextReadyStream(); stream !== null; stream = this.#listener.nextReadyStream()) {
      for (let bytes = stream.read(); bytes !== null; bytes = stream.read()) {
        // Some readers never let go.
        if (random.chance(0.9)) stream.release(bytes.length)
      }
      if (random.chance(0.1)) stream.write(new Uint8Array(random.int(0, 3_000)))
      if (random.chance(0.05)) stream.finish()
      if (stream.id !== 0 && random.chance(0.05)) stream.reset(1)
      if (stream.id !== 0 && random.chance(0.05)) stream.stop(2)
    }
  }

  #hear(): void {
    for (let event = this.#listener.nextEvent(); event !== null; event = this.#listener.nextEvent()) {
      if (event.kind === 'opened') this.#session = event.session
      else if (event.kind === 'closed' && event.session === this.#session) this.#session = null
      else if (event.kind === 'accepted' && event.session !== this.#session)
        throw new Error('a stream of a session that is gone')
    }
  }

  #use(random: Prng): void {
    if (this.#session === null || !random.chance(0.1)) return
    const stream = this.#session.openStream()
    stream?.write(new Uint8Array(random.int(1, 5_000)))
    if (random.chance(0.5)) stream?.finish()
  }
}

/** ACK of one number. It may be one that was acknowledged before, never one that was left out. */
function ackOf(largest: number): Uint8Array {
  const writer = new Writer().over(new Uint8Array(32), 0, 32)
  writeAck(writer, { count: 1, rangeFirst: () => largest, rangeLast: () => largest }, 0)
  return writer.buffer.slice(0, writer.position)
}
