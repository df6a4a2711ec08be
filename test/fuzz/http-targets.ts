// What the other end of a link can send of HTTP: frames, and the heads in them.

import assert from 'node:assert/strict'
import { validateHeaderName, validateHeaderValue } from 'node:http'
import type { FieldList } from '../../src/http/fields.ts'
import { FrameEvent, FrameReader } from '../../src/http/frame-reader.ts'
import {
  decodeAnswerHead,
  decodeFields,
  decodeInterimHead,
  decodeRequestHead,
  encodeAnswerHead,
  encodeFields,
  encodeRequestHead,
} from '../../src/http/heads.ts'
import type { Prng } from '../sim/prng.ts'
import { BOUNDARIES } from './boundaries.ts'
import { hexCorpus } from './corpus.ts'
import type { FuzzTarget } from './fuzzer.ts'
import { Maker } from './maker.ts'
import { inPieces } from './pieces.ts'

export function newHttpFrameReading(): FuzzTarget {
  return { seeds: hexCorpus('http-frames.hex'), make: madeHttpFrames, run: readHttpFrames }
}

function madeHttpFrames(random: Prng): Uint8Array {
  const maker = new Maker(random)
  for (let left = random.int(1, 8); left > 0 && !maker.isFull; left--) {
    const length = random.pick([0, 0, 1, 3, 40, 300])
    maker
      .u8(maker.nearly(random.int(1, 5)))
      .varint(maker.nearly(length))
      .noise(length)
  }
  return maker.made()
}

function readHttpFrames(input: Uint8Array, random: Prng): boolean {
  const reader = new FrameReader(random.pick(['request', 'answer'] as const), random.pick([64, 4_096]))
  let shown = 0
  inPieces(input, random, (piece) => {
    reader.push(piece)
    for (let event = reader.next(); event !== FrameEvent.needMore; event = reader.next()) {
      if (event === FrameEvent.broken) return
      shown += reader.bytes.length
    }
  })
  assert.ok(shown <= input.length)
  return reader.problem === null
}

const FIELDS: FieldList = ['Host', 'example.net:80', 'X-Empty', '', 'Cookie', 'a=\xe9; b=2']

const WORDS = ['Host', 'Content-Length', 'Transfer-Encoding', '\r\n', ' ', ':', '\0', 'GET', '/', 'é', 'x'.repeat(300)]

/** Numbers and texts in a row, as all heads are. */
function madeHead(random: Prng): Uint8Array {
  const maker = new Maker(random)
  for (let left = random.int(1, 12); left > 0 && !maker.isFull; left--) {
    if (random.chance(0.3)) {
      maker.varint(maker.number())
      continue
    }
    const text = Buffer.from(random.pick(WORDS), 'latin1')
    maker.varint(maker.nearly(text.length)).bytes(text)
  }
  return maker.made()
}

export const httpHeadReading: FuzzTarget = {
  words: [...BOUNDARIES, ...WORDS.map((word) => Buffer.from(word))],
  make: madeHead,
  seeds: [
    encodeRequestHead({
      method: 'POST',
      target: '/a/b?c=d',
      body: { kind: 'length', bytes: 70_000 },
      expectsContinue: true,
      upgrade: null,
      fields: FIELDS,
    }),
    encodeRequestHead({
      method: 'GET',
      target: '*',
      body: { kind: 'none' },
      expectsContinue: false,
      upgrade: 'websocket',
      fields: [],
    }),
    encodeAnswerHead({ status: 200, reason: 'OK', body: { kind: 'chunked' }, isUpgrade: false, fields: FIELDS }),
    encodeAnswerHead({ status: 103, reason: '', body: { kind: 'none' }, isUpgrade: false, fields: FIELDS }),
    encodeFields(FIELDS),
  ],
  run(input) {
    const request = decodeRequestHead(input)
    const answer = decodeAnswerHead(input) ?? decodeInterimHead(input)
    const fields = decodeFields(input)
    if (request !== null) assert.deepEqual(decodeRequestHead(encodeRequestHead(request)), request)
    if (answer !== null) assert.ok(answer.status >= 100 && answer.status <= 999)
    for (const list of [request?.fields, answer?.fields, fields]) assertWritable(list ?? [])
    return request !== null || answer !== null || fields !== null
  },
}

/** What Node would not write to a socket must not have come through. */
function assertWritable(fields: FieldList): void {
  for (let i = 0; i < fields.length; i += 2) {
    validateHeaderName(fields[i]!)
    validateHeaderValue(fields[i]!, fields[i + 1]!)
  }
}
