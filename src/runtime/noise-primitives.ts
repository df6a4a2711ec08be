// The primitives of the handshake, out of node:crypto: X25519 (RFC 7748), ChaCha20-Poly1305 (RFC 8439), SHA-256 and HMAC.

import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type KeyObject,
  hash as oneShot,
  randomFillSync,
} from 'node:crypto'
import { type KeyPair, type NoisePrimitives, TAG_BYTES } from '../protocol/index.ts'
import { hmacOf } from './hmac.ts'

/** Seals what is small and no packet, by ChaCha20-Poly1305 (RFC 8439) with a nonce of the caller's. */
export interface MessageCipher {
  /** Returns it with the tag behind it. */
  seal(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, plain: Uint8Array): Uint8Array
  /** Null: forged or damaged. */
  open(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, sealed: Uint8Array): Uint8Array | null
}

/** `newKeyPair` is handed in only by tests that want the same handshake twice; the kernel's randomness makes the product's keys. */
export function nodePrimitives(
  newKeyPair: () => KeyPair = newX25519KeyPair,
  cipher: MessageCipher = nodeCipher,
): NoisePrimitives {
  return {
    newKeyPair,
    seal: (key, nonce, associated, plain) => cipher.seal(key, nonceOf(nonce), associated, plain),
    open: (key, nonce, associated, sealed) => cipher.open(key, nonceOf(nonce), associated, sealed),
    hash,
    derive,
  }
}

/**
 * Not by generateKeyPairSync: what it leaves behind takes the key's lock when it is collected, and a collection that begins while the same
 * key is exported or agreed with, which holds that lock, stops the process for good (Node 20.20).
 */
export function newX25519KeyPair(): KeyPair {
  const secret = randomFillSync(Buffer.allocUnsafeSlow(X25519_BYTES))
  const pair = keyPairOf(privateKeyOf(secret))
  secret.fill(0)
  return pair
}

function privateKeyOf(secret: Buffer): KeyObject {
  readsPrivateJwk ??= doesReadPrivateJwk()
  return readsPrivateJwk ? ofJwk(secret) : ofDer(secret)
}

/** Takes an eighth of what DER takes. Node wants a public half to be there and does not look at it. */
function ofJwk(secret: Buffer): KeyObject {
  const d = secret.toString('base64url')
  return createPrivateKey({ key: { kty: 'OKP', crv: 'X25519', d, x: NO_PUBLIC_HALF }, format: 'jwk' })
}

const NO_PUBLIC_HALF = Buffer.alloc(32).toString('base64url')

/** Null: not tried yet. */
let readsPrivateJwk: boolean | null = null

/** False: this Node looks at the public half after all. */
function doesReadPrivateJwk(): boolean {
  const secret = Buffer.alloc(X25519_BYTES, 1)
  try {
    const [one, other] = [ofJwk(secret), ofDer(secret)].map((key) => keyPairOf(key).publicKey)
    return Buffer.compare(one!, other!) === 0
  } catch {
    return false
  }
}

/** The pair to which these 32 bytes are the private half. Takes half a millisecond: for keys that stay. */
export function x25519KeyPairOf(privateKey: Uint8Array): KeyPair {
  if (privateKey.length !== X25519_BYTES) throw new RangeError(`an X25519 key has ${X25519_BYTES} bytes`)
  return keyPairOf(ofDer(privateKey))
}

function ofDer(privateKey: Uint8Array): KeyObject {
  const der = Buffer.concat([PKCS8_X25519, privateKey])
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  der.fill(0)
  return key
}

/** The pair of a private key that is loaded already. */
export function keyPairOf(privateKey: KeyObject): KeyPair {
  return new X25519KeyPair(privateKey, createPublicKey(privateKey))
}

const X25519_BYTES = 32

/** What stands before the 32 bytes of a private X25519 key in PKCS #8 (RFC 8410 §7). */
const PKCS8_X25519 = Buffer.from('302e020100300506032b656e04220420', 'hex')

