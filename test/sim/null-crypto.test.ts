import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type SessionKeys, TAG_BYTES } from '../../src/protocol/ports.ts'
import { cryptoContract } from '../contracts/crypto.ts'
import { NonceLedger } from './nonce-ledger.ts'
import { NullCrypto } from './null-crypto.ts'
import { Prng } from './prng.ts'

const prologue = Uint8Array.of(1, 2, 3)
const initHeader = Uint8Array.of(1, 1, 0, 0)
const respHeader = Uint8Array.of(2, 1, 0, 0)
const HEADER_BYTES = 5

cryptoContract('null crypto of the simulator', () => ({ dialler: cryptoOf(1), listener: cryptoOf(2) }))

describe('the null crypto', () => {
  it('carries both payloads through a handshake and lays the bodies out as agreed', () => {
    const { init, resp, answered, accepted } = handshake(1)
    assert.deepEqual(answered.payload, Uint8Array.of(10, 11))
    assert.deepEqual(accepted.payload, Uint8Array.of(20))
    assert.equal(init.length, 32 + 48 + 2 + TAG_BYTES)
    assert.equal(resp.length, 32 + 1 + TAG_BYTES)
  })

  it('opens in both directions what the other side sealed, and hides it on the way', () => {
    const { dialler, listener } = handshake(2)
    for (const [from, to] of [
      [dialler, listener],
      [listener, dialler],
    ] as const) {
      const packet = sealed(from, 7)
      assert.notDeepEqual(packet.subarray(HEADER_BYTES, -TAG_BYTES), plain().subarray(HEADER_BYTES, -TAG_BYTES))
      assert.equal(to.opener.open(7, packet, 0, HEADER_BYTES, packet.length), true)
      assert.deepEqual(packet.subarray(0, -TAG_BYTES), plain().subarray(0, -TAG_BYTES))
    }
  })

  it('refuses a packet with any one byte changed, header and tag included', () => {
    const { dialler, listener } = handshake(3)
    const length = plain().length
    fc.assert(
      fc.property(fc.nat(length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const counter = at * 256 + mask
        const packet = plain()
        new Prng(counter).fill(packet.subarray(HEADER_BYTES, -TAG_BYTES))
        dialler.sealer.seal(counter, packet, 0, HEADER_BYTES, length - TAG_BYTES)
        packet[at]! ^= mask
        assert.equal(listener.opener.open(counter, packet, 0, HEADER_BYTES, length), false)
      }),
    )
  })

  it('refuses another counter, another session and its own direction', () => {
    const one = handshake(4)
    const other = handshake(5)
    const open = (keys: SessionKeys, counter: number) =>
      keys.opener.open(counter, sealed(one.dialler, 1), 0, HEADER_BYTES, plain().length)
    assert.equal(open(one.listener, 1), true)
    assert.equal(open(one.listener, 2), false)
    assert.equal(open(other.listener, 1), false)
    assert.equal(open(one.dialler, 1), false)
  })

  it('refuses an INIT under another prologue, header or with a changed byte', () => {
    const { init } = handshake(6)
    const listener = cryptoOf(60)
    assert.notEqual(listener.answer(prologue, initHeader, init), null)
    assert.equal(listener.answer(Uint8Array.of(1, 2), initHeader, init), null)
    assert.equal(listener.answer(prologue, respHeader, init), null)
    for (let at = 0; at < init.length; at += 1) {
      const damaged = init.slice()
      damaged[at]! ^= 1
      assert.equal(listener.answer(prologue, initHeader, damaged), null)
    }
  })

  it('refuses the answer to another dial and can still read its own', () => {
    const mine = handshake(7)
    const foreign = handshake(8)
    assert.equal(mine.dial.readResp(respHeader, foreign.resp), null)
    assert.notEqual(mine.dial.readResp(respHeader, mine.resp), null)
  })

  it('gives reset tokens that depend on the key and the connection alone', () => {
    const id = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
    const [before, afterRestart] = [cryptoOf(9), cryptoOf(10)]
    assert.deepEqual(before.resetToken(id), afterRestart.resetToken(id))
    const stranger = new NullCrypto({ random: new Prng(9), resetKey: 2 })
    assert.notDeepEqual(before.resetToken(id), stranger.resetToken(id))
  })

  it('reports a counter that one key seals twice, also through keys that were derived twice', () => {
    const ledger = new NonceLedger()
    const { dial, resp, dialler } = handshake(11, ledger)
    sealed(dialler, 0)
    sealed(dialler, 1)
    const again = dial.readResp(respHeader, resp)!.keys
    assert.throws(() => sealed(again, 1), /counter 1 sealed after 1/)
  })
})

function cryptoOf(seed: number, ledger?: NonceLedger): NullCrypto {
  return new NullCrypto({ random: new Prng(seed), resetKey: 1, ledger })
}

function handshake(seed: number, ledger?: NonceLedger) {
  const buffer = new Uint8Array(2_048)
  const dial = cryptoOf(seed, ledger).dial(prologue)
  const init = buffer.slice(0, dial.writeInit(initHeader, Uint8Array.of(10, 11), buffer, 0))
  const answered = cryptoOf(seed + 1_000, ledger).answer(prologue, initHeader, init)!
  const written = answered.writeResp(respHeader, Uint8Array.of(20), buffer, 0)
  const resp = buffer.slice(0, written.end)
  const accepted = dial.readResp(respHeader, resp)!
  return { dial, init, resp, answered, accepted, dialler: accepted.keys, listener: written.keys }
}

/** A packet before sealing: header, plaintext, room for the tag. */
function plain(): Uint8Array {
  return Uint8Array.from({ length: HEADER_BYTES + 40 + TAG_BYTES }, (_, at) => at)
}

function sealed(keys: SessionKeys, counter: number): Uint8Array {
  const packet = plain()
  keys.sealer.seal(counter, packet, 0, HEADER_BYTES, packet.length - TAG_BYTES)
  return packet
}
