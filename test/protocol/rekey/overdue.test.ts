// What becomes of a session whose peer lets it come to no new keys, and what is told of those that it came to.

import assert from 'node:assert/strict'
import { RekeyReason } from '../../../src/protocol/rekey/rekey.ts'
import { SECOND } from '../../../src/protocol/units.ts'
import { NOW, type RekeySide, rekeyPair, renew, WISH } from './rekey-pair.ts'

describe('Rekey, when the peer does not let it come to new keys (K-12)', () => {
  const LIMIT = 180

  /** The peer says something each second, with these keys; returns after how many seconds the change is overdue. */
  function overdueAfter(side: RekeySide, number: number): number {
    for (let second = 0; second < 10 * LIMIT; second++) {
      const now = NOW + second * SECOND
      side.rekey.step(now)
      if (side.rekey.isOverdue) return second
      side.open(1, number, now)
    }
    return Infinity
  }

  const plays: readonly (readonly [string, number, (pair: ReturnType<typeof rekeyPair>) => RekeySide])[] = [
    [
      'that does not answer',
      0,
      ({ dialler }) => {
        dialler.seal(100)
        return dialler
      },
    ],
    [
      'that asks and does not use what it was answered',
      0,
      ({ dialler, listener }) => {
        dialler.seal(100)
        dialler.rekey.step(NOW)
        listener.hear(dialler.take()!)
        return listener
      },
    ],
    [
      'that answers and stays with the old keys',
      0,
      ({ dialler, listener }) => {
        dialler.seal(100)
        dialler.rekey.step(NOW)
        listener.hear(dialler.take()!)
        dialler.hear(listener.take()!)
        return dialler
      },
    ],
  ]
  for (const [what, number, play] of plays) {
    it(`gives a peer up ${what} and goes on talking for three minutes`, () => {
      const seconds = overdueAfter(play(rekeyPair(1)), number)
      assert.ok(seconds >= LIMIT && seconds <= LIMIT + 2, `${seconds} s`)
    })
  }

  it('bears with a peer that is silent, or only keeps alive', () => {
    const { dialler } = rekeyPair(1)
    dialler.seal(100)
    for (let now = NOW; now < NOW + 10_000 * SECOND; now += 13 * SECOND) {
      dialler.rekey.step(now)
      assert.equal(dialler.rekey.isOverdue, false)
      dialler.open(1, 0, now)
    }
  })

  it('bears with an outage, however long, and with what comes first after it', () => {
    const { dialler } = rekeyPair(1)
    dialler.seal(100)
    dialler.rekey.step(NOW)
    for (let packet = 0; packet < 100; packet++) {
      dialler.open(1, 0, NOW + 3_600 * SECOND + packet)
      dialler.rekey.step(NOW + 3_600 * SECOND + packet)
    }
    assert.equal(dialler.rekey.isOverdue, false)
  })

  it('counts anew with each change', () => {
    const { dialler, listener } = rekeyPair(1)
    dialler.seal(100)
    for (let second = 0; second < LIMIT - 1; second++) {
      dialler.rekey.step(NOW + second * SECOND)
      dialler.open(1, 0, NOW + second * SECOND)
    }
    const now = NOW + (LIMIT - 1) * SECOND
    listener.hear(dialler.take()!, now)
    dialler.hear(listener.take()!, now)
    listener.open(1, 1, now)
    dialler.open(1, 1, now)
    for (let second = 0; second < LIMIT - 1; second++) {
      dialler.open(1, 1, now + second * SECOND)
      dialler.rekey.step(now + second * SECOND)
      assert.equal(dialler.rekey.isOverdue, false)
    }
  })
})

describe('Rekey, what it tells', () => {
  it('says why each side has new keys', () => {
    const { dialler, listener } = rekeyPair(1)
    renew(dialler, listener)
    dialler.seal(64)
    const later = NOW + WISH.rekeyAfter
    dialler.rekey.step(later)
    listener.hear(dialler.take()!, later)
    dialler.hear(listener.take()!, later)
    listener.open(1, 2, later)
    assert.deepEqual(dialler.reasons, [RekeyReason.packets, RekeyReason.age])
    assert.deepEqual(listener.reasons, [RekeyReason.peer, RekeyReason.peer])
  })
})
