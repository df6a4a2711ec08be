import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import {
  type Asked,
  type Heard,
  readFirst,
  readSecond,
  type TransportKeys,
  writeFirst,
  writeSecond,
} from '../../../src/protocol/handshake/noise.ts'
import {
  CipherState,
  type KeyPair,
  type NoisePrimitives,
  SymmetricState,
} from '../../../src/protocol/handshake/noise-symmetric.ts'
import { hex } from '../../../src/protocol/hex.ts'
import { nodePrimitives } from '../../../src/runtime/noise-primitives.ts'
import { bytesOf } from '../bytes.ts'
import { type Library, LOW_ORDER_KEYS, NOBLE, NODE } from './noise-pair.ts'

interface Vector {
  readonly origin: string
  readonly prologue: string
  readonly psk: string
  readonly initiatorStatic: string
  readonly initiatorEphemeral: string
  readonly responderStatic: string
  readonly responderEphemeral: string
  readonly handshakeHash: string | null
  readonly messages: readonly { readonly payload: string; readonly ciphertext: string }[]
}

const { vectors } = JSON.parse(readFileSync('test/fixtures/noise-vectors.json', 'utf8')) as { vectors: Vector[] }

const NOTHING = new Uint8Array(0)
const PROLOGUE = bytesOf('65 64 67 65')
const HEADER = bytesOf('02 01 00 00 11 22 33 44')
const ASK = bytesOf('61 73 6b 21')
const REPLY = bytesOf('72 65 70 6c 79')
const PSK = new Uint8Array(32).fill(9)
const SECRETS = { psk: PSK, header: HEADER }

describe('Noise_IKpsk2_25519_ChaChaPoly_SHA256', () => {
  for (const library of [NODE, NOBLE]) {
    for (const [index, vector] of vectors.entries()) {
      it(`says what the published vector ${index} (${vector.origin}) says, with ${library.name}`, () => {
        checkVector(vector, library)
      })
    }
  }

  it('comes to the same bytes and keys with node:crypto and with @noble, whoever is on which side', () => {
    const key = fc.uint8Array({ minLength: 32, maxLength: 32 })
    const said = fc.uint8Array({ maxLength: 300 })
    fc.assert(
      fc.property(fc.tuple(key, key, key, key, key), fc.tuple(said, said, said, said), (keys, words) => {
        const node = talk(keys, words, NODE, NOBLE)
        const noble = talk(keys, words, NOBLE, NODE)
        assert.deepEqual(node, noble)
      }),
      { numRuns: 20 },
    )
  })

  it('tells the responder who the initiator is', () => {
    const { heard, initiator } = pair()
    assert.equal(hex(heard.peerKey), hex(initiator.publicKey))
  })

  it('draws a new ephemeral key for each message, so that no key seals two payloads', () => {
    const { primitives, initiator, responder, heard } = pair()
    const own = { primitives, prologue: PROLOGUE, identity: initiator }
    const [one, other] = [writeFirst(own, responder.publicKey, ASK), writeFirst(own, responder.publicKey, REPLY)]
    assert.notEqual(hex(one.message.subarray(0, 80)), hex(other.message.subarray(0, 80)))
    const [answer, another] = [writeSecond(heard, SECRETS, REPLY), writeSecond(heard, SECRETS, ASK)]
    assert.notEqual(hex(answer.message.subarray(0, 32)), hex(another.message.subarray(0, 32)))
    assert.notEqual(hex(answer.keys.fromInitiator), hex(another.keys.fromInitiator))
  })

  it('has another key for each direction', () => {
    const { answer } = pair()
    assert.notEqual(hex(answer.keys.fromInitiator), hex(answer.keys.fromResponder))
  })
})

