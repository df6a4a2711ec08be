// Bytes and frames of streams for tests: each byte is told by its offset, so that one in the wrong place shows.

import assert from 'node:assert/strict'
import { StreamFrame } from '../../../src/protocol/wire/stream-frames.ts'

export function byteAt(offset: number): number {
  return (offset * 31 + Math.floor(offset / 251)) & 0xff
}

/** The bytes `start…end` of any stream of these tests. */
export function bytesBetween(start: number, end: number): Uint8Array {
  return Uint8Array.from({ length: end - start }, (_, i) => byteAt(start + i))
}

export function assertBytes(actual: Uint8Array, offset: number): void {
  for (let i = 0; i < actual.length; i++) {
    if (actual[i] !== byteAt(offset + i)) assert.fail(`byte ${offset + i} is ${actual[i]}, not ${byteAt(offset + i)}`)
  }
}

/** What a frame is about. Its bytes stand at the start of the datagram that `bytesBetween` makes for it. */
export interface FrameWish {
  readonly id?: number
  readonly offset: number
  readonly length: number
  readonly fin?: boolean
}

export function streamFrame({ id = 0, offset, length, fin = false }: FrameWish): StreamFrame {
  const frame = new StreamFrame()
  frame.id = id
  frame.offset = offset
  frame.length = length
  frame.fin = fin
  return frame
}

export function datagramOf({ offset, length }: FrameWish): Uint8Array {
  return bytesBetween(offset, offset + length)
}
