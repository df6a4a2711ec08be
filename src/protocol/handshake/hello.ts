// What both sides tell about themselves in the handshake: the payload of INIT and RESP.
//
//   instance id 16 | boot id 8 | reset token 16 | settings: ( id | length | value ) …
//
// Settings that this version does not know are skipped, so that later versions can add some; a setting that is missing keeps its
// default, and one that is out of range refuses the handshake.

import { BOOT_ID_BYTES, INSTANCE_ID_BYTES, RESET_TOKEN_BYTES } from '../limits.ts'
import { MILLISECOND, type Micros } from '../units.ts'
import { Reader, varintBytes, Writer } from '../wire/cursor.ts'

/** Everything one side says; times in µs, sizes in bytes. */
export interface Hello {
  readonly instanceId: Uint8Array
  readonly bootId: Uint8Array
  /** Proves a RESET for the connection id that the same packet announces. */
  readonly resetToken: Uint8Array
  readonly survive: Micros
  readonly maxAckDelay: Micros
  readonly maxStreams: number
  readonly streamWindow: number
  readonly sessionWindow: number
  /** How many packets an ACK of ours is for at most, where the peer asks for that; 0: it must not ask. */
  readonly mostPacketsPerAck: number
  /** By the dialler's clock, ms since 1970, and larger for each of its INITs; a listener says 0. */
  readonly sentAtMs: number
  /** What a dialler shows besides its key, such as a token; the core only carries it. Left out: nothing. */
  readonly credential?: Uint8Array
}

const SettingId = {
  survive: 1,
  maxAckDelay: 2,
  maxStreams: 3,
  streamWindow: 4,
  sessionWindow: 5,
  sentAtMs: 6,
  mostPacketsPerAck: 8,
} as const

interface SettingRule {
  readonly id: number
  readonly name: keyof typeof SettingId
  readonly least: number
  readonly most: number
  readonly fallback: number
}

/** `survive` travels in ms, the rest as it is. */
const RULES: readonly SettingRule[] = [
  { id: SettingId.survive, name: 'survive', least: 1, most: 3_600_000, fallback: 60_000 },
  { id: SettingId.maxAckDelay, name: 'maxAckDelay', least: 0, most: 1_000_000, fallback: 26_000 },
  { id: SettingId.maxStreams, name: 'maxStreams', least: 0, most: 65_536, fallback: 0 },
  { id: SettingId.streamWindow, name: 'streamWindow', least: 0, most: Number.MAX_SAFE_INTEGER, fallback: 0 },
  { id: SettingId.sessionWindow, name: 'sessionWindow', least: 0, most: Number.MAX_SAFE_INTEGER, fallback: 0 },
  { id: SettingId.sentAtMs, name: 'sentAtMs', least: 0, most: Number.MAX_SAFE_INTEGER, fallback: 0 },
  { id: SettingId.mostPacketsPerAck, name: 'mostPacketsPerAck', least: 0, most: 1_000, fallback: 0 },
]

const FIXED_BYTES = INSTANCE_ID_BYTES + BOOT_ID_BYTES + RESET_TOKEN_BYTES
/** Id, length and value of a setting take at most this. */
const MOST_SETTING_BYTES = 1 + 1 + 8
const CREDENTIAL_ID = 7
/** So that its length takes one byte, and the hello of an INIT has room for it whatever else stands there. */
const MOST_CREDENTIAL_BYTES = 63

export function encodeHello(hello: Hello): Uint8Array {
  const { credential } = hello
  const buffer = new Uint8Array(FIXED_BYTES + RULES.length * MOST_SETTING_BYTES + 2 + MOST_CREDENTIAL_BYTES)
  const writer = new Writer().over(buffer, 0, buffer.length)
  writer.bytes(hello.instanceId)
  writer.bytes(hello.bootId)
  writer.bytes(hello.resetToken)
  for (const rule of RULES) {
    const value = rule.id === SettingId.survive ? Math.round(hello.survive / MILLISECOND) : hello[rule.name]
    writer.varint(rule.id)
    writer.varint(varintBytes(value))
    writer.varint(value)
  }
  if (credential !== undefined) {
    if (credential.length > MOST_CREDENTIAL_BYTES) throw new RangeError('the credential is too long for a hello')
    writer.varint(CREDENTIAL_ID)
    writer.varint(credential.length)
    writer.bytes(credential)
  }
  return buffer.slice(0, writer.position)
}

/** Null: cut short, a setting twice, or one out of range. */
export function decodeHello(payload: Uint8Array): Hello | null {
  const reader = new Reader().over(payload, 0, payload.length)
  const instanceId = reader.bytes(INSTANCE_ID_BYTES).slice()
  const bootId = reader.bytes(BOOT_ID_BYTES).slice()
  const resetToken = reader.bytes(RESET_TOKEN_BYTES).slice()
  const values = new Map<number, number>()
  let credential: Uint8Array | undefined
  while (reader.remaining > 0) {
    const id = reader.varint()
    const end = reader.varint() + reader.position
    if (reader.failed || end > reader.end || values.has(id)) return null
    const rule = RULES.find((candidate) => candidate.id === id)
    if (id === CREDENTIAL_ID) {
      const length = end - reader.position
      if (credential !== undefined || length > MOST_CREDENTIAL_BYTES) return null
      credential = reader.bytes(length).slice()
    } else if (rule === undefined) reader.skip(end - reader.position)
    else {
      const value = reader.varint()
      if (reader.position !== end || value < rule.least || value > rule.most) return null
      values.set(id, value)
    }
  }
  if (reader.failed) return null
  const [survive, maxAckDelay, maxStreams, streamWindow, sessionWindow, sentAtMs, mostPacketsPerAck] = RULES.map(
    (r) => values.get(r.id) ?? r.fallback,
  )
  return {
    instanceId,
    bootId,
    resetToken,
    survive: survive! * MILLISECOND,
    maxAckDelay: maxAckDelay!,
    maxStreams: maxStreams!,
    streamWindow: streamWindow!,
    sessionWindow: sessionWindow!,
    sentAtMs: sentAtMs!,
    mostPacketsPerAck: mostPacketsPerAck!,
    ...(credential && { credential }),
  }
}
