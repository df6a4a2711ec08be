// What a listener leaves out when it has more to do than it has time for.

import assert from 'node:assert/strict'
import type { Endpoint } from '../../../src/protocol/endpoint.ts'
import { DropReason } from '../../../src/protocol/errors.ts'
import { Drops, feed, outgoing, START } from '../endpoints.ts'
import { cautious } from '../listeners.ts'
import { provenInit, rawDial } from '../raw-peer.ts'

describe('A listener that has no time to spare', () => {
  /** How many of 100 INITs in one turn are looked at: all of them would be asked for a proof. */
  function lookedAt(listener: Endpoint, init: (seed: number) => Uint8Array): number {
    listener.onTurn(0, START)
    const before = listener.reception.inits
    for (let seed = 1; seed <= 100; seed++) feed(listener, init(seed), seed, START)
    while (outgoing(listener, START).length > 0);
    return listener.reception.inits - before
  }
  const bare = (seed: number) => rawDial({ seed, path: seed }, START).init

  it('looks at ever fewer INITs of a turn, four at least, and drops the others unseen (H-29)', () => {
    const drops = new Drops()
    const listener = cautious({ trace: drops })
    const seen = [1, 2, 3, 4, 5].map(() => {
      listener.onBusy(0.9)
      return lookedAt(listener, bare)
    })
    assert.deepEqual(seen, [16, 8, 4, 4, 4])
    assert.equal(drops.take().filter((reason) => reason === DropReason.noTime).length, 500 - 36)
  })

  it('looks at all of them again when it has had time for a while (H-29)', () => {
    const listener = cautious()
    listener.onBusy(1)
    listener.onBusy(0.5)
    assert.equal(lookedAt(listener, bare), 17)
    for (let looks = 0; looks < 20; looks++) listener.onBusy(0.5)
    assert.equal(lookedAt(listener, bare), 100)
  })

  it('looks at whatever shows a proof: who has been asked for one is not lost among those who have not (H-29)', () => {
    const listener = cautious()
    const inits = Array.from({ length: 101 }, (_, seed) =>
      provenInit(rawDial({ seed, path: seed }, START), listener, seed, START),
    )
    for (let looks = 0; looks < 5; looks++) listener.onBusy(1)
    assert.equal(
      lookedAt(listener, (seed) => inits[seed]!),
      100,
    )
  })

  it('sends eight COOKIEs in a turn, and the others in those that follow', () => {
    const listener = cautious()
    for (let seed = 1; seed <= 20; seed++) feed(listener, bare(seed), seed, START)
    assert.deepEqual(
      [1, 2, 3, 4].map(() => outgoing(listener, START).length),
      [8, 8, 4, 0],
    )
  })
})