describe('Noise, under attack', () => {
  it('refuses a first message of which any byte was changed, and reads the genuine one afterwards', () => {
    const { first, atResponder, heard } = pair()
    for (const changed of changesOf(first.message)) assert.equal(readFirst(atResponder, changed), null)
    for (const prologue of changesOf(PROLOGUE)) {
      assert.equal(readFirst({ ...atResponder, prologue }, first.message), null)
    }
    assert.deepEqual(hex(readFirst(atResponder, first.message)!.payload), hex(heard.payload))
  })

  it('refuses a second message of which any byte was changed, its header too, and finishes with the genuine one', () => {
    const { first, answer } = pair()
    for (const changed of changesOf(answer.message)) assert.equal(readSecond(first.asked, SECRETS, changed), null)
    for (const header of [...changesOf(HEADER), NOTHING]) {
      assert.equal(readSecond(first.asked, { psk: PSK, header }, answer.message), null)
    }
    assertFinishes(first.asked, answer)
  })

  it('refuses messages cut short at any byte, or with one too many', () => {
    const { first, answer, atResponder } = pair()
    for (const message of cutsOf(first.message)) assert.equal(readFirst(atResponder, message), null)
    for (const message of cutsOf(answer.message)) assert.equal(readSecond(first.asked, SECRETS, message), null)
    assertFinishes(first.asked, answer)
  })

  it('is answered by nobody but the responder whose key the initiator knew', () => {
    const { first, primitives, initiator } = pair()
    const stranger = primitives.newKeyPair()
    for (const identity of [stranger, initiator]) {
      assert.equal(readFirst({ primitives, prologue: PROLOGUE, identity }, first.message), null)
    }
  })

  it('refuses a responder that has another PSK, and finishes with the one that has the right one', () => {
    const { first, heard, answer } = pair()
    for (const psk of changesOf(PSK)) {
      const wrong = writeSecond(heard, { psk, header: HEADER }, REPLY)
      assert.equal(readSecond(first.asked, SECRETS, wrong.message), null)
    }
    assertFinishes(first.asked, answer)
  })

  it('refuses the answer to another question of the same two', () => {
    const [mine, other] = [pair(), pair()]
    assert.equal(readSecond(mine.first.asked, SECRETS, other.answer.message), null)
    assertFinishes(mine.first.asked, mine.answer)
  })

  it('reads a message again as it did the first time: a replay finds nothing changed', () => {
    const { first, atResponder, answer } = pair()
    assert.deepEqual(seen(readFirst(atResponder, first.message)!), seen(readFirst(atResponder, first.message)!))
    assertFinishes(first.asked, answer)
    assertFinishes(first.asked, answer)
  })

  it('ends silently on a key of low order, as an ephemeral and as a static key', () => {
    const { first, answer, atResponder, primitives, responder } = pair()
    for (const key of LOW_ORDER_KEYS) {
      assert.equal(readFirst(atResponder, withEphemeral(first.message, key)), null)
      assert.equal(readSecond(first.asked, SECRETS, withEphemeral(answer.message, key)), null)
      // Whoever claims such a key knows what everybody would agree on with it, so it may stand for nobody.
      const nobody: KeyPair = { publicKey: key, agree: () => new Uint8Array(32) }
      const claim = writeFirst({ primitives, prologue: PROLOGUE, identity: nobody }, responder.publicKey, ASK)
      assert.equal(readFirst(atResponder, claim.message), null)
    }
    assertFinishes(first.asked, answer)
  })

  it('refuses an ephemeral key of low order whose secret the attacker foresees', () => {
    for (const key of LOW_ORDER_KEYS) {
      const foreseen = { publicKey: key, agree: () => new Uint8Array(32) }
      const { atResponder, responder, initiator, primitives, first } = pair()
      const forging: NoisePrimitives = { ...primitives, newKeyPair: () => foreseen }
      const forged = writeFirst(
        { primitives: forging, prologue: PROLOGUE, identity: initiator },
        responder.publicKey,
        ASK,
      )
      assert.equal(readFirst(atResponder, forged.message), null)
      const heard = { ...readFirst(atResponder, first.message)!, primitives: forging }
      const knowing = { ...heard, peerKey: initiator.publicKey }
      assert.equal(readSecond(first.asked, SECRETS, writeSecond(knowing, SECRETS, REPLY).message), null)
    }
  })

  it('is misused with a responder key of low order, which only a configuration can bring', () => {
    const { primitives, initiator } = pair()
    for (const key of LOW_ORDER_KEYS) {
      assert.throws(() => writeFirst({ primitives, prologue: PROLOGUE, identity: initiator }, key, ASK))
    }
  })

  it('agrees with node:crypto as with @noble on which keys are of low order, or no keys', () => {
    for (const library of [NODE, NOBLE]) {
      const mine = library.keyPairOf(new Uint8Array(32).fill(5))
      const unusable = [...LOW_ORDER_KEYS, NOTHING, new Uint8Array(31).fill(9), new Uint8Array(33).fill(9)]
      for (const key of unusable) assert.equal(mine.agree(key), null, `${hex(key)} with ${library.name}`)
    }
  })
})

