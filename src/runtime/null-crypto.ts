// Stands where Noise will stand: the same messages of the same length, bound together in the same way, but nothing secret.
// It refuses accidents (damage, another dial's answer, another session's packet) and no attacker.

import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import {
  type AnswerHandshake,
  type Crypto,
  type DialHandshake,
  type Random,
  type SessionKeys,
  TAG_BYTES,
} from '../protocol/index.ts'
import { CHECK_KEY_BYTES, PacketCheck } from './packet-check.ts'
import { systemRandom } from './system.ts'

/** `resetKey`: 32 secret bytes that outlive a restart. `random`: where the ephemerals come from. */
export function nullCrypto(resetKey: Uint8Array, random: Random = systemRandom): Crypto {
  return {
    dial: (prologue) => new Dial(prologue, drawEphemeral(random)),
    answer: (prologue, header, body) => readInit(prologue, header, body, random),
    mac(packet, end, into, at) {
      const digest = createHash('sha256').update(MAC_LABEL).update(packet.subarray(0, end)).digest()
      into.set(digest.subarray(0, MAC_BYTES), at)
    },
    resetToken: (connectionId) => createHmac('sha256', resetKey).update(connectionId).digest().subarray(0, TOKEN_BYTES),
    equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
  }
}

const MAC_LABEL = 'edgerq/1 mac1'
const MAC_BYTES = 16
const TOKEN_BYTES = 16

/** As X25519 has it. */
const EPHEMERAL_BYTES = 32

/** A static key that nobody has (zeros), and its tag. */
const STATIC_KEY = new Uint8Array(32)
const STATIC_BYTES = STATIC_KEY.length + TAG_BYTES

/** The dialler's half. Writing twice with one header and payload gives the same bytes: the repeats of one dial are one dial. */
class Dial implements DialHandshake {
  readonly #prologue: Uint8Array
  readonly #ephemeral: Uint8Array
  /** All that was said up to the INIT's end; null until it is written. */
  #afterInit: Transcript | null = null

  constructor(prologue: Uint8Array, ephemeral: Uint8Array) {
    this.#prologue = new Uint8Array(prologue) // a Buffer's slice would not copy
    this.#ephemeral = ephemeral
  }

  writeInit(header: Uint8Array, payload: Uint8Array, into: Uint8Array, at: number): number {
    const transcript = Transcript.begin(this.#prologue, header)
    const staticAt = transcript.write(this.#ephemeral, into, at)
    const payloadAt = transcript.writeTagged(STATIC_KEY, into, staticAt)
    const end = transcript.writeTagged(payload, into, payloadAt)
    this.#afterInit = transcript
    return end
  }

  readResp(header: Uint8Array, body: Uint8Array): { payload: Uint8Array; keys: SessionKeys } | null {
    if (this.#afterInit === null) throw new Error('a RESP was read before the INIT was written')
    if (body.length < EPHEMERAL_BYTES + TAG_BYTES) return null
    const transcript = this.#afterInit.copy() // a RESP that fails must leave no trace
    transcript.mix(header)
    transcript.mix(body.subarray(0, EPHEMERAL_BYTES))
    const payload = transcript.readTagged(body.subarray(EPHEMERAL_BYTES))
    return payload && { payload, keys: transcript.keysOf('dialler') }
  }
}

function readInit(prologue: Uint8Array, header: Uint8Array, body: Uint8Array, random: Random): AnswerHandshake | null {
  if (body.length < EPHEMERAL_BYTES + STATIC_BYTES + TAG_BYTES) return null
  const transcript = Transcript.begin(prologue, header)
  transcript.mix(body.subarray(0, EPHEMERAL_BYTES))
  const staticKey = transcript.readTagged(body.subarray(EPHEMERAL_BYTES, EPHEMERAL_BYTES + STATIC_BYTES))
  if (staticKey === null) return null
  const payload = transcript.readTagged(body.subarray(EPHEMERAL_BYTES + STATIC_BYTES))
  return payload && new Answer(payload, transcript, drawEphemeral(random))
}

/** The listener's half; like the dialler's it writes the same bytes for the same input. */
class Answer implements AnswerHandshake {
  readonly payload: Uint8Array
  readonly #afterInit: Transcript
  readonly #ephemeral: Uint8Array

  constructor(payload: Uint8Array, afterInit: Transcript, ephemeral: Uint8Array) {
    this.payload = payload
    this.#afterInit = afterInit
    this.#ephemeral = ephemeral
  }

  writeResp(header: Uint8Array, payload: Uint8Array, into: Uint8Array, at: number): { end: number; keys: SessionKeys } {
    const transcript = this.#afterInit.copy()
    transcript.mix(header)
    const payloadAt = transcript.write(this.#ephemeral, into, at)
    const end = transcript.writeTagged(payload, into, payloadAt)
    return { end, keys: transcript.keysOf('listener') }
  }
}

/**
 * A hash over all that both sides have said, in order (as Noise §5.2 keeps one): h ← SHA-256(h ‖ what was said). A tag is a
 * hash of it, so each one vouches for everything before it, the other side's ephemeral too.
 */
class Transcript {
  #hash: Uint8Array

  private constructor(hash: Uint8Array) {
    this.#hash = hash
  }

  static begin(prologue: Uint8Array, header: Uint8Array): Transcript {
    const transcript = new Transcript(createHash('sha256').update('edgerq/1 null').digest())
    transcript.mix(prologue)
    transcript.mix(header)
    return transcript
  }

  copy(): Transcript {
    return new Transcript(this.#hash)
  }

  mix(said: Uint8Array): void {
    this.#hash = createHash('sha256').update(this.#hash).update(said).digest()
  }

  /** Returns the end. */
  write(said: Uint8Array, into: Uint8Array, at: number): number {
    into.set(said, at)
    this.mix(said)
    return at + said.length
  }

  writeTagged(said: Uint8Array, into: Uint8Array, at: number): number {
    const tagAt = this.write(said, into, at)
    return this.write(this.#tag(), into, tagAt)
  }

  /** A copy of what stands before the tag; null if the tag does not vouch for it. */
  readTagged(body: Uint8Array): Uint8Array | null {
    const said = body.subarray(0, body.length - TAG_BYTES)
    const tag = body.subarray(body.length - TAG_BYTES)
    this.mix(said)
    if (!timingSafeEqual(tag, this.#tag())) return null
    this.mix(tag)
    return new Uint8Array(said)
  }

  /** Each direction has its own check, so a packet sent back to its sender is refused. */
  keysOf(side: 'dialler' | 'listener'): SessionKeys {
    const ofDialler = new PacketCheck(this.#derive('dialler', CHECK_KEY_BYTES))
    const ofListener = new PacketCheck(this.#derive('listener', CHECK_KEY_BYTES))
    return side === 'dialler' ? { sealer: ofDialler, opener: ofListener } : { sealer: ofListener, opener: ofDialler }
  }

  #tag(): Uint8Array {
    return this.#derive('tag', TAG_BYTES)
  }

  #derive(label: string, bytes: number): Uint8Array {
    return createHash('sha256').update(this.#hash).update(label).digest().subarray(0, bytes)
  }
}

function drawEphemeral(random: Random): Uint8Array {
  const ephemeral = new Uint8Array(EPHEMERAL_BYTES)
  random.fill(ephemeral)
  return ephemeral
}
