// The primitives of Noise out of @noble, which shares no line with node:crypto: what both say alike is probably right.

import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { x25519 } from '@noble/curves/ed25519.js'
import { expand, extract } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { KeyPair, NoisePrimitives } from '../../../src/protocol/handshake/noise-symmetric.ts'

export function noblePrimitives(newKeyPair: () => KeyPair): NoisePrimitives {
  return {
    newKeyPair,
    seal: (key, nonce, associated, plain) => chacha20poly1305(key, nonceOf(nonce), associated).encrypt(plain),
    open(key, nonce, associated, sealed) {
      try {
        return chacha20poly1305(key, nonceOf(nonce), associated).decrypt(sealed)
      } catch {
        return null
      }
    },
    hash: (...parts) => sha256(Buffer.concat(parts)),
    derive(chainingKey, input, outputs) {
      const whole = expand(sha256, extract(sha256, input, chainingKey), undefined, 32 * outputs)
      return Array.from({ length: outputs }, (_, index) => whole.slice(32 * index, 32 * (index + 1)))
    },
  }
}

export function nobleKeyPairOf(privateKey: Uint8Array): KeyPair {
  return {
    publicKey: x25519.getPublicKey(privateKey),
    agree(theirs) {
      try {
        return x25519.getSharedSecret(privateKey, theirs)
      } catch {
        return null
      }
    },
  }
}

function nonceOf(counter: number): Uint8Array {
  const nonce = new Uint8Array(12)
  new DataView(nonce.buffer).setBigUint64(4, BigInt(counter), true)
  return nonce
}
