import assert from 'node:assert/strict'
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { readFirst, writeSecond } from '../../src/protocol/handshake/noise.ts'
import { hex } from '../../src/protocol/hex.ts'
import type { AnswerHandshake, Crypto } from '../../src/protocol/ports.ts'
import { keylessKeyPair, keylessPublicKey } from '../../src/runtime/keyless.ts'
import {
  type DiallerOptions,
  type ListenerOptions,
  NO_PSK,
  noiseDialler,
  noiseListener,
  welcomeEverybody,
} from '../../src/runtime/noise-crypto.ts'
import { newX25519KeyPair, nodePrimitives, x25519KeyPairOf } from '../../src/runtime/noise-primitives.ts'
import { cryptoContract } from '../contracts/crypto.ts'
import { nobleKeyPairOf } from '../protocol/handshake/noble-primitives.ts'
import { LOW_ORDER_KEYS } from '../protocol/handshake/noise-pair.ts'
import { CONSUMER, consumerCrypto, PROVIDER, providerCrypto, RESET_KEY } from './noise-endpoints.ts'

const PROLOGUE = new Uint8Array(10).fill(1)
const INIT_HEADER = new Uint8Array(12).fill(2)
const RESP_HEADER = new Uint8Array(20).fill(3)
const ASK = new Uint8Array(60).fill(4)
const REPLY = new Uint8Array(40).fill(5)
const PSK = new Uint8Array(32).fill(6)

cryptoContract('noise', () => ({ dialler: providerCrypto(), listener: consumerCrypto() }))
cryptoContract('noise with a PSK', () => ({
  dialler: dialler({ psk: PSK }),
  listener: listener({ authorise: () => ({ psk: PSK }) }),
}))
cryptoContract('noise without keys', () => ({
  dialler: dialler({ identity: null, consumerKey: null }),
  listener: listener({ identity: null }),
}))

describe('noise, who is let in', () => {
  it('asks with the key of the dialler and what it says, once the dialler has shown that it holds the key', () => {
    const asked: string[][] = []
    const listening = listener({
      authorise(peerKey, payload) {
        asked.push([hex(peerKey), hex(payload)])
        return { psk: NO_PSK }
      },
    })
    const { init } = dialled(dialler())
    for (let at = 0; at < init.length; at++) answered(listening, changed(init, at))
    assert.deepEqual(asked, [], 'damaged ones ask for nobody')
    assert.ok(answered(listening, init) !== null)
    assert.deepEqual(asked, [[hex(PROVIDER.publicKey), hex(ASK)]])
  })

  it('answers nothing to a dialler that is not let in (H-18)', () => {
    const { init } = dialled(dialler())
    assert.equal(answered(listener({ authorise: () => null }), init), null)
  })

  it('does not finish with a listener that takes the dialler for somebody with another PSK, and then with the right one (H-13)', () => {
    const { handshake, init } = dialled(dialler({ psk: PSK }))
    const wrong = respTo(answered(listener({ authorise: welcomeEverybody }), init)!)
    assert.equal(handshake.readResp(RESP_HEADER, wrong), null)
    const right = respTo(answered(listener({ authorise: () => ({ psk: PSK }) }), init)!)
    assert.equal(hex(handshake.readResp(RESP_HEADER, right)!.payload), hex(REPLY))
  })

  it('does not answer a dialler that expects another consumer', () => {
    const { init } = dialled(dialler({ consumerKey: newX25519KeyPair().publicKey }))
    assert.equal(answered(consumerCrypto(), init), null)
  })

  it('answers one INIT again as often as it comes, each time with keys of its own', () => {
    const listening = consumerCrypto()
    const { handshake, init } = dialled(dialler())
    const [one, other] = [respTo(answered(listening, init)!), respTo(answered(listening, init)!)]
    assert.notEqual(hex(one), hex(other))
    for (const resp of [one, other]) assert.ok(handshake.readResp(RESP_HEADER, resp) !== null)
  })

  it('is misused when a dialler is asked, a listener dials, or a RESP is read before the INIT was written', () => {
    const { init } = dialled(dialler())
    assert.equal(answered(dialler(), init), null)
    assert.throws(() => listener().dial(PROLOGUE))
    assert.throws(() => dialler().dial(PROLOGUE).readResp(RESP_HEADER, new Uint8Array(64)))
  })

  it('is misused with a credential for a listener whose key everybody has (E-1)', () => {
    const credential = new Uint8Array(24)
    assert.throws(() => dialler({ identity: null, consumerKey: null, credential }), /holder of a key alone/)
    assert.equal(dialler({ credential }).credential, credential)
  })

  it('is misused with keys that are none', () => {
    for (const consumerKey of [...LOW_ORDER_KEYS, new Uint8Array(31)]) assert.throws(() => dialler({ consumerKey }))
    assert.throws(() => dialler({ psk: new Uint8Array(16) }))
    assert.throws(() => answered(listener({ authorise: () => ({ psk: new Uint8Array(0) }) }), dialled(dialler()).init))
    assert.throws(() => x25519KeyPairOf(new Uint8Array(31)))
  })
})

