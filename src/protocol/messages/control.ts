// What the two sides say about the session itself, on the control stream.
//
//   length 2 (of what follows) | type 1 | fields: varints, length-prefixed text, 16-byte UUIDs
//
// Types that this version does not know, and fields behind those it knows, are skipped: so versions can grow.

import { Reader, Writer } from '../wire/cursor.ts'
import { readText, readUuid, textRoom, writeText, writeUuid } from './fields.ts'
import { UUID_BYTES } from './uuid.ts'

/** How a service's bytes are carried. */
export type ServiceProtocol = 'tcp' | 'http'

/** Why a registration is refused. */
export const RefusalCode = { unknownService: 1, protocolMismatch: 2, notAuthorised: 3, notCertified: 4 } as const
export type RefusalCode = (typeof RefusalCode)[keyof typeof RefusalCode]

/** The name of a code, for logs; of one that this version does not know, its number. */
export function refusalName(code: number): string {
  const [name = String(code)] = Object.entries(RefusalCode).find(([, each]) => each === code) ?? []
  return name
}

export type ControlMessage =
  /** The first message of both sides: the software that speaks, for logs. */
  | { readonly kind: 'settings'; readonly software: string }
  /** The provider offers a service; `capacity` is the number of streams it will serve at once, 0: no limit of its own. */
  | {
      readonly kind: 'register'
      readonly uuid: string
      readonly name: string
      readonly protocol: ServiceProtocol
      readonly capacity: number
      readonly isHealthy: boolean
    }
  | { readonly kind: 'registered'; readonly uuid: string }
  | { readonly kind: 'refused'; readonly uuid: string; readonly code: number; readonly text: string }
  | { readonly kind: 'unregister'; readonly uuid: string }
  /** The provider's target answers, or does not. */
  | { readonly kind: 'health'; readonly uuid: string; readonly isHealthy: boolean }
  /** No stream above this id will be served; those below are finished. */
  | { readonly kind: 'drain'; readonly lastStream: number }
  /** What the provider may show at its next dial, to be let in without another round trip. */
  | { readonly kind: 'addressToken'; readonly token: Uint8Array }
  /** The provider wants to be told what it may serve; answered once in a session. */
  | { readonly kind: 'askServices' }
  /** One service of the consumer that the provider's key is listed for. */
  | {
      readonly kind: 'mayServe'
      readonly uuid: string
      readonly name: string
      readonly protocol: ServiceProtocol
    }
  /** There are no more than those that were told. */
  | { readonly kind: 'servicesTold' }

const MessageType = {
  settings: 1,
  register: 2,
  registered: 3,
  refused: 4,
  unregister: 5,
  health: 6,
  drain: 7,
  addressToken: 8,
  askServices: 9,
  mayServe: 10,
  servicesTold: 11,
} as const

const PROTOCOL_NUMBERS: Readonly<Record<ServiceProtocol, number>> = { tcp: 1, http: 2 }

/** Length field and type. */
const HEAD_BYTES = 3
const MOST_MESSAGE_BYTES = 16_384
const MOST_NAME_BYTES = 1_024
const MOST_TEXT_BYTES = 1_024

export function encodeControl(message: ControlMessage): Uint8Array {
  const buffer = new Uint8Array(HEAD_BYTES + UUID_BYTES + textRoom(MOST_TEXT_BYTES) + 3 * 8)
  const writer = new Writer().over(buffer, 2, buffer.length)
  writer.u8(MessageType[message.kind])
  writeFields(writer, message)
  const length = writer.position - 2
  buffer[0] = length >>> 8
  buffer[1] = length
  return buffer.slice(0, writer.position)
}

function writeFields(writer: Writer, message: ControlMessage): void {
  switch (message.kind) {
    case 'settings':
      writeText(writer, message.software, MOST_TEXT_BYTES)
      return
    case 'register':
      writeUuid(writer, message.uuid)
      writeText(writer, message.name, MOST_NAME_BYTES)
      writer.u8(PROTOCOL_NUMBERS[message.protocol])
      writer.varint(message.capacity)
      writer.u8(message.isHealthy ? 1 : 0)
      return
    case 'registered':
    case 'unregister':
      writeUuid(writer, message.uuid)
      return
    case 'refused':
      writeUuid(writer, message.uuid)
      writer.varint(message.code)
      writeText(writer, message.text, MOST_TEXT_BYTES)
      return
    case 'health':
      writeUuid(writer, message.uuid)
      writer.u8(message.isHealthy ? 1 : 0)
      return
    case 'drain':
      writer.varint(message.lastStream)
      return
    case 'addressToken':
      writer.u8(message.token.length)
      writer.bytes(message.token)
      return
    case 'mayServe':
      writeUuid(writer, message.uuid)
      writeText(writer, message.name, MOST_NAME_BYTES)
      writer.u8(PROTOCOL_NUMBERS[message.protocol])
      return
    case 'askServices':
    case 'servicesTold':
      return
  }
}

