// Keys, seals and tokens without cryptography, for runs in virtual time: fast, and a pure function of its inputs.
// It catches what a real one catches in our tests (damage, foreign sessions, wrong headers, wrong prologues, plaintext
// read before it was opened) and protects against nobody.

import type {
  AnswerHandshake,
  Crypto,
  DialHandshake,
  Opener,
  Random,
  Renewal,
  RespRead,
  Sealer,
  SessionKeys,
} from '../../src/protocol/ports.ts'
import { TAG_BYTES } from '../../src/protocol/ports.ts'
import { Digest } from './digest.ts'
import type { NonceLedger } from './nonce-ledger.ts'

const EPHEMERAL_BYTES = 32
const STATIC_BYTES = 32 + TAG_BYTES
/** The static key of everybody here. */
const NOBODY = new Uint8Array(32)
const INIT_HEAD_BYTES = EPHEMERAL_BYTES + STATIC_BYTES

export interface NullCryptoOptions {
  readonly random: Random
  /** Survives a restart of its endpoint, as a key file would. */
  readonly resetKey: number
  readonly ledger?: NonceLedger | undefined
}

export class NullCrypto implements Crypto {
  readonly cookieKey = new Uint8Array(32)
  readonly #options: NullCryptoOptions

  constructor(options: NullCryptoOptions) {
    this.#options = options
  }