describe('CipherState', () => {
  const primitives = NODE.primitives()
  const key = new Uint8Array(32).fill(1)

  it('does not use up a number for a message that fails: the genuine one opens afterwards', () => {
    const [ours, theirs] = [new CipherState(primitives, key), new CipherState(primitives, key)]
    const sealed = ours.seal(HEADER, ASK)
    for (const changed of changesOf(sealed)) assert.equal(theirs.open(HEADER, changed), null)
    assert.equal(hex(theirs.open(HEADER, sealed)!), hex(ASK))
    assert.equal(theirs.open(HEADER, sealed), null, 'not twice')
  })

  it('counts through 2^32 without coming back to where it began', () => {
    const before = new CipherState(primitives, key, 2 ** 32 - 1)
    const sealed = [before.seal(HEADER, ASK), before.seal(HEADER, ASK)].map(hex)
    assert.equal(sealed[1], hex(new CipherState(primitives, key, 2 ** 32).seal(HEADER, ASK)))
    assert.notEqual(sealed[1], hex(new CipherState(primitives, key, 0).seal(HEADER, ASK)))
  })

  it('refuses to go on where a double stops counting, both ways', () => {
    const last = new CipherState(primitives, key, Number.MAX_SAFE_INTEGER - 1)
    const sealed = last.seal(HEADER, ASK)
    assert.throws(() => last.seal(HEADER, ASK))
    const reader = new CipherState(primitives, key, Number.MAX_SAFE_INTEGER - 1)
    assert.equal(hex(reader.open(HEADER, sealed)!), hex(ASK))
    assert.throws(() => reader.seal(HEADER, ASK))
  })
})

describe('SymmetricState', () => {
  it('goes on by itself once it was copied, its count of messages too', () => {
    const state = SymmetricState.begin(NODE.primitives(), new Uint8Array(40))
    state.mixKey(PSK)
    const copy = state.copy()
    const copied = [copy.encryptAndHash(ASK), copy.encryptAndHash(REPLY)].map(hex)
    copy.mixKeyAndHash(PSK)
    assert.deepEqual([state.encryptAndHash(ASK), state.encryptAndHash(REPLY)].map(hex), copied)
  })
})

function checkVector(vector: Vector, library: Library): void {
  const prologue = bytesOf(vector.prologue)
  const initiator = library.keyPairOf(bytesOf(vector.initiatorStatic))
  const responder = library.keyPairOf(bytesOf(vector.responderStatic))
  const secrets = { psk: bytesOf(vector.psk), header: NOTHING }
  const atInitiator = { primitives: library.primitives(bytesOf(vector.initiatorEphemeral)), prologue }
  const atResponder = { primitives: library.primitives(bytesOf(vector.responderEphemeral)), prologue }
  const [one, two, ...transport] = vector.messages

  const first = writeFirst({ ...atInitiator, identity: initiator }, responder.publicKey, bytesOf(one!.payload))
  assert.equal(hex(first.message), one!.ciphertext)
  const heard = readFirst({ ...atResponder, identity: responder }, first.message)!
  assert.equal(hex(heard.payload), one!.payload)
  const second = writeSecond(heard, secrets, bytesOf(two!.payload))
  assert.equal(hex(second.message), two!.ciphertext)
  const read = readSecond(first.asked, secrets, second.message)!
  assert.equal(hex(read.payload), two!.payload)
  assert.deepEqual(read.keys, second.keys)
  if (vector.handshakeHash !== null) assert.equal(hex(read.keys.handshakeHash), vector.handshakeHash)

  const senders = [read.keys.fromInitiator, read.keys.fromResponder].map(
    (k) => new CipherState(atInitiator.primitives, k),
  )
  const readers = senders.map((sender) => sender.copy())
  for (const [index, { payload, ciphertext }] of transport.entries()) {
    assert.equal(hex(senders[index % 2]!.seal(NOTHING, bytesOf(payload))), ciphertext, `transport message ${index}`)
    assert.equal(hex(readers[index % 2]!.open(NOTHING, bytesOf(ciphertext))!), payload)
  }
}

