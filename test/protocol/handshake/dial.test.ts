import assert from 'node:assert/strict'
import { DropReason } from '../../../src/protocol/errors.ts'
import { Answer, type Question, readInit, refusalOf } from '../../../src/protocol/handshake/answer.ts'
import { Dial } from '../../../src/protocol/handshake/dial.ts'
import { encodeHello } from '../../../src/protocol/handshake/hello.ts'
import { prologue } from '../../../src/protocol/handshake/prologue.ts'
import { hex } from '../../../src/protocol/hex.ts'
import { CONFIRM_WITHIN } from '../../../src/protocol/limits.ts'
import { rulesOf, UDP } from '../../../src/protocol/line.ts'
import { MILLISECOND, type Micros, SECOND } from '../../../src/protocol/units.ts'
import { NullCrypto } from '../../sim/null-crypto.ts'
import { Prng } from '../../sim/prng.ts'
import { bytesOf } from '../bytes.ts'
import { helloOf } from '../raw-peer.ts'

const START = 1_000 * SECOND
const DIALLER_ID = bytesOf('00d1d2d3d4d5d6d7')
const LISTENER_ID = bytesOf('00e1e2e3e4e5e6e7')
/** The last bytes of a handshake packet, kept for mac2: nothing vouches for them. */
const MAC2_BYTES = 16

const diallerCrypto = new NullCrypto({ random: new Prng(1), resetKey: 1 })
const listenerCrypto = new NullCrypto({ random: new Prng(2), resetKey: 2 })

const NO_TOKEN = new Uint8Array(0)

function newDial(): Dial {
  return new Dial(
    diallerCrypto,
    { id: DIALLER_ID, hello: helloOf({ seed: 1 }), token: NO_TOKEN, line: UDP, path: 0 },
    START,
  )
}

/** Of an INIT of 1,200 bytes: what header, keys, tags and macs leave. */
const FULL_PAYLOAD_BYTES = 1_200 - 12 - 32 - 48 - 16 - 32

/** An INIT with everything right but, perhaps, its size. */
function initOf(payloadBytes: number): Uint8Array {
  const header = newDial().init.slice(0, 12)
  const said = encodeHello(helloOf({ seed: 1 }))
  const payload = new Uint8Array(payloadBytes)
  payload[1] = said.length
  payload.set(said, 2)
  const packet = new Uint8Array(1_500)
  packet.set(header)
  const end = diallerCrypto.dial(prologue(UDP, 0)).writeInit(header, payload, packet, header.length)
  diallerCrypto.mac(packet, end, packet, end)
  return packet.slice(0, end + 32)
}

/** What a listener makes of a packet: the question in it, or why there is none. */
function questionOf(init: Uint8Array): Question | number {
  const refusal = refusalOf(listenerCrypto, init, rulesOf(UDP))
  return refusal || (readInit(listenerCrypto, init, prologue(UDP, 0)) ?? DropReason.badHandshake)
}

function answerTo(init: Uint8Array): Answer {
  const question = questionOf(init)
  assert.ok(typeof question !== 'number')
  return new Answer(listenerCrypto, init, question, { id: LISTENER_ID, hello: helloOf({ seed: 2 }) }, START)
}

