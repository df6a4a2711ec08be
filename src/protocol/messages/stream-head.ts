// How a data stream begins: in the opener's direction one head, then bytes; in the other one byte that says ACCEPTED, then bytes. With kind
// `http` those bytes are the frames of src/http/frames.ts.
//
//   length 2 (of what follows) | kind 1 | service 16 | request id 16 | connect within ms | hops: count, 8 bytes each | client's address

import { Reader, Writer } from '../wire/cursor.ts'
import { readText, readUuid, textRoom, writeText, writeUuid } from './fields.ts'
import { UUID_BYTES } from './uuid.ts'

/** The answering side has begun to act on the stream: it has connected to its target. */
export const ACCEPTED = 1

/** Consumers that one stream may cross. */
export const MOST_HOPS = 8
export const HOP_ID_BYTES = 8

export type StreamKind = 'tcp' | 'http'

export interface StreamHead {
  readonly kind: StreamKind
  /** The service that is asked for; never an address. */
  readonly uuid: string
  /** Stands in the logs of both sides. */
  readonly requestId: string
  /** How long the answering side may take to connect to its target; with `http` also how long its answer may take to begin. */
  readonly connectWithinMs: number
  /** The consumers that the stream has crossed, oldest first. */
  readonly hops: readonly Uint8Array[]
  /** `host:port` of the client, for the provider's log. */
  readonly client: string
}

const KINDS: readonly StreamKind[] = ['tcp', 'http']
/** On the wire kinds count from 1. */
const FIRST_KIND = 1
/** A day, the most that `request_ttl` allows; a peer that says more is not believed. */
const MOST_CONNECT_MS = 86_400_000
const MOST_CLIENT_BYTES = 256
const MOST_HEAD_BYTES = 1 + 2 * UUID_BYTES + 8 + 1 + MOST_HOPS * HOP_ID_BYTES + textRoom(MOST_CLIENT_BYTES)

export function encodeStreamHead(head: StreamHead): Uint8Array {
  const buffer = new Uint8Array(2 + MOST_HEAD_BYTES)
  const writer = new Writer().over(buffer, 2, buffer.length)
  writer.u8(KINDS.indexOf(head.kind) + FIRST_KIND)
  writeUuid(writer, head.uuid)
  writeUuid(writer, head.requestId)
  writer.varint(head.connectWithinMs)
  writer.u8(head.hops.length)
  for (const hop of head.hops) writer.bytes(hop)
  writeText(writer, head.client, MOST_CLIENT_BYTES)
  const length = writer.position - 2
  buffer[0] = length >>> 8
  buffer[1] = length
  return buffer.slice(0, writer.position)
}

/** Collects the head of one stream; what comes behind it is handed back untouched. */
export class StreamHeadReader {
  #collected: Uint8Array = new Uint8Array(0)
  head: StreamHead | null = null
  /** The first bytes behind the head; set together with it. */
  rest: Uint8Array = new Uint8Array(0)
  isBroken = false

  /** Takes the next bytes; true: the head is complete or broken. */
  push(bytes: Uint8Array): boolean {
    const joined = this.#collected.length === 0 ? bytes : concat(this.#collected, bytes)
    if (joined.length < 2) return this.#keep(joined)
    const length = joined[0]! * 256 + joined[1]!
    if (length > MOST_HEAD_BYTES) {
      this.isBroken = true
      return true
    }
    if (joined.length < 2 + length) return this.#keep(joined)
    this.head = readHead(new Reader().over(joined, 2, 2 + length))
    this.isBroken = this.head === null
    this.rest = joined.subarray(2 + length)
    return true
  }

  #keep(joined: Uint8Array): boolean {
    this.#collected = joined
    return false
  }
}

function readHead(reader: Reader): StreamHead | null {
  const kind = KINDS[reader.u8() - FIRST_KIND]
  if (kind === undefined) return null
  const uuid = readUuid(reader)
  const requestId = readUuid(reader)
  const connectWithinMs = Math.min(reader.varint(), MOST_CONNECT_MS)
  const count = reader.u8()
  if (count > MOST_HOPS) return null
  const hops: Uint8Array[] = []
  for (let i = 0; i < count; i++) hops.push(reader.bytes(HOP_ID_BYTES).slice())
  const client = readText(reader, MOST_CLIENT_BYTES)
  if (reader.failed || client === null) return null
  return { kind, uuid, requestId, connectWithinMs, hops, client }
}

function concat(first: Uint8Array, second: Uint8Array): Uint8Array {
  const joined = new Uint8Array(first.length + second.length)
  joined.set(first)
  joined.set(second, first.length)
  return joined
}