/** Puts the control stream's bytes together again and reads the messages in them. */
export class ControlReader {
  #waiting: Uint8Array = NOTHING
  /** A message was malformed or too long: the session must be closed with `badMessage`. */
  isBroken = false

  /** Takes the next bytes of the stream; they are copied. */
  push(bytes: Uint8Array): void {
    if (this.#waiting.length === 0) {
      this.#waiting = new Uint8Array(bytes)
      return
    }
    const joined = new Uint8Array(this.#waiting.length + bytes.length)
    joined.set(this.#waiting)
    joined.set(bytes, this.#waiting.length)
    this.#waiting = joined
  }

  /** The next whole message of a known type, or null. */
  next(): ControlMessage | null {
    while (!this.isBroken && this.#waiting.length >= HEAD_BYTES) {
      const length = this.#waiting[0]! * 256 + this.#waiting[1]!
      if (length === 0 || length > MOST_MESSAGE_BYTES) {
        this.isBroken = true
        return null
      }
      if (this.#waiting.length < 2 + length) return null
      const reader = new Reader().over(this.#waiting, HEAD_BYTES, 2 + length)
      const type = this.#waiting[2]!
      this.#waiting = this.#waiting.subarray(2 + length)
      const message = readFields(type, reader)
      if (message === 'skip') continue
      if (message === null) this.isBroken = true
      return message
    }
    // An empty view would keep the bytes that were read.
    if (this.#waiting.length === 0) this.#waiting = NOTHING
    return null
  }
}

const NOTHING = new Uint8Array(0)

/** Null: malformed. */
function readFields(type: number, reader: Reader): ControlMessage | 'skip' | null {
  switch (type) {
    case MessageType.settings: {
      const software = readText(reader, MOST_TEXT_BYTES)
      return software === null ? null : { kind: 'settings', software }
    }
    case MessageType.register:
      return readRegister(reader)
    case MessageType.registered:
      return whole(reader, { kind: 'registered', uuid: readUuid(reader) })
    case MessageType.refused: {
      const uuid = readUuid(reader)
      const code = reader.varint()
      const text = readText(reader, MOST_TEXT_BYTES)
      return text === null ? null : { kind: 'refused', uuid, code, text }
    }
    case MessageType.unregister:
      return whole(reader, { kind: 'unregister', uuid: readUuid(reader) })
    case MessageType.health:
      return whole(reader, { kind: 'health', uuid: readUuid(reader), isHealthy: reader.u8() === 1 })
    case MessageType.drain:
      return whole(reader, { kind: 'drain', lastStream: reader.varint() })
    case MessageType.addressToken:
      return whole(reader, { kind: 'addressToken', token: reader.bytes(reader.u8()).slice() })
    case MessageType.askServices:
      return { kind: 'askServices' }
    case MessageType.mayServe:
      return readMayServe(reader)
    case MessageType.servicesTold:
      return { kind: 'servicesTold' }
    default:
      return 'skip'
  }
}

function readRegister(reader: Reader): ControlMessage | null {
  const uuid = readUuid(reader)
  const name = readText(reader, MOST_NAME_BYTES)
  const protocol = protocolOf(reader.u8())
  const capacity = reader.varint()
  const isHealthy = reader.u8() === 1
  if (reader.failed || name === null || protocol === null) return null
  return { kind: 'register', uuid, name, protocol, capacity, isHealthy }
}

function readMayServe(reader: Reader): ControlMessage | null {
  const uuid = readUuid(reader)
  const name = readText(reader, MOST_NAME_BYTES)
  const protocol = protocolOf(reader.u8())
  return reader.failed || name === null || protocol === null ? null : { kind: 'mayServe', uuid, name, protocol }
}

function protocolOf(number: number): ServiceProtocol | null {
  if (number === PROTOCOL_NUMBERS.tcp) return 'tcp'
  return number === PROTOCOL_NUMBERS.http ? 'http' : null
}

function whole(reader: Reader, message: ControlMessage): ControlMessage | null {
  return reader.failed ? null : message
}
