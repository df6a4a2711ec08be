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
import { bytesOf } from '../protocol/bytes.ts'
import type { FuzzTarget } from './fuzzer.ts'
import { inPieces } from './pieces.ts'

export const httpFrames: FuzzTarget = {
  name: 'HTTP frames',
  seeds: ['0102a1a2 0303b1b2b3 0300 034002c1c2 0500', '0201a1 0201a2 0101b1 0401c1', '0100 03c000000000000001aa'].map(
    bytesOf,
  ),
  run(input, random) {
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
  },
}

const FIELDS: FieldList = ['Host', 'example.net:80', 'X-Empty', '', 'Cookie', 'a=\xe9; b=2']

export const httpHeads: FuzzTarget = {
  name: 'HTTP heads',
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
