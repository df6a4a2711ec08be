// The Crypto port with real secrets: Noise between a provider that dials and a consumer that listens, and sealed packets after it.
//
//   mac1 of INIT and RESP   HMAC-SHA256 under SHA-256("edgerq/1 mac1" ‖ the listener's public key), 16 bytes
//   prologue of Noise       the core's, then the header of the INIT; the header of the RESP is hashed in before the second message
//
// mac1 proves no more than that the sender has heard of this listener. It costs a small part of an agreement (bench/micro.ts) and
// comes first.

import { createHash, timingSafeEqual } from 'node:crypto'
import {
  type AnswerHandshake,
  type Asked,
  type Beginning,
  type Crypto,
  type DialHandshake,
  type Heard,
  KEY_BYTES,
  type KeyPair,
  type NoisePrimitives,
  type Renewal,
  type RespRead,
  readFirst,
  readSecond,
  type SessionKeys,
  type TransportKeys,
  writeFirst,
  writeSecond,
} from '../protocol/index.ts'
import { addressProofs } from './address-proofs.ts'
import { hmacOf } from './hmac.ts'
import { keylessKeyPair, keylessPublicKey } from './keyless.ts'
import { newX25519KeyPair, nodePrimitives } from './noise-primitives.ts'
import { nodeSealing, type Sealing } from './sealing.ts'

export interface NoiseOptions {
  /** 32 secret bytes that make the tokens of RESET; a listener keeps them over a restart. */
  readonly resetKey: Uint8Array
  /** Default: node:crypto, which is always there. */
  readonly sealing?: Sealing
  /** Default: node:crypto with the kernel's randomness, and the same cipher as the packets. */
  readonly primitives?: NoisePrimitives
}

export interface DiallerOptions extends NoiseOptions {
  /** Null: a key made now, so the listener learns nothing but that sessions of this dialler belong together. */
  readonly identity: KeyPair | null
  /**
   * Null: the listener has none, and whoever answers is taken for it. It is then not shown our identity either, which everybody on
   * the line could read. A second key during a change of keys is a second Crypto: mac1 is made with one.
   */
  readonly consumerKey: Uint8Array | null
  /** 32 bytes that the listener has for this identity too. */
  readonly psk?: Uint8Array
  /** Shown in each INIT; only beside a `consumerKey`, since everybody on the line could read it else. */
  readonly credential?: Uint8Array
}

/** What the owner of a key is let in with. */
export interface Welcome {
  /** 32 bytes that only the two share; `NO_PSK` if they share none. */
  readonly psk: Uint8Array
}

/**
 * Asked for each INIT whose sender holds the key, before anything is kept of it; `payload` is what the INIT says. An INIT that was
 * recorded and is sent again looks the same. Null: nothing is answered.
 */
export type Authorise = (peerKey: Uint8Array, payload: Uint8Array) => Welcome | null

export interface ListenerOptions extends NoiseOptions {
  /** Null: the published key that shows nobody anything. A listener with a key of its own never answers to that one. */
  readonly identity: KeyPair | null
  readonly authorise: Authorise
}

export const NO_PSK = new Uint8Array(KEY_BYTES)

/** Where a side has no key of its own, what it shows proves nothing. */
const NO_KEY = new Uint8Array(0)

/** For a listener that anybody may call. */
export const welcomeEverybody: Authorise = () => ({ psk: NO_PSK })

/** The side that dials; it answers nobody. */
export function noiseDialler(options: DiallerOptions): Crypto {
  const suite = suiteOf(options)
  const consumerKey = options.consumerKey ?? keylessPublicKey()
  // One for all dials, so that a later handshake of a session can be told to be of the same peer.
  const identity = (options.consumerKey && options.identity) ?? suite.primitives.newKeyPair()
  if (options.credential && !options.consumerKey) throw new Error('a credential is shown to the holder of a key alone')
  if (identity.agree(consumerKey) === null) throw new Error('the consumer key is not a usable X25519 public key')
  const psk = checkedPsk(options.psk ?? NO_PSK)
  const peerKey = options.consumerKey ?? NO_KEY
  const bond = new NoiseBond(suite, { identity, theirKey: consumerKey, peerKey, psk, role: 'dialler' })
  return {
    ...tokensOf(consumerKey, options.resetKey, suite.sealing),
    credential: options.credential,
    dial: (prologue) => bond.dial(prologue),
    answer: () => null,
  }
}

/** The side that answers; it dials nobody. */
export function noiseListener(options: ListenerOptions): Crypto {
  const suite = suiteOf(options)
  const identity = options.identity ?? keylessKeyPair()
  return {
    ...tokensOf(identity.publicKey, options.resetKey, suite.sealing),
    dial() {
      throw new Error('a listener does not dial')
    },
    answer(prologue, header, body) {
      const heard = readFirst(beginning(suite, identity, [prologue, header]), body)
      const welcome = heard && options.authorise(heard.peerKey, heard.payload)
      if (welcome === null) return null
      const theirKey = heard!.peerKey
      const peerKey = options.identity === null ? NO_KEY : theirKey
      const psk = checkedPsk(welcome.psk)
      return new NoiseAnswer(new NoiseBond(suite, { identity, theirKey, peerKey, psk, role: 'listener' }), heard!)
    },
  }
}

interface Suite {
  readonly primitives: NoisePrimitives
  readonly sealing: Sealing
}