class X25519KeyPair implements KeyPair {
  readonly publicKey: Uint8Array
  /** Imported once: OpenSSL computes the public half again each time, which costs as much as an agreement. */
  readonly #privateKey: KeyObject

  constructor(privateKey: KeyObject, publicKey: KeyObject) {
    this.#privateKey = privateKey
    this.publicKey = new Uint8Array(Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url'))
  }

  agree(theirs: Uint8Array): Uint8Array | null {
    if (theirs.length !== X25519_BYTES) return null
    try {
      return diffieHellman({ privateKey: this.#privateKey, publicKey: lastKeys.of(theirs) })
    } catch {
      return null // OpenSSL refuses an all-zero secret, as RFC 7748 §6.1 wants; with 32 bytes nothing else can fail
    }
  }
}

/**
 * The public keys that were agreed with last. A listener agrees twice with each of the two keys of an INIT, when it reads it and when it
 * answers, and importing one costs a sixth of an agreement.
 */
class LastKeys {
  readonly #bytes: Uint8Array[] = []
  readonly #keys: KeyObject[] = []
  #next = 0

  of(bytes: Uint8Array): KeyObject {
    const known = this.#bytes.findIndex((each) => Buffer.compare(each, bytes) === 0)
    if (known !== -1) return this.#keys[known]!
    // Not a slice, which of a Buffer is no copy. What is imported moves out of V8's heap, and a session keeps its peer's key.
    const own = new Uint8Array(bytes)
    const key = imported(own)
    this.#bytes[this.#next] = own
    this.#keys[this.#next] = key
    this.#next = 1 - this.#next
    return key
  }
}

const lastKeys = new LastKeys()

/** As a JWK, since DER goes through OpenSSL's decoders and takes longer than the agreement itself. */
function imported(bytes: Uint8Array): KeyObject {
  const x = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url')
  return createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' })
}

/** Is always there, and takes about three times as long as the others: an object of node:crypto for each message. */
export const nodeCipher: MessageCipher = { seal: sealWith, open: openWith }

function sealWith(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, plain: Uint8Array): Uint8Array {
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(associated, { plaintextLength: plain.length })
  const sealed = new Uint8Array(plain.length + TAG_BYTES) // the core must not see a Buffer, whose slices are no copies
  sealed.set(cipher.update(plain))
  cipher.final()
  sealed.set(cipher.getAuthTag(), plain.length)
  return sealed
}

function openWith(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, sealed: Uint8Array): Uint8Array | null {
  const plainEnd = sealed.length - TAG_BYTES
  if (plainEnd < 0) return null
  const decipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(associated, { plaintextLength: plainEnd })
  decipher.setAuthTag(sealed.subarray(plainEnd))
  const plain = decipher.update(sealed.subarray(0, plainEnd))
  try {
    decipher.final()
  } catch {
    return null
  }
  return new Uint8Array(plain)
}

/** Four zero bytes and the number, little-endian (Noise §12.3). */
function nonceOf(counter: number): Uint8Array {
  const nonce = Buffer.alloc(12)
  nonce.writeBigUInt64LE(BigInt(counter), 4)
  return nonce
}

/** One-shot, as in hmac.ts: an object of node:crypto for each sum was a seventh of a handshake, and as much again in garbage. */
function hash(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(oneShot('sha256', parts.length === 1 ? parts[0]! : Buffer.concat(parts), 'buffer'))
}

/** Written out as in Noise §4.3; hkdfSync says the same and takes half as long again. */
function derive(chainingKey: Uint8Array, input: Uint8Array, outputs: 2 | 3): readonly Uint8Array[] {
  const key = hmac(chainingKey, input)
  const made: Uint8Array[] = []
  let last: Uint8Array = new Uint8Array(0)
  for (let number = 1; number <= outputs; number++) {
    last = hmac(key, Buffer.concat([last, Uint8Array.of(number)]))
    made.push(last)
  }
  return made
}

function hmac(key: Uint8Array, message: Uint8Array): Uint8Array {
  return new Uint8Array(hmacOf(key, message, message.length)) // a copy, and no Buffer, whose slices are none
}