/** A whole handshake between two libraries; everything that was said, and the keys. */
function talk(
  keys: readonly Uint8Array[],
  words: readonly Uint8Array[],
  initiating: Library,
  responding: Library,
): readonly string[] {
  const [initiatorStatic, responderStatic, initiatorEphemeral, responderEphemeral, psk] = keys
  const [prologue, header, ask, reply] = words
  const responder = responding.keyPairOf(responderStatic!)
  const atInitiator = {
    primitives: initiating.primitives(initiatorEphemeral!),
    prologue: prologue!,
    identity: initiating.keyPairOf(initiatorStatic!),
  }
  const atResponder = {
    primitives: responding.primitives(responderEphemeral!),
    prologue: prologue!,
    identity: responder,
  }
  const secrets = { psk: psk!, header: header! }
  const first = writeFirst(atInitiator, responder.publicKey, ask!)
  const heard = readFirst(atResponder, first.message)!
  const second = writeSecond(heard, secrets, reply!)
  const read = readSecond(first.asked, secrets, second.message)!
  assert.deepEqual([hex(heard.payload), hex(read.payload)], [hex(ask!), hex(reply!)])
  assert.deepEqual(keysOf(read.keys), keysOf(second.keys))
  return [hex(first.message), hex(second.message), ...keysOf(read.keys)]
}

function keysOf({ fromInitiator, fromResponder, handshakeHash }: TransportKeys): string[] {
  return [fromInitiator, fromResponder, handshakeHash].map(hex)
}

/** Two that know each other, after both messages. */
function pair() {
  const primitives = nodePrimitives(nextKeyPair)
  const [initiator, responder] = [INITIATOR, RESPONDER]
  const first = writeFirst({ primitives, prologue: PROLOGUE, identity: initiator }, responder.publicKey, ASK)
  const atResponder = { primitives, prologue: PROLOGUE, identity: responder }
  const heard = readFirst(atResponder, first.message)!
  const answer = writeSecond(heard, SECRETS, REPLY)
  return { primitives, initiator, responder, first, atResponder, heard, answer }
}

const INITIATOR = NODE.keyPairOf(new Uint8Array(32).fill(201))
const RESPONDER = NODE.keyPairOf(new Uint8Array(32).fill(202))

/** No two handshakes of a run have an ephemeral key in common, and each run has the same ones. */
function nextKeyPair(): KeyPair {
  const privateKey = new Uint8Array(32)
  new DataView(privateKey.buffer).setUint32(4, ++drawnKeys)
  return NODE.keyPairOf(privateKey)
}

let drawnKeys = 0

function seen({ peerKey, peerEphemeral, payload, state }: Heard): readonly string[] {
  return [peerKey, peerEphemeral, payload, state.handshakeHash].map(hex)
}

function assertFinishes(asked: Asked, answer: { message: Uint8Array; keys: TransportKeys }): void {
  const read = readSecond(asked, SECRETS, answer.message)
  assert.equal(hex(read!.payload), hex(REPLY))
  assert.deepEqual(keysOf(read!.keys), keysOf(answer.keys))
}

function withEphemeral(message: Uint8Array, key: Uint8Array): Uint8Array {
  const changed = message.slice()
  changed.set(key)
  return changed
}

/** One bit at either end of each byte, and all of it. */
function* changesOf(original: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < original.length; at++) {
    for (const change of [0x01, 0x80, 0xff]) {
      const changed = original.slice()
      changed[at] = changed[at]! ^ change
      yield changed
    }
  }
}

function* cutsOf(original: Uint8Array): Generator<Uint8Array> {
  for (let end = 0; end < original.length; end++) yield original.slice(0, end)
  yield Uint8Array.from([...original, 0])
}
