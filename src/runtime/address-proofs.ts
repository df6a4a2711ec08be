// How somebody shows that an address is theirs, with secrets: HMAC-SHA256 for what only we have to check, ChaCha20-Poly1305 for what
// is to be read.
//
//   key of COOKIEs   SHA-256("edgerq/1 cookie" ‖ the listener's public key): no secret, but strangers who guess have not got it
//   our own secrets  HMAC under the key that also makes the tokens of RESET; their labels are never 8 bytes long, as connection ids are

import { createHash, createHmac } from 'node:crypto'
import type { AddressProofs } from '../protocol/index.ts'
import { hmacOf } from './hmac.ts'
import type { Sealing } from './sealing.ts'

const COOKIE_LABEL = 'edgerq/1 cookie'
const MAC_BYTES = 16

export function addressProofs(listenerKey: Uint8Array, resetKey: Uint8Array, sealing: Sealing): AddressProofs {
  return {
    cookieKey: createHash('sha256').update(COOKIE_LABEL).update(listenerKey).digest(),
    secretFor: (label) => createHmac('sha256', resetKey).update(label).digest(),
    macWith(key, packet, end, into, at) {
      into.set(hmacOf(key, packet, end).subarray(0, MAC_BYTES), at)
    },
    seal: sealing.seal,
    open: sealing.open,
  }
}
