// hot
// How one message of HTTP lies on a stream: a head, a body in pieces of any size, an end.
//
//   kind 1 | length: varint | payload            INTERIM* HEAD DATA* (TRAILERS | END)
//
// A length stands before everything, so no byte of a body can ever be taken for the beginning of something else.

import { MOST_VARINT_BYTES, varintBytes, writeVarint } from './varint.ts'

export const FrameKind = {
  /** The head of the request or of its answer. */
  head: 1,
  /** The head of an answer before the answer (1xx); only answers have them. */
  interim: 2,
  /** Bytes of the body. */
  data: 3,
  /** Fields behind the body; ends the message. */
  trailers: 4,
  /** Ends a message without trailers; empty. */
  end: 5,
} as const
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind]

/** The largest `request_buffer`, and room for what stands around texts and for fields that a consumer adds. */
export const MOST_HEAD_BYTES = 16 * 1_048_576 + 65_536
/** Of one frame, not of a body: more than a writer has in hand at once, so a length beyond it is damage. */
export const MOST_DATA_BYTES = 4_294_967_296
export const MOST_FRAME_HEADER_BYTES = 1 + MOST_VARINT_BYTES

/** Writes kind and length at `at`, where there must be room; returns the place behind them. */
export function writeFrameHeader(into: Uint8Array, at: number, kind: FrameKind, length: number): number {
  into[at] = kind
  return writeVarint(into, at + 1, length)
}

/** Kind and length alone, to go before a payload that is not copied. */
export function frameHeader(kind: FrameKind, length: number): Uint8Array {
  const header = new Uint8Array(1 + varintBytes(length))
  writeFrameHeader(header, 0, kind, length)
  return header
}

/** The whole frame that ends a message without trailers. */
export const END_FRAME = new Uint8Array([FrameKind.end, 0])

/** A whole frame in one piece; the payload is copied. */
export function encodeFrame(kind: FrameKind, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(1 + varintBytes(payload.length) + payload.length)
  frame.set(payload, writeFrameHeader(frame, 0, kind, payload.length))
  return frame
}
