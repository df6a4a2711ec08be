// A Crypto that hides and proves nothing: what is sealed lies open and every tag is right, so that inputs get to what stands behind it.

import type { AnswerHandshake, Crypto, DialHandshake, Renewal, SessionKeys } from '../../src/protocol/ports.ts'
import { TAG_BYTES } from '../../src/protocol/ports.ts'

const EPHEMERAL_BYTES = 32
const STATIC_BYTES = 32 + TAG_BYTES
const NOBODY = new Uint8Array(32)

const RENEWAL: Renewal = { prevails: true, dial, answer: (_prologue, _header, body) => answer(body) }

const KEYS: SessionKeys = {
  sealer: {
    seal: (_counter, buffer, _start, _headerEnd, plainEnd) => void buffer.fill(0, plainEnd, plainEnd + TAG_BYTES),
  },
  opener: { open: (_counter, _buffer, _start, headerEnd, sealedEnd) => sealedEnd - headerEnd >= TAG_BYTES },
  renewal: RENEWAL,
}

export const openCrypto: Crypto = {
  dial,
  answer: (_prologue, _header, body) => answer(body),
  cookieKey: NOBODY,
  secretFor: () => NOBODY,
  macWith: (_key, _packet, _end, into, at) => void into.fill(0, at, at + TAG_BYTES),
  seal(_key, _nonce, _associated, plain) {
    const sealed = new Uint8Array(plain.length + TAG_BYTES)
    sealed.set(plain)
    return sealed
  },
  open: (_key, _nonce, _associated, sealed) => payloadOf(sealed, 0),
  mac: (_packet, _end, into, at) => void into.fill(0, at, at + TAG_BYTES),
  resetToken(connectionId) {
    const token = new Uint8Array(TAG_BYTES)
    token.set(connectionId)
    return token
  },
  equal: (a, b) => a.length === b.length && a.every((byte, at) => byte === b[at]),
}

function dial(): DialHandshake {
  return {
    writeInit: (_header, payload, into, at) => write(payload, into, at + EPHEMERAL_BYTES + STATIC_BYTES),
    readResp: (_header, body) => {
      const payload = payloadOf(body, EPHEMERAL_BYTES)
      return payload && { payload, keys: KEYS, peerKey: NOBODY }
    },
  }
}

function answer(body: Uint8Array): AnswerHandshake | null {
  const payload = payloadOf(body, EPHEMERAL_BYTES + STATIC_BYTES)
  if (payload === null) return null
  return {
    payload,
    peerKey: NOBODY,
    writeResp: (_head, said, into, at) => ({ end: write(said, into, at + EPHEMERAL_BYTES), keys: KEYS }),
  }
}

function write(payload: Uint8Array, into: Uint8Array, at: number): number {
  into.set(payload, at)
  return at + payload.length + TAG_BYTES
}

function payloadOf(body: Uint8Array, at: number): Uint8Array | null {
  return body.length < at + TAG_BYTES ? null : body.subarray(at, body.length - TAG_BYTES)
}
