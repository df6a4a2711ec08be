// Frames as a peer that holds the keys can send them: to the reader of frames alone, which is fast, and into a real endpoint whose
// application uses its streams. What comes through a seal is the same whatever the seal, so here is none that costs time.

import assert from 'node:assert/strict'
import type { DatagramBatch, SessionHandle } from '../../src/protocol/api.ts'
import type { Endpoint } from '../../src/protocol/endpoint.ts'
import { CloseCode } from '../../src/protocol/errors.ts'
import { MOST_ACK_RANGES } from '../../src/protocol/limits.ts'
import { MILLISECOND, type Micros } from '../../src/protocol/units.ts'
import { type AckFrame, writeAck } from '../../src/protocol/wire/ack-frame.ts'
import { Reader, Writer } from '../../src/protocol/wire/cursor.ts'
import { type FrameSink, FrameWalker } from '../../src/protocol/wire/frames.ts'
import { dataPacketCounter, isDataPacket } from '../../src/protocol/wire/packet.ts'
import type { StreamFrame } from '../../src/protocol/wire/stream-frames.ts'
import { newEndpoint, START, statsOf } from '../protocol/endpoints.ts'
import { RawPeer } from '../protocol/raw-peer.ts'
import type { Prng } from '../sim/prng.ts'
import { hexCorpus } from './corpus.ts'
import { madeFrames } from './frame-maker.ts'
import type { FuzzTarget } from './fuzzer.ts'
import { openCrypto } from './open-crypto.ts'

const fine = (): CloseCode => CloseCode.none

/** What reaches the sink of a reader must be within the packet, whatever the packet said. */
const sink: FrameSink = {
  onAck: assertAck,
  onStream: assertStream,
  onResetStream: fine,
  onStopSending: fine,
  onMaxData: fine,
  onMaxStreamData: fine,
  onMaxStreams: fine,
  onPathChallenge: (challenge) => assertLength(challenge, 8),
  onPathResponse: (challenge) => assertLength(challenge, 8),
  onClose: fine,
  onRekey: fine,
  onAckFrequency: fine,
}

export function newFrameReading(): FuzzTarget {
  const walker = new FrameWalker()
  const reader = new Reader()
  return {
    seeds: hexCorpus('frames.hex'),
    make: madeFrames,
    run: (input) => walker.walk(reader.over(input, 0, input.length), sink) === CloseCode.none,
  }
}

function assertAck(frame: AckFrame): CloseCode {
  let above = Number.POSITIVE_INFINITY
  if (frame.count < 1 || frame.count > MOST_ACK_RANGES) assert.fail(`${frame.count} ranges`)
  for (let i = 0; i < frame.count; i++) {
    const [first, last] = [frame.first[i]!, frame.last[i]!]
    if (first < 0 || first > last || last >= above - 1) assert.fail(`range ${first} to ${last} under ${above}`)
    above = first
  }
  return CloseCode.none
}

function assertStream({ start, length, offset }: StreamFrame, datagram: Uint8Array): CloseCode {
  if (start + length > datagram.length || !Number.isSafeInteger(offset + length)) assert.fail('bytes from elsewhere')
  return CloseCode.none
}

function assertLength(bytes: Uint8Array, length: number): CloseCode {
  if (bytes.length !== length) assert.fail(`${bytes.length} bytes`)
  return CloseCode.none
}

const PATH = 3
const INPUTS_BETWEEN_LOOKS = 128

export class FrameTarget implements FuzzTarget {
  readonly seeds = hexCorpus('frames.hex')
  readonly make = madeFrames
  readonly #listener: Endpoint
  readonly #batch: DatagramBatch = { buffer: new Uint8Array(65_507), length: 0, segmentBytes: 0, path: 0 }
  readonly #bytes = new Uint8Array(3_000)
  #peer: RawPeer
  #session: SessionHandle | null = null
  #now: Micros = START
  #dials = 0
  #inputs = 0
  /** The largest number that the listener has used; −1: none that we know. */
  #largest = -1

