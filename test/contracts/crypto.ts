// What every implementation of the Crypto port must do, whether it hides anything or not.

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type Crypto, NONCE_BYTES, type SessionKeys, TAG_BYTES } from '../../src/protocol/ports.ts'

/** Two sides that trust each other. Called for each test. */
export interface CryptoPair {
  readonly dialler: Crypto
  readonly listener: Crypto
}

const PROLOGUE = bytes(24, 9)
const OTHER_PROLOGUE = bytes(38, 9)
const INIT_HEADER = bytes(12, 1)
const RESP_HEADER = bytes(20, 2)
const ASK = bytes(60, 3)
const REPLY = bytes(40, 4)
const EPHEMERAL_BYTES = 32
const STATIC_BYTES = 48
/** Changes one bit at either end of a byte, and all of them. */
const CHANGES = [0x01, 0x80, 0xff]

export function cryptoContract(name: string, openPair: () => CryptoPair): void {
  describe(`the crypto contract: ${name}`, () => {
    const dial = (pair: CryptoPair) => {
      const handshake = pair.dialler.dial(PROLOGUE)
      const init = written((into, at) => handshake.writeInit(INIT_HEADER, ASK, into, at))
      return { handshake, init }
    }
    const answer = (pair: CryptoPair, init: Uint8Array) => {
      const answered = pair.listener.answer(PROLOGUE, INIT_HEADER, init)
      assert.ok(answered !== null)
      let keys: SessionKeys | undefined
      const resp = written((into, at) => {
        const result = answered.writeResp(RESP_HEADER, REPLY, into, at)
        keys = result.keys
        return result.end
      })
      return { payload: answered.payload, resp, keys: keys! }
    }
    const session = (pair: CryptoPair) => {
      const { handshake, init } = dial(pair)
      const { resp, keys } = answer(pair, init)
      const finished = handshake.readResp(RESP_HEADER, resp)
      assert.ok(finished !== null)
      return { dialler: finished.keys, listener: keys }
    }

    it('carries one payload each way and says how long its messages are', () => {
      const pair = openPair()
      const { handshake, init } = dial(pair)
      assert.equal(init.length, EPHEMERAL_BYTES + STATIC_BYTES + ASK.length + TAG_BYTES)
      const { payload, resp } = answer(pair, init)
      assert.equal(hex(payload), hex(ASK))
      assert.equal(resp.length, EPHEMERAL_BYTES + REPLY.length + TAG_BYTES)
      assert.equal(hex(handshake.readResp(RESP_HEADER, resp)!.payload), hex(REPLY))
    })

    it('gives payloads that outlive the datagram they came in', () => {
      const pair = openPair()
      const { handshake, init } = dial(pair)
      const { payload, resp } = answer(pair, init)
      const reply = handshake.readResp(RESP_HEADER, resp)!.payload
      init.fill(0xff)
      resp.fill(0xff)
      assert.deepEqual([hex(payload), hex(reply)], [hex(ASK), hex(REPLY)])
    })

    it('carries empty payloads', () => {
      const pair = openPair()
      const handshake = pair.dialler.dial(PROLOGUE)
      const init = written((into, at) => handshake.writeInit(INIT_HEADER, new Uint8Array(0), into, at))
      assert.equal(pair.listener.answer(PROLOGUE, INIT_HEADER, init)?.payload.length, 0)
    })

    it('refuses an INIT of which any byte was changed, header or body', () => {
      const pair = openPair()
      const { init } = dial(pair)
      for (const changed of changesOf(init)) assert.equal(pair.listener.answer(PROLOGUE, INIT_HEADER, changed), null)
      for (const changed of changesOf(INIT_HEADER)) assert.equal(pair.listener.answer(PROLOGUE, changed, init), null)
      for (const changed of changesOf(PROLOGUE)) assert.equal(pair.listener.answer(changed, INIT_HEADER, init), null)
    })

    it('refuses an INIT cut short or made longer', () => {
      const pair = openPair()
      const { init } = dial(pair)
      for (let end = 0; end < init.length; end++) {
        assert.equal(pair.listener.answer(PROLOGUE, INIT_HEADER, init.slice(0, end)), null, `${end} bytes`)
      }
      assert.equal(pair.listener.answer(PROLOGUE, INIT_HEADER, Uint8Array.from([...init, 0])), null)
    })

    it('refuses a RESP of which any byte was changed, and can still finish with the true one', () => {
      const pair = openPair()
      const { handshake, init } = dial(pair)
      const { resp, keys } = answer(pair, init)
      for (const changed of changesOf(resp)) assert.equal(handshake.readResp(RESP_HEADER, changed), null)
      for (const changed of changesOf(RESP_HEADER)) assert.equal(handshake.readResp(changed, resp), null)
      for (let end = 0; end < resp.length; end++) {
        assert.equal(handshake.readResp(RESP_HEADER, resp.slice(0, end)), null, `${end} bytes`)
      }
      const finished = handshake.readResp(RESP_HEADER, resp)
      assert.ok(finished !== null)
      const packet = sealed(finished.keys, 0, bytes(12, 5), bytes(50, 6))
      assert.ok(keys.opener.open(0, packet, 0, 12, packet.length))
    })

    it('refuses the RESP to another INIT, and can still finish with its own', () => {
      const pair = openPair()
      const mine = dial(pair)
      const other = dial(pair)
      assert.equal(mine.handshake.readResp(RESP_HEADER, answer(pair, other.init).resp), null)
      assert.ok(mine.handshake.readResp(RESP_HEADER, answer(pair, mine.init).resp) !== null)
    })

    it('answers strangers with null, whatever they send', () => {
      const pair = openPair()
      const { handshake } = dial(pair)
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 30 }), (body, header) => {
          assert.equal(pair.listener.answer(PROLOGUE, header, body), null)
          assert.equal(handshake.readResp(header, body), null)
        }),
      )
    })

    it('opens on the other side what was sealed on this one, wherever it stands in its buffer', () => {
      const { dialler, listener } = session(openPair())
      const counter = fc.oneof(fc.nat(1_000), fc.integer({ min: 2 ** 32, max: 2 ** 53 - 1 }))
      fc.assert(
        fc.property(
          fc.uint8Array({ minLength: 1, maxLength: 40 }),
          fc.uint8Array({ maxLength: 2_000 }),
          fc.nat(100),
          counter,
          (header, plain, start, packetNumber) => {
            for (const [from, to] of [
              [dialler, listener],
              [listener, dialler],
            ] as const) {
              const buffer = new Uint8Array(start + header.length + plain.length + TAG_BYTES + 10).fill(0xaa)
              const headerEnd = start + header.length
              const plainEnd = headerEnd + plain.length
              buffer.set(header, start)
              buffer.set(plain, headerEnd)
              from.sealer.seal(packetNumber, buffer, start, headerEnd, plainEnd)
              assert.ok(to.opener.open(packetNumber, buffer, start, headerEnd, plainEnd + TAG_BYTES))
              assert.equal(hex(buffer.subarray(start, headerEnd)), hex(header))
              assert.equal(hex(buffer.subarray(headerEnd, plainEnd)), hex(plain))
              const outside = [...buffer.subarray(0, start), ...buffer.subarray(plainEnd + TAG_BYTES)]
              assert.ok(
                outside.every((byte) => byte === 0xaa),
                'bytes beside the packet were written',
              )
            }
          },
        ),
      )
    })

    it('refuses a packet of which any byte was changed', () => {
      const { dialler, listener } = session(openPair())
      for (const plainBytes of [0, 1, 29, 200]) {
        const packet = sealed(dialler, 7, bytes(19, 5), bytes(plainBytes, 6))
        for (const changed of changesOf(packet)) {
          assert.equal(listener.opener.open(7, changed, 0, 19, changed.length), false)
        }
        assert.equal(listener.opener.open(7, packet, 0, 19, packet.length), true)
      }
    })

    it('refuses a packet under another number', () => {
      const { dialler, listener } = session(openPair())
      for (const other of [6, 8, 0, 7 + 2 ** 32, 7 + 2 ** 40]) {
        const packet = sealed(dialler, 7, bytes(19, 5), bytes(80, 6))
        assert.equal(listener.opener.open(other, packet, 0, 19, packet.length), false, `as ${other}`)
      }
    })

    it('refuses a packet that is shorter than its tag', () => {
      const { listener } = session(openPair())
      for (let sealedBytes = 0; sealedBytes < TAG_BYTES; sealedBytes++) {
        assert.equal(listener.opener.open(0, bytes(64, 1), 0, 19, 19 + sealedBytes), false)
      }
    })

    it('refuses a packet that comes back to its sender', () => {
      const { dialler } = session(openPair())
      const packet = sealed(dialler, 0, bytes(19, 5), bytes(80, 6))
      assert.equal(dialler.opener.open(0, packet, 0, 19, packet.length), false)
    })

    it('refuses a packet of another session', () => {
      const pair = openPair()
      const [one, other] = [session(pair), session(pair)]
      const packet = sealed(one.dialler, 0, bytes(19, 5), bytes(80, 6))
      assert.equal(other.listener.opener.open(0, packet, 0, 19, packet.length), false)
    })

    it('agrees on further keys, whichever side begins, and on further ones with those', () => {
      let { dialler, listener } = session(openPair())
      for (const begins of ['dialler', 'listener', 'listener', 'dialler']) {
        const old = { dialler, listener }
        if (begins === 'dialler') [dialler, listener] = renewed(dialler, listener)
        else [listener, dialler] = renewed(listener, dialler)
        for (const [from, to] of [
          [dialler, listener],
          [listener, dialler],
        ] as const) {
          const packet = sealed(from, 7, bytes(19, 5), bytes(80, 6))
          assert.equal(old.dialler.opener.open(7, packet.slice(), 0, 19, packet.length), false)
          assert.equal(old.listener.opener.open(7, packet.slice(), 0, 19, packet.length), false)
          assert.equal(from.opener.open(7, packet.slice(), 0, 19, packet.length), false)
          assert.equal(to.opener.open(7, packet, 0, 19, packet.length), true)
        }
      }
    })

    it('lets exactly one side prevail where both begin', () => {
      let { dialler, listener } = session(openPair())
      for (let times = 0; times < 5; times++) {
        assert.notEqual(dialler.renewal.prevails, listener.renewal.prevails)
        ;[dialler, listener] = renewed(dialler, listener)
      }
    })

    it('refuses its own renewal, and one of which any byte was changed', () => {
      const { dialler, listener } = session(openPair())
      const init = written((into, at) =>
        dialler.renewal.dial(PROLOGUE).writeInit(INIT_HEADER, new Uint8Array(0), into, at),
      )
      const asked = (by: SessionKeys, prologue: Uint8Array, body: Uint8Array) =>
        by.renewal.answer(prologue, INIT_HEADER, body)
      assert.equal(asked(dialler, PROLOGUE, init), null)
      for (const changed of changesOf(init)) assert.equal(asked(listener, PROLOGUE, changed), null)
      for (const changed of changesOf(PROLOGUE)) assert.equal(asked(listener, changed, init), null)
      assert.notEqual(asked(listener, PROLOGUE, init), null)
    })

    it('does not take a renewal for a first handshake, nor the other way round', () => {
      const pair = openPair()
      const { dialler, listener } = session(pair)
      const { init } = dial(pair)
      const renewing = written((into, at) => dialler.renewal.dial(OTHER_PROLOGUE).writeInit(INIT_HEADER, ASK, into, at))
      assert.equal(pair.listener.answer(PROLOGUE, INIT_HEADER, renewing), null)
      assert.equal(listener.renewal.answer(OTHER_PROLOGUE, INIT_HEADER, init), null)
    })

    it('marks a handshake packet so that both sides see every change before the mark and none behind it', () => {
      const { dialler, listener } = openPair()
      const packet = bytes(100, 7)
      const mark = macOf(dialler, packet, 80)
      assert.equal(mark, macOf(listener, packet, 80))
      for (const [index, changed] of [...packet.keys()].map((at) => [at, flipped(packet, at, 1)] as const)) {
        assert.equal(macOf(listener, changed, 80) === mark, index >= 80, `byte ${index}`)
      }
    })

    it('makes the same secret of one label, and another of another', () => {
      const { listener } = openPair()
      const secret = hex(listener.secretFor(bytes(20, 1)))
      assert.equal(secret.length, 64)
      assert.equal(hex(listener.secretFor(bytes(20, 1))), secret)
      for (const label of changesOf(bytes(20, 1))) assert.notEqual(hex(listener.secretFor(label)), secret)
    })

    it('marks a packet under a key so that no other key, and no other packet, has the same mark', () => {
      const { dialler, listener } = openPair()
      const mark = (crypto: Crypto, key: Uint8Array, packet: Uint8Array) => {
        const into = new Uint8Array(20)
        crypto.macWith(key, packet, 50, into, 4)
        assert.equal(hex(into.subarray(0, 4)), '00000000')
        return hex(into)
      }
      const [key, packet] = [bytes(16, 1), bytes(60, 2)]
      const right = mark(listener, key, packet)
      assert.equal(mark(dialler, key, packet), right)
      for (const other of changesOf(key)) assert.notEqual(mark(dialler, other, packet), right)
      for (const at of packet.keys()) assert.equal(mark(dialler, key, flipped(packet, at, 1)) === right, at >= 50)
    })

    it('opens what was sealed under the same key, nonce and associated bytes, and nothing that was changed', () => {
      const { dialler, listener } = openPair()
      assert.equal(hex(dialler.cookieKey), hex(listener.cookieKey))
      const [key, nonce, associated] = [listener.cookieKey, bytes(NONCE_BYTES, 1), bytes(30, 2)]
      const sealed = listener.seal(key, nonce, associated, bytes(16, 3))
      assert.equal(sealed.length, 16 + TAG_BYTES)
      assert.equal(hex(dialler.open(key, nonce, associated, sealed)!), hex(bytes(16, 3)))
      for (const other of changesOf(sealed)) assert.equal(dialler.open(key, nonce, associated, other), null)
      for (const other of changesOf(nonce)) assert.equal(dialler.open(key, other, associated, sealed), null)
      for (const other of changesOf(associated)) assert.equal(dialler.open(key, nonce, other, sealed), null)
      for (const other of changesOf(key)) assert.equal(dialler.open(other, nonce, associated, sealed), null)
      for (let end = 0; end < sealed.length; end++) {
        assert.equal(dialler.open(key, nonce, associated, sealed.slice(0, end)), null)
      }
    })

    it('makes one reset token for one connection id, and another for another (H-10)', () => {
      const { listener } = openPair()
      const token = listener.resetToken(bytes(8, 1))
      assert.equal(token.length, 16)
      assert.equal(hex(listener.resetToken(bytes(8, 1))), hex(token))
      assert.notEqual(hex(listener.resetToken(bytes(8, 2))), hex(token))
    })

    it('compares bytes, also of different lengths', () => {
      const { listener } = openPair()
      assert.equal(listener.equal(bytes(16, 1), bytes(16, 1)), true)
      for (const changed of changesOf(bytes(16, 1))) assert.equal(listener.equal(bytes(16, 1), changed), false)
      assert.equal(listener.equal(bytes(16, 1), bytes(15, 1)), false)
      assert.equal(listener.equal(new Uint8Array(0), new Uint8Array(0)), true)
    })
  })
}