describe('Dial', () => {
  it('says 1,200 bytes that begin with type, version and its id', () => {
    const { init } = newDial()
    assert.equal(init.length, 1_200)
    assert.equal(hex(init.subarray(0, 12)), `01010000${hex(DIALLER_ID)}`)
    assert.equal(hex(init.subarray(-MAC2_BYTES)), '00'.repeat(MAC2_BYTES))
  })

  it('repeats itself after 250 ms, 500 ms and then every second, until 30 s have passed', () => {
    const dial = newDial()
    const sentAt: Micros[] = []
    for (let now = dial.deadline; !dial.hasGivenUp(now); now = dial.deadline) {
      assert.equal(dial.isDue(now - 1), false)
      if (dial.isDue(now)) sentAt.push((now - START) / MILLISECOND)
    }
    assert.deepEqual(sentAt.slice(0, 5), [0, 250, 750, 1_750, 2_750])
    assert.equal(sentAt.length, 3 + 29)
    assert.equal(dial.deadline, START + 30 * SECOND)
    assert.equal(dial.hasGivenUp(START + 30 * SECOND - 1), false)
  })

  it('and the listener agree on both hellos, ids and keys', () => {
    const dial = newDial()
    const question = questionOf(dial.init)
    assert.ok(typeof question !== 'number')
    assert.deepEqual(question.hello, helloOf({ seed: 1 }))
    assert.deepEqual(question.remoteId, DIALLER_ID)
    const answer = answerTo(dial.init)
    const dialled = dial.onResp(answer.resp)!
    assert.deepEqual(dialled.hello, helloOf({ seed: 2 }))
    assert.deepEqual(dialled.remoteId, LISTENER_ID)
    const packet = new Uint8Array(64).fill(9)
    dialled.keys.sealer.seal(5, packet, 0, 19, 48)
    assert.ok(answer.keys.opener.open(5, packet, 0, 19, 64))
    assert.ok(packet.every((byte, at) => at >= 48 || byte === 9))
  })

  it('refuses a RESP with any byte changed, and still takes the genuine one', () => {
    const dial = newDial()
    const { resp } = answerTo(dial.init)
    for (let at = 0; at < resp.length; at++) {
      const forged = resp.slice()
      forged[at]! ^= 0x01
      assert.equal(dial.onResp(forged), null, `byte ${at}`)
    }
    assert.notEqual(dial.onResp(resp), null)
  })

  it('refuses a RESP that is cut anywhere', () => {
    const dial = newDial()
    const { resp } = answerTo(dial.init)
    for (let kept = 0; kept < resp.length; kept++) assert.equal(dial.onResp(resp.subarray(0, kept)), null)
    assert.notEqual(dial.onResp(resp), null)
  })

  it('refuses the RESP to another dial', () => {
    const other = newDial()
    assert.equal(newDial().onResp(answerTo(other.init).resp), null)
    assert.notEqual(other.onResp(answerTo(other.init).resp), null)
  })
})

describe('Answer', () => {
  it('is not given to an INIT with any byte changed; the genuine one is answered after all of them', () => {
    const { init } = newDial()
    for (let at = 0; at < init.length - MAC2_BYTES; at++) {
      const forged = init.slice()
      forged[at]! ^= 0x80
      const reason = at === 1 ? DropReason.unknownVersion : DropReason.badMac
      assert.equal(questionOf(forged), reason, `byte ${at}`)
    }
    assert.equal(typeof questionOf(init), 'object')
  })

  it('is not given to an INIT of less than 1,200 bytes, though everything in it is right (W-4)', () => {
    for (const [payloadBytes, isAnswered] of [
      [200, false],
      [FULL_PAYLOAD_BYTES - 1, false],
      [FULL_PAYLOAD_BYTES, true],
    ] as const) {
      const init = initOf(payloadBytes)
      assert.equal(typeof questionOf(init) !== 'number', isAnswered, `${init.length} bytes`)
    }
  })

  it('is not given to an INIT that is cut', () => {
    const { init } = newDial()
    for (let kept = 0; kept < init.length; kept++) {
      assert.equal(questionOf(init.slice(0, kept)), DropReason.tooShort)
    }
  })

  it('is not given to another version', () => {
    const { init } = newDial()
    init[1] = 2
    listenerCrypto.mac(init, init.length - 32, init, init.length - 32)
    assert.equal(questionOf(init), DropReason.unknownVersion)
  })

  it('is smaller than what it answers', () => {
    assert.ok(answerTo(newDial().init).resp.length <= 1_200)
  })

  it('is sent once for each time that the very INIT comes, whatever its mac2', () => {
    const { init } = newDial()
    const answer = answerTo(init)
    assert.deepEqual([answer.isDue(), answer.isDue()], [true, false])
    assert.deepEqual([answer.onInit(newDial().init, START), answer.isDue()], [false, false])
    const withCookie = init.slice().fill(7, init.length - MAC2_BYTES)
    for (const repeat of [init, withCookie]) {
      assert.equal(answer.onInit(repeat, START + SECOND), true)
      assert.deepEqual([answer.isDue(), answer.isDue()], [true, false])
    }
    assert.equal(answer.deadline, START + SECOND + CONFIRM_WITHIN)
  })
})
