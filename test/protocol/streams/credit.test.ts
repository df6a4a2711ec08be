import assert from 'node:assert/strict'
import fc from 'fast-check'
import { MemoryBudget, ReceiveWindow } from '../../../src/protocol/streams/credit.ts'
import { MILLISECOND, type Micros } from '../../../src/protocol/units.ts'

const RTT: Micros = 50 * MILLISECOND
const START: Micros = 1_000_000
const MOST = 1_000_000

function window(size: number, ceiling: number, budget = new MemoryBudget(MOST)): ReceiveWindow {
  return new ReceiveWindow(size, ceiling, budget)
}

/** Uses up `windows` whole windows, each within `perWindow`; returns what was consumed. */
function consume(one: ReceiveWindow, windows: number, perWindow: Micros): number {
  let consumed = 0
  let now = START
  for (let i = 0; i < windows * 4; i++) {
    consumed += one.size / 4
    now += perWindow / 4
    if (one.isWorthRenewing(consumed)) one.renew(consumed, RTT, now)
  }
  return consumed
}

describe('ReceiveWindow', () => {
  it('is worth renewing once a quarter of it has left us', () => {
    const one = window(1_000, 1_000)
    assert.equal(one.isWorthRenewing(249), false)
    assert.equal(one.isWorthRenewing(250), true)
    one.renew(250, RTT, START)
    assert.equal(one.limit, 1_250)
    assert.equal(one.isWorthRenewing(499), false)
    assert.equal(one.isWorthRenewing(500), true)
  })

  it('grows up to its ceiling while each window is used up within a few round trips', () => {
    const one = window(1_000, 6_000)
    consume(one, 20, RTT)
    assert.equal(one.size, 6_000)
  })

  it('stays as it is when the reader takes its time', () => {
    const one = window(1_000, 6_000)
    consume(one, 20, 10 * RTT)
    assert.equal(one.size, 1_000)
  })

  it('does not take a pause before the first byte for slowness, nor for speed', () => {
    const one = window(1_000, 6_000)
    one.renew(600, RTT, START)
    assert.equal(one.size, 1_000)
    one.renew(1_200, RTT, START + RTT)
    assert.equal(one.size, 2_400)
  })

  it('stops growing while the process holds more than four fifths of what it may', () => {
    const budget = new MemoryBudget(MOST)
    budget.heldBytes = 0.8 * MOST + 1
    const tight = window(1_000, 6_000, budget)
    consume(tight, 20, RTT)
    assert.equal(tight.size, 1_000)
    budget.heldBytes = 0.8 * MOST
    const relaxed = window(1_000, 6_000, budget)
    consume(relaxed, 20, RTT)
    assert.equal(relaxed.size, 6_000)
  })

  it('never takes a limit back', () => {
    const act = fc.oneof(
      fc.record({ kind: fc.constant('renew' as const), by: fc.nat(3_000) }),
      fc.record({ kind: fc.constant('raise' as const), by: fc.nat(20_000) }),
      fc.record({ kind: fc.constant('widen' as const), by: fc.nat(20_000) }),
    )
    fc.assert(
      fc.property(fc.array(act), (acts) => {
        const one = window(1_000, 8_000)
        let consumed = 0
        acts.forEach(({ kind, by }, i) => {
          const { limit, size } = one
          if (kind === 'raise') one.raise(by)
          else if (kind === 'widen') one.widen(by)
          else {
            consumed += by
            one.renew(consumed, RTT, START + i * MILLISECOND)
            assert.ok(one.limit >= consumed + one.size)
          }
          assert.ok(one.limit >= limit)
          assert.ok(one.size >= size && one.size <= 8_000)
        })
      }),
    )
  })
})

describe('MemoryBudget', () => {
  it('is tight above four fifths and full above nineteen twentieths', () => {
    const budget = new MemoryBudget(100)
    const at = (held: number) => {
      budget.heldBytes = held
      return [budget.isTight, budget.isFull]
    }
    assert.deepEqual(at(80), [false, false])
    assert.deepEqual(at(81), [true, false])
    assert.deepEqual(at(95), [true, false])
    assert.deepEqual(at(96), [true, true])
  })
})