function suiteOf({
  sealing = nodeSealing,
  primitives = nodePrimitives(newX25519KeyPair, sealing),
}: NoiseOptions): Suite {
  return { primitives, sealing }
}

function beginning({ primitives }: Suite, identity: KeyPair, prologue: readonly Uint8Array[]): Beginning {
  return { primitives, identity, prologue: Buffer.concat(prologue) }
}

function checkedPsk(psk: Uint8Array): Uint8Array {
  if (psk.length !== KEY_BYTES) throw new RangeError(`a pre-shared key has ${KEY_BYTES} bytes`)
  return psk
}

/** Between whom the handshakes of a session are, the first one and those that renew its keys. */
interface Between {
  readonly identity: KeyPair
  /** The other side's static key. */
  readonly theirKey: Uint8Array
  /** What the other side is known by: its key, or nothing. */
  readonly peerKey: Uint8Array
  readonly psk: Uint8Array
  /** Of the first handshake: either side may begin a later one. */
  readonly role: 'dialler' | 'listener'
}

class NoiseBond implements Renewal {
  /** Ours is the higher static key; of two equal ones the dialler's counts as such. */
  readonly prevails: boolean
  readonly suite: Suite
  readonly between: Between

  constructor(suite: Suite, between: Between) {
    this.suite = suite
    this.between = between
    const order = Buffer.compare(between.identity.publicKey, between.theirKey)
    this.prevails = order > 0 || (order === 0 && between.role === 'dialler')
  }

  dial(prologue: Uint8Array): DialHandshake {
    return new NoiseDial(this, prologue)
  }

  /** Nobody is asked again whether the peer is welcome: who is so no more loses the session, not its next keys. */
  answer(prologue: Uint8Array, header: Uint8Array, body: Uint8Array): AnswerHandshake | null {
    const { identity, theirKey } = this.between
    const heard = readFirst(beginning(this.suite, identity, [prologue, header]), body)
    return heard !== null && Buffer.compare(heard.peerKey, theirKey) === 0 ? new NoiseAnswer(this, heard) : null
  }
}

class NoiseDial implements DialHandshake {
  readonly #bond: NoiseBond
  readonly #prologue: Uint8Array
  #asked: Asked | null = null

  constructor(bond: NoiseBond, prologue: Uint8Array) {
    this.#bond = bond
    this.#prologue = new Uint8Array(prologue)
  }

  /** Another question each time: only the last one's answer is understood. Who repeats one sends the same bytes again. */
  writeInit(header: Uint8Array, payload: Uint8Array, into: Uint8Array, at: number): number {
    const { identity, theirKey } = this.#bond.between
    const own = beginning(this.#bond.suite, identity, [this.#prologue, header])
    const { message, asked } = writeFirst(own, theirKey, payload)
    this.#asked = asked
    into.set(message, at)
    return at + message.length
  }

  readResp(header: Uint8Array, body: Uint8Array): RespRead | null {
    if (this.#asked === null) throw new Error('a RESP was read before the INIT was written')
    const { psk, peerKey } = this.#bond.between
    const read = readSecond(this.#asked, { psk, header }, body)
    return read && { payload: read.payload, keys: initiatorKeys(this.#bond, read.keys), peerKey }
  }
}

class NoiseAnswer implements AnswerHandshake {
  readonly payload: Uint8Array
  readonly peerKey: Uint8Array
  readonly #bond: NoiseBond
  readonly #heard: Heard

  constructor(bond: NoiseBond, heard: Heard) {
    this.payload = heard.payload
    this.peerKey = bond.between.peerKey
    this.#bond = bond
    this.#heard = heard
  }

  writeResp(header: Uint8Array, payload: Uint8Array, into: Uint8Array, at: number): { end: number; keys: SessionKeys } {
    const { message, keys } = writeSecond(this.#heard, { psk: this.#bond.between.psk, header }, payload)
    into.set(message, at)
    return { end: at + message.length, keys: responderKeys(this.#bond, keys) }
  }
}

/** A key for each direction, so a packet that comes back to its sender is refused. */
function initiatorKeys(bond: NoiseBond, keys: TransportKeys): SessionKeys {
  const { sealing } = bond.suite
  return { sealer: sealing.of(keys.fromInitiator), opener: sealing.of(keys.fromResponder), renewal: bond }
}

function responderKeys(bond: NoiseBond, keys: TransportKeys): SessionKeys {
  const { sealing } = bond.suite
  return { sealer: sealing.of(keys.fromResponder), opener: sealing.of(keys.fromInitiator), renewal: bond }
}

const MAC_LABEL = 'edgerq/1 mac1'
const MAC_BYTES = 16
const TOKEN_BYTES = 16

function tokensOf(listenerKey: Uint8Array, resetKey: Uint8Array, sealing: Sealing): Omit<Crypto, 'dial' | 'answer'> {
  const macKey = createHash('sha256').update(MAC_LABEL).update(listenerKey).digest()
  return {
    ...addressProofs(listenerKey, resetKey, sealing),
    mac(packet, end, into, at) {
      into.set(hmacOf(macKey, packet, end).subarray(0, MAC_BYTES), at)
    },
    resetToken: (id) => new Uint8Array(hmacOf(resetKey, id, id.length).subarray(0, TOKEN_BYTES)),
    equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
  }
}
