// Noise_IKpsk2_25519_ChaChaPoly_SHA256: two messages after which both sides share keys that nobody else has (Noise revision 34, §7.5 and
// §9.4). The initiator must know the responder's static key; the responder learns the initiator's from the first message.
//
//   IKpsk2:
//     <- s                      the responder's static key, known beforehand
//     -> e, es, s, ss           readFirst, writeFirst
//     <- e, ee, se, psk         readSecond, writeSecond
//
//   e, s   an ephemeral key in clear, a static key sealed        es, ss, …   both sides agree; the initiator's key is named first
//
// Each step takes what the one before left and changes nothing of it, so a forged message leaves no trace and the genuine one can
// still come.

import { TAG_BYTES } from '../ports.ts'
import { KEY_BYTES, type KeyPair, type NoisePrimitives, SymmetricState } from './noise-symmetric.ts'

/** What one side brings to the first message. */
export interface Beginning {
  readonly primitives: NoisePrimitives
  /** Both sides must have built the same one (Noise §6). */
  readonly prologue: Uint8Array
  /** Our static key. */
  readonly identity: KeyPair
}

/** What is mixed into the second message besides what the handshake itself agrees on. */
export interface SecondSecrets {
  /** Shared beforehand, 32 bytes: zeros if the two have none. */
  readonly psk: Uint8Array
  /**
   * What stands in clear before the message and is to be authenticated with it; hashed in as the prologue is before the first, which
   * Noise has no word for. Empty: nothing is, and the message is one of Noise to the letter.
   */
  readonly header: Uint8Array
}

/** The initiator between the two messages. */
export interface Asked {
  readonly state: SymmetricState
  readonly identity: KeyPair
  readonly ephemeral: KeyPair
}

/** The responder between the two messages. */
export interface Heard {
  readonly primitives: NoisePrimitives
  readonly state: SymmetricState
  /** The initiator's static key: who sent the message holds its private half, or sends again what its holder sent. */
  readonly peerKey: Uint8Array
  readonly peerEphemeral: Uint8Array
  readonly payload: Uint8Array
}

/** The keys of one session, one for each direction. */
export interface TransportKeys {
  readonly fromInitiator: Uint8Array
  readonly fromResponder: Uint8Array
  /** Names the handshake, not secret (Noise §11.2). */
  readonly handshakeHash: Uint8Array
}

const PROTOCOL_NAME = new TextEncoder().encode('Noise_IKpsk2_25519_ChaChaPoly_SHA256')
const SEALED_KEY_BYTES = KEY_BYTES + TAG_BYTES
const FIRST_PAYLOAD_AT = KEY_BYTES + SEALED_KEY_BYTES

/** Draws a new ephemeral key each time: one that sealed two different payloads would give both away. */
export function writeFirst(
  own: Beginning,
  responderKey: Uint8Array,
  payload: Uint8Array,
): { readonly message: Uint8Array; readonly asked: Asked } {
  const { primitives, identity } = own
  const ephemeral = primitives.newKeyPair()
  const state = begin(own, responderKey)
  mixEphemeral(state, ephemeral.publicKey)
  state.mixKey(agreed(ephemeral, responderKey)) // es
  const sealedKey = state.encryptAndHash(identity.publicKey)
  state.mixKey(agreed(identity, responderKey)) // ss
  const sealedPayload = state.encryptAndHash(payload)
  return { message: joined(ephemeral.publicKey, sealedKey, sealedPayload), asked: { state, identity, ephemeral } }
}

/** Null: not for us, not of this prologue, damaged, or not written by who it says. */
export function readFirst(own: Beginning, message: Uint8Array): Heard | null {
  if (message.length < FIRST_PAYLOAD_AT + TAG_BYTES) return null
  const { primitives, identity } = own
  const peerEphemeral = message.slice(0, KEY_BYTES)
  const state = begin(own, identity.publicKey)
  mixEphemeral(state, peerEphemeral)
  const peerKey = mixAgreed(state, identity, peerEphemeral) // es
    ? state.decryptAndHash(message.subarray(KEY_BYTES, FIRST_PAYLOAD_AT))
    : null
  if (peerKey === null || !mixAgreed(state, identity, peerKey)) return null // ss
  const payload = state.decryptAndHash(message.subarray(FIRST_PAYLOAD_AT))
  return payload && { primitives, state, peerKey, peerEphemeral, payload }
}

/** The responder's last step. As with the first message, each call draws a new ephemeral key. */
export function writeSecond(
  heard: Heard,
  secrets: SecondSecrets,
  payload: Uint8Array,
): { readonly message: Uint8Array; readonly keys: TransportKeys } {
  const ephemeral = heard.primitives.newKeyPair()
  const state = secondState(heard.state, secrets.header)
  mixEphemeral(state, ephemeral.publicKey)
  state.mixKey(agreed(ephemeral, heard.peerEphemeral)) // ee
  state.mixKey(agreed(ephemeral, heard.peerKey)) // se
  state.mixKeyAndHash(secrets.psk)
  const sealedPayload = state.encryptAndHash(payload)
  return { message: joined(ephemeral.publicKey, sealedPayload), keys: transportKeys(state) }
}

/** The initiator's last step. Null: not the answer to what was asked. */
export function readSecond(
  asked: Asked,
  secrets: SecondSecrets,
  message: Uint8Array,
): { readonly payload: Uint8Array; readonly keys: TransportKeys } | null {
  if (message.length < KEY_BYTES + TAG_BYTES) return null
  const peerEphemeral = message.slice(0, KEY_BYTES)
  const state = secondState(asked.state, secrets.header)
  mixEphemeral(state, peerEphemeral)
  if (!mixAgreed(state, asked.ephemeral, peerEphemeral)) return null // ee
  if (!mixAgreed(state, asked.identity, peerEphemeral)) return null // se
  state.mixKeyAndHash(secrets.psk)
  const payload = state.decryptAndHash(message.subarray(KEY_BYTES))
  return payload && { payload, keys: transportKeys(state) }
}

function begin({ primitives, prologue }: Beginning, responderKey: Uint8Array): SymmetricState {
  const state = SymmetricState.begin(primitives, PROTOCOL_NAME)
  state.mixHash(prologue)
  state.mixHash(responderKey)
  return state
}

function secondState(afterFirst: SymmetricState, header: Uint8Array): SymmetricState {
  const state = afterFirst.copy()
  if (header.length > 0) state.mixHash(header)
  return state
}

/** With a PSK in the pattern an ephemeral key also goes into the keys, so that no two handshakes have one in common (Noise §9.2). */
function mixEphemeral(state: SymmetricState, publicKey: Uint8Array): void {
  state.mixHash(publicKey)
  state.mixKey(publicKey)
}

/** False: the other side sent a key that nobody can agree with. */
function mixAgreed(state: SymmetricState, ours: KeyPair, theirs: Uint8Array): boolean {
  const secret = ours.agree(theirs)
  if (secret !== null) state.mixKey(secret)
  return secret !== null
}

/** With a key that was configured, or with which we agreed before: a low order shows with every private key (RFC 7748 §6.1). */
function agreed(ours: KeyPair, theirs: Uint8Array): Uint8Array {
  const secret = ours.agree(theirs)
  if (secret === null) throw new Error('no secret can be agreed on with this public key')
  return secret
}

function transportKeys(state: SymmetricState): TransportKeys {
  const [fromInitiator, fromResponder] = state.split()
  return { fromInitiator, fromResponder, handshakeHash: state.handshakeHash }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((bytes, part) => bytes + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
