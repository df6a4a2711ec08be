// Two sides of Noise whose every key is known beforehand, so that a handshake can be had twice.

import type { KeyPair, NoisePrimitives } from '../../../src/protocol/handshake/noise-symmetric.ts'
import { nodePrimitives, x25519KeyPairOf } from '../../../src/runtime/noise-primitives.ts'
import { nobleKeyPairOf, noblePrimitives } from './noble-primitives.ts'

/** One library's way to make primitives and keys. */
export interface Library {
  readonly name: string
  /** The keys of the moment are these private ones, in turn. */
  primitives(...ephemerals: readonly Uint8Array[]): NoisePrimitives
  keyPairOf(privateKey: Uint8Array): KeyPair
}

export const NODE: Library = {
  name: 'node:crypto',
  primitives: (...ephemerals) => nodePrimitives(inTurn(ephemerals, x25519KeyPairOf)),
  keyPairOf: x25519KeyPairOf,
}

export const NOBLE: Library = {
  name: '@noble',
  primitives: (...ephemerals) => noblePrimitives(inTurn(ephemerals, nobleKeyPairOf)),
  keyPairOf: nobleKeyPairOf,
}

function inTurn(privateKeys: readonly Uint8Array[], keyPairOf: (privateKey: Uint8Array) => KeyPair): () => KeyPair {
  let next = 0
  return () => {
    const privateKey = privateKeys[next++]
    if (privateKey === undefined) throw new Error('the test has no more ephemeral keys')
    return keyPairOf(privateKey)
  }
}

/** The public keys on curve and twist with which every agreement gives zeros, as RFC 7748 encodes them (little-endian). */
export const LOW_ORDER_KEYS: readonly Uint8Array[] = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].map((key) => new Uint8Array(Buffer.from(key, 'hex')))
