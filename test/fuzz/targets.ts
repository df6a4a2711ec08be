// The decoders that bytes of others reach, each with what stands behind it.

import assert from 'node:assert/strict'
import { helloOfInit } from '../../src/protocol/handshake/dial.ts'
import { decodeHello, encodeHello } from '../../src/protocol/handshake/hello.ts'
import { ControlReader, encodeControl, encodeStreamHead, StreamHeadReader } from '../../src/protocol/index.ts'
import { bytesOf, joined } from '../protocol/bytes.ts'
import { helloOf } from '../protocol/raw-peer.ts'
import { DatagramTarget } from './datagram-target.ts'
import { FrameTarget } from './frame-target.ts'
import type { FuzzTarget } from './fuzzer.ts'
import { httpFrames, httpHeads } from './http-targets.ts'
import { inPieces } from './pieces.ts'

const UUID = '11111111-2222-3333-4444-555555555555'

/** Frames are what a peer with keys can reach, so they get half of the inputs. */
export function newTargets(seed: number): readonly FuzzTarget[] {
  const frames = new FrameTarget(seed)
  const datagrams = new DatagramTarget(seed)
  return [
    frames,
    frames,
    frames,
    datagrams,
    hello,
    httpFrames,
    frames,
    frames,
    frames,
    controlMessages,
    streamHeads,
    httpHeads,
  ]
}

const hello: FuzzTarget = {
  name: 'hello',
  seeds: [encodeHello(helloOf({ seed: 1 })), joined(encodeHello(helloOf({ seed: 2 })), bytesOf('3f03ffffff'))],
  run(input) {
    const decoded = decodeHello(input)
    helloOfInit(input)
    if (decoded === null) return false
    assert.deepEqual(decodeHello(encodeHello(decoded)), decoded)
    return true
  },
}

const controlMessages: FuzzTarget = {
  name: 'control messages',
  seeds: [
    encodeControl({ kind: 'settings', software: 'edgerq/0.1.0' }),
    encodeControl({ kind: 'register', uuid: UUID, name: 'web', protocol: 'tcp', capacity: 64, isHealthy: true }),
    encodeControl({ kind: 'registered', uuid: UUID }),
    encodeControl({ kind: 'refused', uuid: UUID, code: 1, text: 'unknown service' }),
    encodeControl({ kind: 'unregister', uuid: UUID }),
    encodeControl({ kind: 'health', uuid: UUID, isHealthy: false }),
    encodeControl({ kind: 'drain', lastStream: 8 }),
    bytesOf('0004 7f 010203'),
  ],
  run(input, random) {
    const reader = new ControlReader()
    inPieces(input, random, (piece) => {
      reader.push(piece)
      for (let message = reader.next(); message !== null; message = reader.next()) encodeControl(message)
    })
    return !reader.isBroken
  },
}

const streamHeads: FuzzTarget = {
  name: 'stream heads',
  seeds: [
    encodeStreamHead({
      kind: 'tcp',
      uuid: UUID,
      requestId: UUID,
      connectWithinMs: 10_000,
      hops: [],
      client: '127.0.0.1:1',
    }),
    encodeStreamHead({
      kind: 'tcp',
      uuid: UUID,
      requestId: UUID,
      connectWithinMs: 1,
      hops: Array.from({ length: 8 }, (_, i) => new Uint8Array(8).fill(i)),
      client: '[::1]:65535',
    }),
  ],
  run(input, random) {
    const reader = new StreamHeadReader()
    let isComplete = false
    inPieces(input, random, (piece) => {
      if (!isComplete) isComplete = reader.push(piece)
    })
    if (reader.head === null) return false
    assert.equal(reader.isBroken, false)
    encodeStreamHead(reader.head)
    return true
  },
}
