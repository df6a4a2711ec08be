// The key of consumers that have none. Anybody can read it here, so it shows nobody that a consumer is the right one, and whoever
// records a first message can read it. What follows is as well hidden as ever: the keys of a session come from two keys of the moment
// that no one else holds. Whoever stands in the line and takes the consumer's place is not kept out.

import type { KeyPair } from '../protocol/index.ts'
import { x25519KeyPairOf } from './noise-primitives.ts'

/** SHA-256 of "edgerq/1 keyless responder", clamped as in RFC 7748 §5: made from words, so that nothing can be hidden in it. */
const PRIVATE_KEY = '08dce482a1c328fc2cbe978d6d77ee9cc1b9b16d2433ba5bb0099b0bb1954d70'
const PUBLIC_KEY = 'e291d7a7d29fde240868bc2dd103159ec381912d049b909dcb721e0fcf748652'

/** What a dialler expects of a consumer without a key. */
export function keylessPublicKey(): Uint8Array {
  return new Uint8Array(Buffer.from(PUBLIC_KEY, 'hex'))
}

/** What such a consumer answers with. */
export function keylessKeyPair(): KeyPair {
  return x25519KeyPairOf(Buffer.from(PRIVATE_KEY, 'hex'))
}