/** What `write` put behind 5 bytes that it must leave alone. */
function written(write: (into: Uint8Array, at: number) => number): Uint8Array {
  const into = new Uint8Array(512).fill(0xcc)
  const end = write(into, 5)
  assert.ok(
    [...into.subarray(0, 5), ...into.subarray(end)].every((byte) => byte === 0xcc),
    'written outside',
  )
  return into.slice(5, end)
}

/** The keys of both sides after a handshake that the first of them began. */
function renewed(asking: SessionKeys, answering: SessionKeys): [SessionKeys, SessionKeys] {
  const [nothing, packet] = [new Uint8Array(0), new Uint8Array(200)]
  const handshake = asking.renewal.dial(PROLOGUE)
  const init = packet.slice(0, handshake.writeInit(nothing, nothing, packet, 0))
  const { end, keys } = answering.renewal.answer(PROLOGUE, nothing, init)!.writeResp(nothing, nothing, packet, 0)
  return [handshake.readResp(nothing, packet.slice(0, end))!.keys, keys]
}

function sealed(keys: SessionKeys, counter: number, header: Uint8Array, plain: Uint8Array): Uint8Array {
  const packet = new Uint8Array(header.length + plain.length + TAG_BYTES)
  packet.set(header)
  packet.set(plain, header.length)
  keys.sealer.seal(counter, packet, 0, header.length, header.length + plain.length)
  return packet
}

function macOf(crypto: Crypto, packet: Uint8Array, end: number): string {
  const mac = new Uint8Array(16)
  crypto.mac(packet, end, mac, 0)
  return hex(mac)
}

function* changesOf(original: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < original.length; at++) {
    for (const change of CHANGES) yield flipped(original, at, change)
  }
}

function flipped(original: Uint8Array, at: number, change: number): Uint8Array {
  const changed = original.slice()
  changed[at] = changed[at]! ^ change
  return changed
}

function bytes(count: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, index) => (index * 37 + seed * 101) & 0xff)
}

function hex(some: Uint8Array): string {
  return Buffer.from(some).toString('hex')
}