describe('the packets of noise', () => {
  it('are sealed by the dialler with the first key of Split, by the listener with the second (W-17)', () => {
    const { handshake, init } = dialled(dialler())
    const own = { primitives: nodePrimitives(), prologue: Buffer.concat([PROLOGUE, INIT_HEADER]), identity: CONSUMER }
    const { message, keys } = writeSecond(readFirst(own, init)!, { psk: NO_PSK, header: RESP_HEADER }, REPLY)
    const { sealer, opener } = handshake.readResp(RESP_HEADER, message)!.keys
    const header = new Uint8Array(19).fill(7)
    const counter = 0x01_0203
    const nonce = Uint8Array.of(0, 0, 0, 0, 3, 2, 1, 0, 0, 0, 0, 0)
    const packet = Buffer.concat([header, ASK, new Uint8Array(16)])
    sealer.seal(counter, packet, 0, header.length, header.length + ASK.length)
    const theirs = chacha20poly1305(keys.fromInitiator, nonce, header)
    assert.equal(hex(theirs.decrypt(packet.subarray(header.length))), hex(ASK))
    const back = Buffer.concat([header, chacha20poly1305(keys.fromResponder, nonce, header).encrypt(REPLY)])
    assert.ok(opener.open(counter, back, 0, header.length, back.length))
  })
})

describe('noise without keys', () => {
  it('uses the key pair that follows from its words', () => {
    const privateKey = sha256(new TextEncoder().encode('edgerq/1 keyless responder'))
    assert.equal(hex(nobleKeyPairOf(privateKey).publicKey), hex(keylessPublicKey()))
    assert.equal(hex(keylessKeyPair().publicKey), hex(keylessPublicKey()))
    const theirs = newX25519KeyPair()
    assert.deepEqual(keylessKeyPair().agree(theirs.publicKey), theirs.agree(keylessPublicKey()))
  })

  it('is not answered by a consumer that has a key (H-16)', () => {
    const { init } = dialled(dialler({ consumerKey: null }))
    assert.ok(answered(listener({ identity: null }), init) !== null)
    assert.equal(answered(consumerCrypto(), init), null)
  })

  it('does not show the identity of the dialler, which anybody could read (H-17)', () => {
    const { init } = dialled(dialler({ consumerKey: null }))
    assert.notEqual(shownKey(init), hex(PROVIDER.publicKey))
  })

  it('shows one key for all dials of one process, and another for another process', () => {
    const [one, other] = [dialler({ consumerKey: null }), dialler({ consumerKey: null })]
    const keys = [one, one, other].map((crypto) => shownKey(dialled(crypto).init))
    assert.equal(keys[0], keys[1])
    assert.notEqual(keys[0], keys[2])
  })
})

describe('mac1 and tokens of noise', () => {
  it('marks packets for one consumer so that no other takes them for its own', () => {
    const other = newX25519KeyPair()
    const marks = [dialler(), consumerCrypto(), dialler({ consumerKey: other.publicKey })].map(markOf)
    assert.equal(marks[0], marks[1])
    assert.notEqual(marks[0], marks[2])
  })

  it('is HMAC-SHA256 under the hash of a label and the consumer key, cut to 16 bytes (H-12)', () => {
    const consumer = x25519KeyPairOf(new Uint8Array(32).fill(1))
    assert.equal(markOf(listener({ identity: consumer })), '57fa918655f6d734d02334874176f91d')
  })

  it('makes other reset tokens with another key', () => {
    const id = new Uint8Array(8)
    const other = listener({ resetKey: new Uint8Array(32).fill(8) })
    assert.equal(hex(consumerCrypto().resetToken(id)), hex(dialler().resetToken(id)))
    assert.notEqual(hex(consumerCrypto().resetToken(id)), hex(other.resetToken(id)))
  })
})

function dialler(wish: Partial<DiallerOptions> = {}) {
  return noiseDialler({ identity: PROVIDER, consumerKey: CONSUMER.publicKey, resetKey: RESET_KEY, ...wish })
}

function listener(wish: Partial<ListenerOptions> = {}) {
  return noiseListener({ identity: CONSUMER, authorise: welcomeEverybody, resetKey: RESET_KEY, ...wish })
}

function dialled(crypto: Crypto) {
  const handshake = crypto.dial(PROLOGUE)
  const into = new Uint8Array(500)
  const end = handshake.writeInit(INIT_HEADER, ASK, into, 0)
  return { handshake, init: into.slice(0, end) }
}

function answered(crypto: Crypto, init: Uint8Array): AnswerHandshake | null {
  return crypto.answer(PROLOGUE, INIT_HEADER, init)
}

/** Whom a consumer without a key takes the sender for. */
function shownKey(init: Uint8Array): string {
  let shown = ''
  const authorise = (peerKey: Uint8Array) => {
    shown = hex(peerKey)
    return null
  }
  assert.equal(answered(listener({ identity: null, authorise }), init), null)
  return shown
}

function respTo(answer: AnswerHandshake): Uint8Array {
  const into = new Uint8Array(500)
  return into.slice(0, answer.writeResp(RESP_HEADER, REPLY, into, 0).end)
}

function markOf(crypto: Crypto): string {
  const mark = new Uint8Array(16)
  crypto.mac(new Uint8Array(100).fill(9), 80, mark, 0)
  return hex(mark)
}

function changed(original: Uint8Array, at: number): Uint8Array {
  const copy = original.slice()
  copy[at] = copy[at]! ^ 1
  return copy
}