  constructor(seed: number) {
    this.#listener = newEndpoint({ seed, acceptsSessions: true, crypto: openCrypto })
    this.#peer = this.#dial()
  }

  run(input: Uint8Array, random: Prng): boolean {
    this.#now += random.pick([0, 10, MILLISECOND, 30 * MILLISECOND])
    if (this.#session === null) this.#peer = this.#dial()
    // An honest ACK now and then: without it the window would soon hold everything back.
    if (this.#largest >= 0 && random.chance(0.3)) this.#peer.send(ackOf(this.#largest), this.#now)
    this.#peer.send(input, this.#now)
    this.#use(random)
    this.#turn(random)
    if (this.#inputs++ % INPUTS_BETWEEN_LOOKS === 0) this.#look()
    return this.#session !== null
  }

  #dial(): RawPeer {
    this.#dials++
    this.#largest = -1
    const wish = { seed: this.#dials, path: PATH, instance: 1, hello: { sentAtMs: this.#dials }, crypto: openCrypto }
    const peer = new RawPeer(this.#listener, wish, this.#now)
    this.#hear()
    return peer
  }

  /** The listener's driver: deadlines, datagrams, events, streams. */
  #turn(random: Prng): void {
    const listener = this.#listener
    if (listener.nextDeadline() <= this.#now) listener.onDeadline(this.#now)
    while (listener.nextDatagrams(this.#batch, this.#now)) this.#note(this.#batch)
    this.#hear()
    for (let stream = listener.nextReadyStream(); stream !== null; stream = listener.nextReadyStream()) {
      for (let bytes = stream.read(); bytes !== null; bytes = stream.read()) {
        // Some readers never let go.
        if (random.chance(0.9)) stream.release(bytes.length)
      }
      if (random.chance(0.1)) stream.write(this.#bytes.subarray(0, random.int(0, 3_000)))
      if (random.chance(0.05)) stream.finish()
      if (stream.id !== 0 && random.chance(0.05)) stream.reset(1)
      if (stream.id !== 0 && random.chance(0.05)) stream.stop(2)
    }
  }

  #note({ buffer, length, segmentBytes }: DatagramBatch): void {
    for (let at = 0; at < length; at += segmentBytes) {
      if (isDataPacket(buffer[at]!)) this.#largest = Math.max(this.#largest, dataPacketCounter(buffer, at))
    }
  }

  #hear(): void {
    for (let event = this.#listener.nextEvent(); event !== null; event = this.#listener.nextEvent()) {
      if (event.kind === 'opened') this.#session = event.session
      else if (event.kind === 'closed' && event.session === this.#session) this.#session = null
      else if (event.kind === 'accepted' && event.session !== this.#session)
        assert.fail('a stream of a session that is gone')
    }
  }

  #use(random: Prng): void {
    if (this.#session === null || !random.chance(0.1)) return
    const stream = this.#session.openStream()
    stream?.write(this.#bytes.subarray(0, random.int(1, 3_000)))
    if (random.chance(0.5)) stream?.finish()
  }

  /** The books of the session and of the process agree, and stay within what was allowed. */
  #look(): void {
    const { budget, options } = this.#listener
    if (this.#session === null) {
      assert.equal(budget.heldBytes, 0, 'held for a session that is gone')
      return
    }
    const stats = statsOf(this.#session)
    assert.equal(budget.heldBytes, stats.heldBytes)
    assert.ok(stats.heldBytes >= 0 && stats.heldBytes <= options.settings.ceilingSessionWindow * 2)
    assert.ok(stats.bytesInFlight >= 0 && stats.openStreams >= 0)
    assert.ok(stats.openStreams <= 2 * options.settings.ceilingMaxStreams + 65_536, `${stats.openStreams} streams`)
  }
}

const scratch = new Uint8Array(32)
const writer = new Writer()

/** ACK of one number. It may be one that was acknowledged before, never one that was left out. */
function ackOf(largest: number): Uint8Array {
  writer.over(scratch, 0, scratch.length)
  writeAck(writer, { count: 1, rangeFirst: () => largest, rangeLast: () => largest }, 0)
  return scratch.slice(0, writer.position)
}
