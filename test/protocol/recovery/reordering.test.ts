import assert from 'node:assert/strict'
import { Reordering } from '../../../src/protocol/recovery/reordering.ts'
import { MILLISECOND, SECOND } from '../../../src/protocol/units.ts'

const START = 1_000 * SECOND
const RTT = 50 * MILLISECOND

describe('Reordering (R-5)', () => {
  it('begins with what RFC 9002 says, and stays there without a reason', () => {
    const reordering = new Reordering()
    for (let now = START; now < START + 100 * RTT; now += RTT) reordering.onCalm(RTT, now)
    assert.deepEqual([reordering.packets, reordering.factor], [3, 9 / 8])
  })

  it('bears with what it has seen for sixteen round trips, and with half of it for each sixteen more', () => {
    const reordering = new Reordering()
    reordering.onLate(63, START)
    const seen: number[] = []
    for (let trip = 0; trip <= 100; trip++) {
      reordering.onCalm(RTT, START + trip * RTT)
      if (seen.at(-1) !== reordering.packets) seen.push(reordering.packets)
      if (trip === 15) assert.deepEqual(seen, [64])
      if (trip === 31) assert.deepEqual(seen, [64, 33])
    }
    assert.deepEqual(seen, [64, 33, 18, 10, 6, 4, 3])
  })

  it('comes back to the least time too', () => {
    const reordering = new Reordering()
    for (let i = 0; i < 5; i++) reordering.onLate(1, START)
    assert.equal(reordering.factor, 2)
    for (let trip = 0; trip <= 200; trip++) reordering.onCalm(RTT, START + trip * RTT)
    assert.equal(reordering.factor, 9 / 8)
  })

  it('counts the sixteen anew with each late packet', () => {
    const reordering = new Reordering()
    for (let trip = 0; trip < 100; trip += 15) {
      reordering.onLate(20, START + trip * RTT)
      reordering.onCalm(RTT, START + (trip + 14) * RTT)
      assert.equal(reordering.packets, 21)
    }
  })

  it('knows nothing of another path', () => {
    const reordering = new Reordering()
    reordering.onLate(20, START)
    reordering.onLate(1, START)
    reordering.forget()
    assert.deepEqual([reordering.packets, reordering.factor], [3, 9 / 8])
  })
})
