// Sessions over real keys that change them.

import assert from 'node:assert/strict'
import { MILLISECOND, SECOND } from '../../src/protocol/units.ts'
import { noiseDialler, noiseListener, welcomeEverybody } from '../../src/runtime/noise-crypto.ts'
import { x25519KeyPairOf } from '../../src/runtime/noise-primitives.ts'
import { statsOf } from '../protocol/endpoints.ts'
import { bytesBetween } from '../protocol/streams/stream-bytes.ts'
import {
  CONSUMER,
  consumerCrypto,
  PROVIDER,
  providerCrypto,
  RESET_KEY,
  type SealedTalk,
  sealedTalk,
} from './noise-endpoints.ts'

const OFTEN = { rekeyAfterPackets: 64 }
const SELDOM = { rekeyAfterPackets: 1_000_000 }
const PROLOGUE = new Uint8Array(38)
const NOTHING = new Uint8Array(0)

/** 200,000 bytes, and nearly as many back, a few at a time, over a line that loses and overtakes; returns how often the keys were changed. */
function rekeysOf(talk: SealedTalk): number {
  const { pair, dialler, listener } = talk
  Object.assign(pair.line, { loss: 0.02, jitter: 3 * MILLISECOND })
  for (const side of [dialler, listener]) side.onStream = (stream) => side.drain(stream)
  pair.dial()
  pair.run(5 * SECOND)
  const stream = dialler.session!.openStream()!
  let answered = 0
  for (let at = 0; at < 200_000; at += 5_000) {
    stream.write(bytesBetween(at, at + 5_000))
    if (listener.accepted.length > 0) {
      listener.accepted[0]!.write(bytesBetween(answered, answered + 5_000))
      answered += 5_000
    }
    pair.run(20 * MILLISECOND)
  }
  pair.run(10 * SECOND)
  assert.equal(listener.read.get(listener.accepted[0]!), 200_000)
  assert.ok(answered > 100_000)
  assert.equal(dialler.read.get(stream), answered)
  assert.deepEqual([dialler.told, listener.told], [['opened'], ['opened', 'accepted']])
  assert.equal(statsOf(dialler.session!).rekeys, statsOf(listener.session!).rekeys)
  return statsOf(dialler.session!).rekeys
}

describe('a sealed session that changes its keys', () => {
  it('carries every byte, whichever side asks for them', () => {
    for (const settings of [
      { dialler: OFTEN, listener: OFTEN },
      { dialler: SELDOM, listener: OFTEN },
      { dialler: OFTEN, listener: SELDOM },
    ]) {
      const rekeys = rekeysOf(sealedTalk({}, settings))
      assert.ok(rekeys >= 3, `${rekeys} changes`)
    }
  })

  it('does so where nobody has keys', () => {
    const keyless = {
      dialler: noiseDialler({ identity: null, consumerKey: null, resetKey: RESET_KEY }),
      listener: noiseListener({ identity: null, authorise: welcomeEverybody, resetKey: RESET_KEY }),
    }
    for (const settings of [
      { dialler: OFTEN, listener: OFTEN },
      { dialler: SELDOM, listener: OFTEN },
    ]) {
      const rekeys = rekeysOf(sealedTalk(keyless, settings))
      assert.ok(rekeys >= 3, `${rekeys} changes`)
    }
  })

  it('does so with a PSK, and asks nobody again whether the dialler is welcome', () => {
    const psk = new Uint8Array(32).fill(3)
    const asked: string[] = []
    const authorise = (key: Uint8Array) => {
      asked.push(Buffer.from(key).toString('hex'))
      return asked.length === 1 ? { psk } : null
    }
    const listener = noiseListener({ identity: CONSUMER, authorise, resetKey: RESET_KEY })
    const dialler = noiseDialler({ identity: PROVIDER, consumerKey: CONSUMER.publicKey, resetKey: RESET_KEY, psk })
    const rekeys = rekeysOf(sealedTalk({ dialler, listener }, { dialler: OFTEN, listener: OFTEN }))
    assert.ok(rekeys >= 3, `${rekeys} changes`)
    assert.deepEqual(asked, [Buffer.from(PROVIDER.publicKey).toString('hex')])
  })
})

describe('a renewal of noise', () => {
  const keysOf = (dialler = providerCrypto(), listener = consumerCrypto()) => {
    const packet = new Uint8Array(200)
    const dial = dialler.dial(PROLOGUE)
    const init = packet.slice(0, dial.writeInit(NOTHING, NOTHING, packet, 0))
    const { end, keys } = listener.answer(PROLOGUE, NOTHING, init)!.writeResp(NOTHING, NOTHING, packet, 0)
    return { dialler: dial.readResp(NOTHING, packet.slice(0, end))!.keys, listener: keys }
  }

  it('is refused to another provider, which the consumer knows as well (K-2)', () => {
    const identity = x25519KeyPairOf(new Uint8Array(32).fill(5))
    const other = noiseDialler({ identity, consumerKey: CONSUMER.publicKey, resetKey: RESET_KEY })
    const packet = new Uint8Array(200)
    const theirs = keysOf(other).dialler.renewal.dial(PROLOGUE)
    const init = packet.slice(0, theirs.writeInit(NOTHING, NOTHING, packet, 0))
    assert.equal(keysOf().listener.renewal.answer(PROLOGUE, NOTHING, init), null)
    assert.notEqual(keysOf(other).listener.renewal.answer(PROLOGUE, NOTHING, init), null)
  })

  it('does not finish where the two have different PSKs', () => {
    const psk = new Uint8Array(32).fill(3)
    const known = { identity: PROVIDER, consumerKey: CONSUMER.publicKey, resetKey: RESET_KEY }
    const listener = noiseListener({ identity: CONSUMER, authorise: () => ({ psk }), resetKey: RESET_KEY })
    const withPsk = keysOf(noiseDialler({ ...known, psk }), listener)
    const packet = new Uint8Array(200)
    const dial = keysOf().dialler.renewal.dial(PROLOGUE)
    const init = packet.slice(0, dial.writeInit(NOTHING, NOTHING, packet, 0))
    const answer = withPsk.listener.renewal.answer(PROLOGUE, NOTHING, init)!
    const resp = packet.slice(0, answer.writeResp(NOTHING, NOTHING, packet, 0).end)
    assert.equal(dial.readResp(NOTHING, resp), null)
  })

  it('prevails on the side with the higher static key (K-8)', () => {
    const { dialler, listener } = keysOf()
    const isProviderHigher = Buffer.compare(PROVIDER.publicKey, CONSUMER.publicKey) > 0
    assert.deepEqual([dialler.renewal.prevails, listener.renewal.prevails], [isProviderHigher, !isProviderHigher])
  })

  it('prevails on the dialler where both have the same key (K-8)', () => {
    const own = noiseDialler({ identity: CONSUMER, consumerKey: CONSUMER.publicKey, resetKey: RESET_KEY })
    const { dialler, listener } = keysOf(own)
    assert.deepEqual([dialler.renewal.prevails, listener.renewal.prevails], [true, false])
  })
})