  dial(prologue: Uint8Array): DialHandshake {
    return new NullDial(prologue, this.#options)
  }

  answer(prologue: Uint8Array, header: Uint8Array, body: Uint8Array): AnswerHandshake | null {
    return nullAnswer(prologue, header, body, this.#options)
  }

  mac(packet: Uint8Array, end: number, into: Uint8Array, at: number): void {
    new Digest('mac').addRange(packet, 0, end).writeTag(into, at)
  }

  resetToken(connectionId: Uint8Array): Uint8Array {
    const token = new Uint8Array(TAG_BYTES)
    new Digest('reset').addNumber(this.#options.resetKey).add(connectionId).writeTag(token, 0)
    return token
  }

  secretFor(label: Uint8Array): Uint8Array {
    const secret = new Uint8Array(2 * TAG_BYTES)
    new Digest('secret').addNumber(this.#options.resetKey).add(label).writeTag(secret, 0)
    return secret
  }

  macWith(key: Uint8Array, packet: Uint8Array, end: number, into: Uint8Array, at: number): void {
    new Digest('mac with').add(key).addRange(packet, 0, end).writeTag(into, at)
  }

  seal(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, plain: Uint8Array): Uint8Array {
    const sealed = new Uint8Array(plain.length + TAG_BYTES)
    sealed.set(plain)
    new Digest('seal').add(key).add(nonce).add(associated).add(plain).writeTag(sealed, plain.length)
    return sealed
  }

  open(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, sealed: Uint8Array): Uint8Array | null {
    const plain = sealed.slice(0, Math.max(sealed.length - TAG_BYTES, 0))
    const digest = new Digest('seal').add(key).add(nonce).add(associated).add(plain)
    return sealed.length >= TAG_BYTES && digest.hasTag(sealed, plain.length) ? plain : null
  }

  equal(a: Uint8Array, b: Uint8Array): boolean {
    return a.length === b.length && a.every((byte, at) => byte === b[at])
  }
}

class NullDial implements DialHandshake {
  readonly #prologue: Uint8Array
  readonly #options: NullCryptoOptions
  readonly #head = new Uint8Array(INIT_HEAD_BYTES)
  /** Everything the INIT says, which the RESP and the keys are bound to. */
  #transcript = new Digest('unsent')

  constructor(prologue: Uint8Array, options: NullCryptoOptions) {
    this.#prologue = prologue
    this.#options = options
    options.random.fill(this.#head)
  }

  writeInit(header: Uint8Array, payload: Uint8Array, into: Uint8Array, at: number): number {
    into.set(this.#head, at)
    into.set(payload, at + INIT_HEAD_BYTES)
    const plainEnd = at + INIT_HEAD_BYTES + payload.length
    const digest = new Digest('init').add(this.#prologue).add(header)
    digest.addRange(into, at, plainEnd).writeTag(into, plainEnd)
    const end = plainEnd + TAG_BYTES
    this.#transcript = transcriptOf(this.#prologue, into.subarray(at, end))
    return end
  }

  readResp(header: Uint8Array, body: Uint8Array): RespRead | null {
    const payload = openedPayload(this.#transcript.copy().add(header), body, EPHEMERAL_BYTES)
    if (payload === null) return null
    const secret = this.#transcript.copy().addRange(body, 0, EPHEMERAL_BYTES)
    return { payload, keys: sessionKeys(secret, 'initiator', this.#options), peerKey: NOBODY }
  }
}

class NullAnswer implements AnswerHandshake {
  readonly payload: Uint8Array
  readonly peerKey = NOBODY
  readonly #transcript: Digest
  readonly #options: NullCryptoOptions

  constructor(prologue: Uint8Array, init: Uint8Array, payload: Uint8Array, options: NullCryptoOptions) {
    this.payload = payload
    this.#transcript = transcriptOf(prologue, init)
    this.#options = options
  }

  writeResp(
    header: Uint8Array,
    payload: Uint8Array,
    into: Uint8Array,
    at: number,
  ): { readonly end: number; readonly keys: SessionKeys } {
    this.#options.random.fill(into.subarray(at, at + EPHEMERAL_BYTES))
    into.set(payload, at + EPHEMERAL_BYTES)
    const plainEnd = at + EPHEMERAL_BYTES + payload.length
    this.#transcript.copy().add(header).addRange(into, at, plainEnd).writeTag(into, plainEnd)
    const secret = this.#transcript.copy().addRange(into, at, at + EPHEMERAL_BYTES)
    return { end: plainEnd + TAG_BYTES, keys: sessionKeys(secret, 'responder', this.#options) }
  }
}

function nullAnswer(prologue: Uint8Array, header: Uint8Array, body: Uint8Array, options: NullCryptoOptions) {
  const payload = openedPayload(new Digest('init').add(prologue).add(header), body, INIT_HEAD_BYTES)
  return payload === null ? null : new NullAnswer(prologue, body, payload, options)
}

function transcriptOf(prologue: Uint8Array, init: Uint8Array): Digest {
  return new Digest('transcript').add(prologue).add(init)
}

/** What stands between the head and the tag, copied; null: the tag is not that of `digest` and the body. */
function openedPayload(digest: Digest, body: Uint8Array, headBytes: number): Uint8Array | null {
  const plainEnd = body.length - TAG_BYTES
  if (plainEnd < headBytes) return null
  if (!digest.addRange(body, 0, plainEnd).hasTag(body, plainEnd)) return null
  return body.slice(headBytes, plainEnd)
}

const SIDES = ['initiator', 'responder'] as const
type Side = (typeof SIDES)[number]

function sessionKeys(secret: Digest, side: Side, options: NullCryptoOptions): SessionKeys {
  const fromInitiator = secret.copy().addNumber(1)
  const fromResponder = secret.copy().addNumber(2)
  const [ours, theirs] = side === 'initiator' ? [fromInitiator, fromResponder] : [fromResponder, fromInitiator]
  const renewal = new NullRenewal(secret.fingerprint, side, options)
  return { sealer: new NullSealer(ours, options.ledger), opener: new NullOpener(theirs), renewal }
}

/** Knows the peer of the handshake before by its secret. */
class NullRenewal implements Renewal {
  readonly prevails: boolean
  readonly #options: NullCryptoOptions
  readonly #side: Side
  readonly #bond = new Uint8Array(8)

  constructor(bond: number, side: Side, options: NullCryptoOptions) {
    this.#options = options
    this.#side = side
    new DataView(this.#bond.buffer).setFloat64(0, bond)
    // Nobody has a static key here, and each side must prevail now and then.
    this.prevails = (bond % 2 === 0) === (side === 'initiator')
  }

  dial(prologue: Uint8Array): DialHandshake {
    return new NullDial(this.#bound(prologue, this.#side), this.#options)
  }

  answer(prologue: Uint8Array, header: Uint8Array, body: Uint8Array): AnswerHandshake | null {
    const asker = this.#side === 'initiator' ? 'responder' : 'initiator'
    return nullAnswer(this.#bound(prologue, asker), header, body, this.#options)
  }

  #bound(prologue: Uint8Array, asker: Side): Uint8Array {
    return new Uint8Array([...prologue, ...this.#bond, SIDES.indexOf(asker)])
  }
}

class NullSealer implements Sealer {
  readonly #key: Digest
  readonly #ledger: NonceLedger | undefined

  constructor(key: Digest, ledger: NonceLedger | undefined) {
    this.#key = key
    this.#ledger = ledger
  }

  seal(counter: number, buffer: Uint8Array, headerStart: number, headerEnd: number, plainEnd: number): void {
    this.#ledger?.sealed(this.#key.fingerprint, counter)
    const digest = this.#key.copy().addNumber(counter).addRange(buffer, headerStart, headerEnd)
    this.#key.mask(counter, buffer, headerEnd, plainEnd)
    digest.addRange(buffer, headerEnd, plainEnd).writeTag(buffer, plainEnd)
  }
}

class NullOpener implements Opener {
  readonly #key: Digest

  constructor(key: Digest) {
    this.#key = key
  }

  open(counter: number, buffer: Uint8Array, headerStart: number, headerEnd: number, sealedEnd: number): boolean {
    const plainEnd = sealedEnd - TAG_BYTES
    if (plainEnd < headerEnd) return false
    const digest = this.#key.copy().addNumber(counter)
    const isSound = digest
      .addRange(buffer, headerStart, headerEnd)
      .addRange(buffer, headerEnd, plainEnd)
      .hasTag(buffer, plainEnd)
    // Unmasked even if forged, as a real cipher leaves it: who reads on after a refusal reads rubbish.
    this.#key.mask(counter, buffer, headerEnd, plainEnd)
    return isSound
  }
}
