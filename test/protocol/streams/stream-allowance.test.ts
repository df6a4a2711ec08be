import assert from 'node:assert/strict'
import { StreamAllowance } from '../../../src/protocol/streams/stream-allowance.ts'
import { MILLISECOND, type Micros, SECOND } from '../../../src/protocol/units.ts'

const START: Micros = 1_000 * SECOND
const AT_ONCE = 100
const PER_SECOND = 200
const LIMITS = { initialMaxStreams: 100, ceilingMaxStreams: 16_384 }

function newAllowance(): StreamAllowance {
  return new StreamAllowance(LIMITS, { isTight: false })
}

/** One stream from its opening to its end, and what the peer is told of it. */
function openAndGiveUp(allowance: StreamAllowance, now: Micros): void {
  allowance.onOpened()
  allowance.onGivenUp()
  allowance.onGivenUpClosed(now)
  if (allowance.wantsTelling) allowance.renew()
}

function openAndFinish(allowance: StreamAllowance): void {
  allowance.onOpened()
  allowance.onClosed()
  if (allowance.wantsTelling) allowance.renew()
}

/** As many streams as credit allows, given up at once, with the time passing in steps of a millisecond; returns how many. */
function flood(allowance: StreamAllowance, from: Micros, until: Micros): number {
  const before = allowance.opened
  for (let now = from; now <= until; now += MILLISECOND) {
    if (allowance.onDeadline(now)) allowance.renew()
    while (allowance.opened < allowance.limit) openAndGiveUp(allowance, now)
  }
  return allowance.opened - before
}

describe('StreamAllowance (S-12)', () => {
  it('lets a peer that gives up what it opens have its first streams, a burst, and then two hundred a second', () => {
    const allowance = newAllowance()
    const inFirst = flood(allowance, START, START + SECOND)
    assert.ok(inFirst <= LIMITS.initialMaxStreams + AT_ONCE + PER_SECOND, `${inFirst} in the first second`)
    const inSecond = flood(allowance, START + SECOND, START + 2 * SECOND)
    assert.ok(inSecond <= PER_SECOND * 1.1, `${inSecond} in the second second`)
    assert.ok(inSecond >= PER_SECOND * 0.8, `${inSecond} in the second second: it is slow, and not shut out`)
  })

  it('does not allow more because of streams that were given up', () => {
    const allowance = newAllowance()
    for (let opened = 0; opened < 99; opened++) {
      allowance.onOpened()
      allowance.onGivenUp()
    }
    assert.equal(allowance.wantsTelling, false)
  })

  it('gives all places back when the peer has calmed down', () => {
    const allowance = newAllowance()
    flood(allowance, START, START + SECOND)
    let now = START + SECOND
    while (allowance.deadline < Infinity) {
      now = Math.max(now, allowance.deadline)
      if (allowance.onDeadline(now)) allowance.renew()
    }
    assert.ok(now <= START + 2 * SECOND, `${(now - START) / SECOND} s`)
    assert.equal(allowance.limit - allowance.opened, LIMITS.initialMaxStreams)
  })

  it('gives the place of a stream that was finished back at once, however many are given up beside it', () => {
    const allowance = newAllowance()
    flood(allowance, START, START + SECOND)
    const room = allowance.limit - allowance.opened
    assert.equal(room, 0)
    for (let i = 0; i < 30; i++) allowance.onClosed()
    assert.equal(allowance.wantsTelling, true)
    allowance.renew()
    assert.ok(allowance.limit - allowance.opened >= 30)
  })

  it('never keeps a peer waiting that gives up less than two hundred a second', () => {
    const allowance = newAllowance()
    for (let i = 0, now = START; i < 5_000; i++, now += 6 * MILLISECOND) {
      assert.ok(allowance.opened < allowance.limit)
      if (i % 2 === 0) openAndGiveUp(allowance, now)
      else openAndFinish(allowance)
      assert.equal(allowance.deadline, Infinity)
    }
  })

  it('grows for a peer that really uses its streams', () => {
    const allowance = newAllowance()
    for (let opened = 0; opened < 5_000; opened++) {
      assert.ok(allowance.opened < allowance.limit)
      allowance.onOpened()
      if (allowance.wantsTelling) allowance.renew()
    }
    assert.equal(allowance.limit, 12_800)
  })

  it('does not grow while places wait', () => {
    const allowance = newAllowance()
    flood(allowance, START, START + SECOND)
    const before = allowance.limit
    assert.ok(allowance.deadline < Infinity)
    for (let opened = 0; opened < 60; opened++) allowance.onOpened()
    assert.deepEqual([allowance.wantsTelling, allowance.limit], [false, before])
  })
})
