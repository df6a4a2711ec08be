// The state that both sides of a Noise handshake keep alike, step by step (Noise Protocol Framework, revision 34, §5.1 and §5.2), over
// primitives that are handed in: this file knows which step follows which, and no cipher, hash or curve.

/** One side's key pair. The private half stays with whoever made it: all that anybody ever does with it is to agree on a secret. */
export interface KeyPair {
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  /** X25519 with the other side's public key, 32 bytes. Null: no key, or one of low order that makes the secret known to all (RFC 7748 §6.1). */
  agree(theirs: Uint8Array): Uint8Array | null
}

/** What a handshake is made of (Noise §4); `25519_ChaChaPoly_SHA256` as far as this code knows, which never looks inside. */
export interface NoisePrimitives {
  newKeyPair(): KeyPair
  /** Returns the ciphertext with the tag behind it. */
  seal(key: Uint8Array, nonce: number, associated: Uint8Array, plain: Uint8Array): Uint8Array
  /** Null: not what was sealed. */
  open(key: Uint8Array, nonce: number, associated: Uint8Array, sealed: Uint8Array): Uint8Array | null
  hash(...parts: readonly Uint8Array[]): Uint8Array
  /** HKDF of Noise §4.3: two or three outputs of 32 bytes. */
  derive(chainingKey: Uint8Array, input: Uint8Array, outputs: 2 | 3): readonly Uint8Array[]
}

/** Of X25519 keys and secrets, of hashes and of cipher keys. */
export const KEY_BYTES = 32

const NOTHING = new Uint8Array(0)

/** A key and the number of its next message (Noise §5.1). */
export class CipherState {
  readonly #primitives: NoisePrimitives
  readonly #key: Uint8Array
  #nonce: number

  constructor(primitives: NoisePrimitives, key: Uint8Array, nonce = 0) {
    this.#primitives = primitives
    this.#key = key
    this.#nonce = nonce
  }

  copy(): CipherState {
    return new CipherState(this.#primitives, this.#key, this.#nonce)
  }

  seal(associated: Uint8Array, plain: Uint8Array): Uint8Array {
    return this.#primitives.seal(this.#key, this.#spendNonce(), associated, plain)
  }

  /** A message that fails does not use up a number: the genuine one has the same. */
  open(associated: Uint8Array, sealed: Uint8Array): Uint8Array | null {
    const plain = this.#primitives.open(this.#key, this.#nonce, associated, sealed)
    if (plain !== null) this.#spendNonce()
    return plain
  }

  /** Noise allows 2⁶⁴−1 of them; a double counts exactly to 2⁵³−1. One number twice under one key gives both messages away. */
  #spendNonce(): number {
    if (this.#nonce >= Number.MAX_SAFE_INTEGER) throw new Error('a key was used for too many messages')
    return this.#nonce++
  }
}

/** Everything said so far as one hash, everything agreed so far as one key (Noise §5.2). */
export class SymmetricState {
  readonly #primitives: NoisePrimitives
  #hash: Uint8Array
  #chainingKey: Uint8Array
  /** Null until the first agreement. The pattern that we speak encrypts nothing before it, so there is no sealing without a key. */
  #cipher: CipherState | null = null

  private constructor(primitives: NoisePrimitives, hash: Uint8Array, chainingKey: Uint8Array) {
    this.#primitives = primitives
    this.#hash = hash
    this.#chainingKey = chainingKey
  }

  /** `protocolName` is longer than a hash, as ours is; a shorter one would have to be filled up with zeros instead. */
  static begin(primitives: NoisePrimitives, protocolName: Uint8Array): SymmetricState {
    const hash = primitives.hash(protocolName)
    return new SymmetricState(primitives, hash, hash)
  }

  /** What a step changes is never changed in place: the copies share their bytes. */
  copy(): SymmetricState {
    const copy = new SymmetricState(this.#primitives, this.#hash, this.#chainingKey)
    copy.#cipher = this.#cipher?.copy() ?? null
    return copy
  }

  /** Both sides have the same one exactly if both have said and heard the same. */
  get handshakeHash(): Uint8Array {
    return this.#hash
  }

  mixHash(said: Uint8Array): void {
    this.#hash = this.#primitives.hash(this.#hash, said)
  }

  mixKey(secret: Uint8Array): void {
    const [chainingKey, key] = this.#primitives.derive(this.#chainingKey, secret, 2)
    this.#chainingKey = chainingKey!
    this.#cipher = new CipherState(this.#primitives, key!)
  }

  /** For secrets that were shared beforehand (Noise §9.1). */
  mixKeyAndHash(secret: Uint8Array): void {
    const [chainingKey, said, key] = this.#primitives.derive(this.#chainingKey, secret, 3)
    this.#chainingKey = chainingKey!
    this.mixHash(said!)
    this.#cipher = new CipherState(this.#primitives, key!)
  }

  encryptAndHash(plain: Uint8Array): Uint8Array {
    const sealed = this.#cipher!.seal(this.#hash, plain)
    this.mixHash(sealed)
    return sealed
  }

  /** Null: neither side's words; the state is not changed. */
  decryptAndHash(sealed: Uint8Array): Uint8Array | null {
    const plain = this.#cipher!.open(this.#hash, sealed)
    if (plain !== null) this.mixHash(sealed)
    return plain
  }

  /** The keys of the two directions, the initiator's first. */
  split(): readonly [Uint8Array, Uint8Array] {
    const [fromInitiator, fromResponder] = this.#primitives.derive(this.#chainingKey, NOTHING, 2)
    return [fromInitiator!, fromResponder!]
  }
}
