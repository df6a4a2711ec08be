// What the two sides say on the control stream, and the heads of data streams.

import assert from 'node:assert/strict'
import {
  type ControlMessage,
  ControlReader,
  encodeControl,
  encodeStreamHead,
  StreamHeadReader,
} from '../../src/protocol/index.ts'
import { MOST_HOPS } from '../../src/protocol/messages/stream-head.ts'
import type { Prng } from '../sim/prng.ts'
import { hexCorpus } from './corpus.ts'
import type { FuzzTarget } from './fuzzer.ts'
import { Maker } from './maker.ts'
import { inPieces } from './pieces.ts'

const UUID = '11111111-2222-3333-4444-555555555555'
const TEXTS = ['', 'web', 'a\u{1f680}é', '\r\n\x1b[2J\u202e', 'x'.repeat(1_100)]

export function newControlReading(): FuzzTarget {
  return {
    seeds: [
      encodeControl({ kind: 'settings', software: 'edgerq/0.1.0' }),
      encodeControl({ kind: 'register', uuid: UUID, name: 'web', protocol: 'tcp', capacity: 64, isHealthy: true }),
      encodeControl({ kind: 'registered', uuid: UUID }),
      encodeControl({ kind: 'refused', uuid: UUID, code: 1, text: 'unknown service' }),
      encodeControl({ kind: 'unregister', uuid: UUID }),
      encodeControl({ kind: 'health', uuid: UUID, isHealthy: false }),
      encodeControl({ kind: 'drain', lastStream: 8 }),
      ...hexCorpus('control.hex'),
    ],
    make: madeMessages,
    run(input, random) {
      const reader = new ControlReader()
      inPieces(input, random, (piece) => {
        reader.push(piece)
        for (let message = reader.next(); message !== null; message = reader.next()) {
          if (random.chance(0.1)) assertRoundTrip(message)
        }
      })
      return !reader.isBroken
    },
  }
}

function assertRoundTrip(message: ControlMessage): void {
  const reader = new ControlReader()
  reader.push(encodeControl(message))
  assert.deepEqual(reader.next(), message)
}

function madeMessages(random: Prng): Uint8Array {
  const maker = new Maker(random)
  for (let left = random.int(1, 4); left > 0 && !maker.isFull; left--) {
    const fields = madeFields(random)
    maker
      .u16(maker.nearly(fields.length + 1))
      .u8(maker.nearly(random.int(1, 8)))
      .bytes(fields)
  }
  return maker.made()
}

/** Of any message: a service or none, then numbers and texts. */
function madeFields(random: Prng): Uint8Array {
  const maker = new Maker(random)
  if (random.chance(0.8)) maker.noise(16)
  for (let left = random.int(0, 4); left > 0; left--) {
    if (random.chance(0.5)) maker.varint(maker.number())
    else addText(maker)
  }
  return maker.made()
}

function addText(maker: Maker): void {
  const text = Buffer.from(maker.random.pick(TEXTS))
  maker.varint(maker.nearly(text.length)).bytes(text)
}

const HEAD = {
  kind: 'tcp',
  uuid: UUID,
  requestId: UUID,
  connectWithinMs: 10_000,
  hops: [],
  client: '127.0.0.1:1',
} as const

export const streamHeadReading: FuzzTarget = {
  seeds: [
    encodeStreamHead(HEAD),
    encodeStreamHead({ ...HEAD, kind: 'http', client: '' }),
    encodeStreamHead({
      ...HEAD,
      hops: Array.from({ length: MOST_HOPS }, (_, i) => new Uint8Array(8).fill(i)),
      client: '[::1]:65535',
    }),
  ],
  make: madeStreamHead,
  run(input, random) {
    const reader = new StreamHeadReader()
    let isComplete = false
    inPieces(input, random, (piece) => {
      if (!isComplete) isComplete = reader.push(piece)
    })
    if (reader.head === null) return false
    assert.equal(reader.isBroken, false)
    assert.ok(reader.head.hops.length <= MOST_HOPS && reader.rest.length <= input.length)
    if (random.chance(0.1)) {
      const again = new StreamHeadReader()
      again.push(encodeStreamHead(reader.head))
      assert.deepEqual(again.head, reader.head)
    }
    return true
  },
}

function madeStreamHead(random: Prng): Uint8Array {
  const inside = new Maker(random)
  const hops = random.pick([0, 0, 1, MOST_HOPS, MOST_HOPS + 1, 255])
  inside
    .u8(inside.nearly(random.int(1, 2)))
    .noise(32)
    .varint(inside.number(10_000))
  inside.u8(inside.nearly(hops)).noise(hops * 8)
  addText(inside)
  const fields = inside.made()
  const maker = new Maker(random)
  return maker
    .u16(maker.nearly(fields.length))
    .bytes(fields)
    .noise(random.pick([0, 0, 20]))
    .made()
}
