import assert from 'node:assert/strict'
import type { SessionKeys } from '../../../src/protocol/ports.ts'
import { KeyRing } from '../../../src/protocol/rekey/key-ring.ts'
import { MILLISECOND, SECOND } from '../../../src/protocol/units.ts'

const NOW = 1_000 * SECOND
const MOST = 5

/** Writes its name into what it seals, and opens only that. */
function keys(name: number): SessionKeys {
  const renewal = {
    prevails: true,
    dial() {
      throw new Error('nothing is renewed here')
    },
    answer: () => null,
  }
  return {
    sealer: { seal: (_, buffer, __, headerEnd) => buffer.fill(name, headerEnd, headerEnd + 1) },
    opener: { open: (_, buffer, __, headerEnd) => buffer[headerEnd] === name },
    renewal,
  }
}

const KEYS = Array.from({ length: 12 }, (_, name) => keys(name))

/** A ring whose keys were changed so often, and used by the peer each time. */
function ringAt(number: number): KeyRing {
  const ring = new KeyRing(MOST)
  ring.start(KEYS[0]!)
  ring.onOpened(0x40)
  for (let next = 1; next <= number; next++) {
    ring.change(KEYS[next]!)
    ring.onOpened(0x40 + (next & 3))
  }
  return ring
}

/** First byte and name of the key of a packet that the ring seals. */
function sealedBy(ring: KeyRing): readonly [number, number] {
  const buffer = new Uint8Array(64)
  ring.seal(1, buffer, 10, 29, 40)
  return [buffer[10]!, buffer[29]!]
}

/** Which of the keys still open a packet that says to be sealed with them. */
function openedWith(ring: KeyRing, now = NOW): number[] {
  return [...KEYS.keys()].filter((name) => {
    const packet = new Uint8Array(64)
    packet[19] = name
    return ring.opener(0x40 + (name & 3), now)?.open(1, packet, 0, 19, 64) ?? false
  })
}

describe('KeyRing', () => {
  it('opens nothing before the first handshake is through', () => {
    assert.deepEqual(openedWith(new KeyRing(MOST)), [])
  })

  it('seals and opens with the first keys in phase 0', () => {
    const ring = ringAt(0)
    assert.deepEqual(sealedBy(ring), [0x40, 0])
    assert.deepEqual(openedWith(ring), [0])
  })

  it('opens with keys that the peer may use from now on, and goes on sealing with the current ones (K-3)', () => {
    const ring = ringAt(0)
    ring.expect(KEYS[1]!)
    assert.deepEqual(openedWith(ring), [0, 1])
    assert.deepEqual(sealedBy(ring), [0x40, 0])
    assert.equal(ring.number, 0)
  })

  it('seals with the next keys once the peer does, and tells of its first packet under them, once', () => {
    const ring = ringAt(0)
    ring.expect(KEYS[1]!)
    assert.equal(ring.onOpened(0x40), false, 'still the current ones')
    assert.equal(ring.onOpened(0x41), true)
    assert.deepEqual(sealedBy(ring), [0x41, 1])
    assert.equal(ring.number, 1)
    assert.equal(ring.onOpened(0x41), false)
    assert.equal(ring.onOpened(0x40), false, 'a packet that was overtaken')
    assert.equal(ring.number, 1)
  })

  it('tells of the first packet under keys to which it changed by itself', () => {
    const ring = ringAt(0)
    ring.change(KEYS[1]!)
    assert.deepEqual(sealedBy(ring), [0x41, 1])
    assert.equal(ring.onOpened(0x40), false, 'the peer has not changed yet')
    assert.equal(ring.onOpened(0x41), true)
  })

  it('counts what went each way under the current keys only', () => {
    const ring = ringAt(1)
    sealedBy(ring)
    sealedBy(ring)
    ring.onOpened(0x41)
    ring.onOpened(0x40)
    assert.deepEqual([ring.sealed, ring.opened], [2, 2])
    ring.change(KEYS[2]!)
    assert.deepEqual([ring.sealed, ring.opened], [0, 0])
  })

  it('holds previous, current and next keys through every turn of the two bits, and never a fourth (K-5)', () => {
    for (let number = 1; number < 11; number++) {
      const ring = ringAt(number)
      assert.deepEqual(openedWith(ring), [number - 1, number])
      ring.expect(KEYS[number + 1]!)
      assert.deepEqual(openedWith(ring), [number - 1, number, number + 1])
      ring.onOpened(0x40 + ((number + 1) & 3))
      assert.deepEqual(openedWith(ring), [number, number + 1])
      assert.deepEqual(sealedBy(ring), [0x40 + ((number + 1) & 3), number + 1])
    }
  })

  it('opens nothing with the previous keys from the moment on that it was told, and everything else as before', () => {
    const ring = ringAt(6)
    ring.keepPreviousUntil(NOW + SECOND)
    ring.expect(KEYS[7]!)
    assert.deepEqual(openedWith(ring, NOW + SECOND - MILLISECOND), [5, 6, 7])
    assert.deepEqual(openedWith(ring, NOW + SECOND), [6, 7])
    assert.deepEqual(openedWith(ring, NOW), [6, 7], 'they are gone, whatever the clock says')
  })

  it('does not apply to new keys what it was told of those before', () => {
    const ring = ringAt(1)
    ring.keepPreviousUntil(NOW + SECOND)
    ring.change(KEYS[2]!)
    assert.deepEqual(openedWith(ring, NOW + 2 * SECOND), [1, 2])
  })

  it('is exhausted after the most packets that one key may seal, until there is another (K-11)', () => {
    const ring = ringAt(0)
    for (let sealed = 0; sealed < MOST; sealed++) {
      assert.equal(ring.isExhausted, false)
      sealedBy(ring)
    }
    assert.equal(ring.isExhausted, true)
    ring.change(KEYS[1]!)
    assert.equal(ring.isExhausted, false)
  })
})
