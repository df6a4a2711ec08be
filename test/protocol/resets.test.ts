import assert from 'node:assert/strict'
import type { DatagramBatch, EndpointOptions } from '../../src/protocol/api.ts'
import { hex } from '../../src/protocol/hex.ts'
import { Resets } from '../../src/protocol/resets.ts'
import { MILLISECOND, SECOND } from '../../src/protocol/units.ts'
import { bytesOf } from './bytes.ts'
import { newEndpoint, START } from './endpoints.ts'

const ID = bytesOf('0001020304050607')

interface Peer {
  readonly peerResetToken: string
}

/** The options of a whole endpoint: its crypto and its chance are what resets are made of. */
function optionsOf(instance: number, seed = instance): EndpointOptions {
  return newEndpoint({ seed, instance }).options
}

function resetsOf(instance: number, seed = instance): Resets<Peer> {
  return new Resets<Peer>(optionsOf(instance, seed), START)
}

function nextOf(resets: Resets<Peer>): { bytes: Uint8Array; path: number } | null {
  const out: DatagramBatch = { buffer: new Uint8Array(1_500), length: 0, segmentBytes: 0, path: 0 }
  if (!resets.next(out)) return null
  assert.equal(out.segmentBytes, out.length)
  return { bytes: out.buffer.slice(0, out.length), path: out.path }
}

describe('Resets', () => {
  it('are 39 to 63 bytes: type, chance, and the token of the connection id (W-7, W-14)', () => {
    const options = optionsOf(1)
    const lengths = new Set<number>()
    const resets = new Resets<Peer>(options, START)
    for (let i = 0; i < 500; i++) {
      resets.add(ID, 4)
      const { bytes, path } = nextOf(resets)!
      lengths.add(bytes.length)
      assert.equal(path, 4)
      assert.equal(bytes[0], 5)
      assert.deepEqual(bytes.subarray(-16), options.crypto.resetToken(ID))
    }
    assert.equal(Math.min(...lengths), 39)
    assert.equal(Math.max(...lengths), 63)
    assert.equal(nextOf(resets), null)
  })

  it('do not look alike', () => {
    const resets = resetsOf(1)
    const seen = new Set<string>()
    for (let i = 0; i < 50; i++) {
      resets.add(ID, 4)
      seen.add(Buffer.from(nextOf(resets)!.bytes.subarray(0, 23)).toString('hex'))
    }
    assert.equal(seen.size, 50)
  })

  it('find the session whose peer has told that token, and survive a restart of that peer', () => {
    const ours = resetsOf(1)
    const session = { peerResetToken: hex(optionsOf(2).crypto.resetToken(ID)) }
    ours.watch(session)
    const restarted = resetsOf(2, 77)
    restarted.add(ID, 9)
    assert.equal(ours.find(nextOf(restarted)!.bytes), session)
  })

  it('find nobody for a token with any byte changed, for a stranger’s, or for a session that was forgotten (W-14)', () => {
    const ours = resetsOf(1)
    const session = { peerResetToken: hex(optionsOf(2).crypto.resetToken(ID)) }
    ours.watch(session)
    const sender = resetsOf(2)
    sender.add(ID, 9)
    const { bytes } = nextOf(sender)!
    for (let at = bytes.length - 16; at < bytes.length; at++) {
      const forged = bytes.slice()
      forged[at]! ^= 1
      assert.equal(ours.find(forged), null)
    }
    const stranger = resetsOf(3)
    stranger.add(ID, 9)
    assert.equal(ours.find(nextOf(stranger)!.bytes), null)
    assert.equal(ours.find(bytes), session)
    ours.forget(session)
    assert.equal(ours.find(bytes), null)
  })

  it('still find a session when an older one with the same token is forgotten', () => {
    const ours = resetsOf(1)
    const token = optionsOf(2).crypto.resetToken(ID)
    const older = { peerResetToken: hex(token) }
    const newer = { peerResetToken: hex(token) }
    ours.watch(older)
    ours.watch(newer)
    ours.forget(older)
    const sender = resetsOf(2)
    sender.add(ID, 9)
    assert.equal(ours.find(nextOf(sender)!.bytes), newer)
  })

  it('are looked for only in packets of their own length', () => {
    const ours = resetsOf(1)
    const token = optionsOf(2).crypto.resetToken(ID)
    const session = { peerResetToken: hex(token) }
    ours.watch(session)
    for (const [length, found] of [
      [38, null],
      [39, session],
      [63, session],
      [64, null],
      [16, null],
      [1, null],
    ] as const) {
      const packet = new Uint8Array(length)
      packet[0] = 5
      if (length >= 16) packet.set(token, length - 16)
      assert.equal(ours.find(packet), found, `${length} bytes`)
    }
  })

  it('answer strangers 200 times at once, then 100 times a second (W-15)', () => {
    const resets = resetsOf(1)
    const answers = (times: number, now: number): number => {
      let answered = 0
      for (let i = 0; i < times; i++) if (resets.answer(ID, 1, now)) answered++
      while (nextOf(resets) !== null);
      return answered
    }
    assert.equal(answers(1_000, START), 200)
    assert.equal(answers(1_000, START + 500 * MILLISECOND), 50)
    assert.equal(answers(1_000, START + 3_600 * SECOND), 200)
    let spread = 0
    for (let ms = 1; ms <= 1_000; ms++) spread += answers(1, START + 3_600 * SECOND + ms * MILLISECOND)
    assert.ok(spread >= 99 && spread <= 100, `${spread} in the next second, asked once a millisecond`)
  })

  it('keep ten thousand at most', () => {
    const resets = resetsOf(1)
    let taken = 0
    while (taken < 20_000 && resets.add(ID, 1)) taken++
    assert.equal(taken, 10_000)
  })
})
