import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Pacer } from '../../../src/protocol/congestion/pacer.ts'
import { MILLISECOND, SECOND } from '../../../src/protocol/units.ts'

const DATAGRAM_BYTES = 1_200
const TEN_DATAGRAMS = 10 * DATAGRAM_BYTES

/** In congestion avoidance, its bucket full at 0: 1.25 · window ÷ round trip. */
function pacerOf(bytesPerSecond: number): Pacer {
  const pacer = new Pacer(DATAGRAM_BYTES)
  pacer.adjust({ windowBytes: bytesPerSecond / 1.25, inSlowStart: false, pacingRate: 0 }, SECOND, 0)
  return pacer
}

function emptiedAt0(bytesPerSecond: number): Pacer {
  const pacer = pacerOf(bytesPerSecond)
  pacer.onSent(pacer.budgetBytes(0), 0)
  return pacer
}

describe('Pacer', () => {
  it('holds nothing back before the first round trip is known', () => {
    const pacer = new Pacer(DATAGRAM_BYTES)
    pacer.adjust({ windowBytes: TEN_DATAGRAMS, inSlowStart: true, pacingRate: 0 }, 0, 0)
    pacer.onSent(TEN_DATAGRAMS, 0)
    assert.equal(pacer.budgetBytes(0), Infinity)
    assert.equal(pacer.nextSendAt(0, TEN_DATAGRAMS), 0)
  })

  it('keeps the rate that the controller names, whatever its window', () => {
    const pacer = new Pacer(DATAGRAM_BYTES)
    pacer.adjust({ windowBytes: 1_000_000, inSlowStart: true, pacingRate: 2 }, 100 * MILLISECOND, 0)
    pacer.onSent(pacer.budgetBytes(0), 0)
    assert.equal(pacer.budgetBytes(5 * MILLISECOND), 10_000)
  })

  it('spreads a window over four fifths of its round trip', () => {
    const pacer = new Pacer(DATAGRAM_BYTES)
    pacer.adjust({ windowBytes: 20_000, inSlowStart: false, pacingRate: 0 }, 100 * MILLISECOND, 0)
    pacer.onSent(pacer.budgetBytes(0), 0)
    assert.equal(pacer.budgetBytes(40 * MILLISECOND), 10_000)
  })

  it('spreads it over half of its round trip in slow start, where it doubles meanwhile', () => {
    const pacer = new Pacer(DATAGRAM_BYTES)
    pacer.adjust({ windowBytes: 20_000, inSlowStart: true, pacingRate: 0 }, 100 * MILLISECOND, 0)
    pacer.onSent(pacer.budgetBytes(0), 0)
    assert.equal(pacer.budgetBytes(25 * MILLISECOND), 10_000)
  })

  it('lets ten datagrams out at once after a long silence at a low rate, not more', () => {
    const pacer = emptiedAt0(100_000)
    assert.equal(pacer.budgetBytes(3_600 * SECOND), TEN_DATAGRAMS)
  })

  it('loses no rate at 1 Gbit/s when every wake-up is 3 ms late', () => {
    const bytesPerSecond = 125_000_000
    const pacer = emptiedAt0(bytesPerSecond)
    let sent = 0
    for (let now = 4 * MILLISECOND; now <= SECOND; now += 4 * MILLISECOND) {
      const budget = pacer.budgetBytes(now)
      pacer.onSent(budget, now)
      sent += budget
    }
    assert.ok(sent >= bytesPerSecond - 1_000, `${sent} bytes in a second`)
  })

  it('lets a whole window out at once on loopback, where the round trip is shorter than any timer', () => {
    const pacer = new Pacer(65_507)
    pacer.adjust({ windowBytes: 2_000_000, inSlowStart: false, pacingRate: 0 }, 200, 0)
    assert.ok(pacer.budgetBytes(0) >= 2_000_000)
  })

  it('wakes the sender for two datagrams at a low rate, for one if there is only one', () => {
    const pacer = emptiedAt0(120_000) // 10 ms a datagram
    const tolerance = 10 // µs, for rounding up
    assert.ok(Math.abs(pacer.nextSendAt(0, 50_000) - 20 * MILLISECOND) < tolerance)
    assert.ok(Math.abs(pacer.nextSendAt(0, 1_200) - 10 * MILLISECOND) < tolerance)
  })

  it('wakes the sender for a millisecond of bytes at a high rate', () => {
    const pacer = emptiedAt0(125_000_000)
    assert.equal(pacer.nextSendAt(0, 10_000_000), 1_001)
  })

  it('waits for a full datagram even if less is wanted, as a sender that asks for full ones would spin', () => {
    const pacer = emptiedAt0(120_000)
    assert.equal(pacer.nextSendAt(0, 1), pacer.nextSendAt(0, DATAGRAM_BYTES))
  })

  it('makes others wait for a probe that did not', () => {
    const pacer = emptiedAt0(120_000)
    pacer.onSent(DATAGRAM_BYTES, 0)
    assert.equal(pacer.budgetBytes(5 * MILLISECOND), 0)
    assert.ok(pacer.nextSendAt(0, DATAGRAM_BYTES) >= 20 * MILLISECOND)
  })

  it('is not silenced by a long row of probes', () => {
    const pacer = emptiedAt0(120_000)
    for (let i = 0; i < 50; i++) pacer.onSent(DATAGRAM_BYTES, 0)
    assert.ok(pacer.nextSendAt(0, DATAGRAM_BYTES) <= 31 * MILLISECOND)
  })

  it('does not carry the burst of a fast path over to a slow one', () => {
    const pacer = pacerOf(125_000_000)
    pacer.adjust({ windowBytes: 2 * DATAGRAM_BYTES, inSlowStart: false, pacingRate: 0 }, SECOND, 0)
    assert.equal(pacer.budgetBytes(0), TEN_DATAGRAMS)
  })

  it('counts the time before a change of rate at the old rate', () => {
    const pacer = emptiedAt0(100_000)
    pacer.adjust({ windowBytes: 800_000, inSlowStart: false, pacingRate: 0 }, SECOND, 50 * MILLISECOND)
    assert.equal(pacer.budgetBytes(50 * MILLISECOND), 5_000)
    assert.equal(pacer.budgetBytes(51 * MILLISECOND), 6_000)
  })

  it('keeps its promise after datagrams became larger than the bucket was', () => {
    const pacer = emptiedAt0(100_000)
    pacer.onMaxDatagramBytes(65_507)
    const at = pacer.nextSendAt(0, Infinity)
    assert.ok(pacer.budgetBytes(at) >= 2 * 65_507)
  })

  const anyRate = fc.double({ min: 100, max: 1e10, noNaN: true, noDefaultInfinity: true })
  const anySteps = fc.array(
    fc.record({
      wait: fc.integer({ min: 0, max: 20 * MILLISECOND }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    { minLength: 1, maxLength: 60 },
  )

  it('releases no more than rate × time + one burst in any span', () => {
    fc.assert(
      fc.property(anyRate, anySteps, (bytesPerSecond, steps) => {
        const pacer = pacerOf(bytesPerSecond)
        const rate = bytesPerSecond / SECOND
        const burst = Math.max(TEN_DATAGRAMS, rate * 4 * MILLISECOND)
        const sent: { at: number; bytes: number }[] = []
        let now = 0
        for (const { wait, share } of steps) {
          now += wait
          const bytes = Math.floor(pacer.budgetBytes(now) * share)
          pacer.onSent(bytes, now)
          sent.push({ at: now, bytes })
        }
        for (let first = 0; first < sent.length; first++) {
          let bytes = 0
          for (let last = first; last < sent.length; last++) {
            bytes += sent[last]!.bytes
            const allowed = rate * (sent[last]!.at - sent[first]!.at) + burst
            assert.ok(bytes <= allowed * (1 + 1e-9), `${bytes} bytes released, ${allowed} allowed`)
          }
        }
      }),
    )
  })

  it('has what it promised at the promised time, and had not long before', () => {
    fc.assert(
      fc.property(anyRate, anySteps, fc.integer({ min: 1, max: 200_000 }), (bytesPerSecond, steps, wanted) => {
        const pacer = pacerOf(bytesPerSecond)
        let now = 1e12 // an uptime of eleven days: rounding must not break the promise
        for (const { wait, share } of steps) {
          now += wait
          pacer.onSent(Math.floor(pacer.budgetBytes(now) * share), now)
          const quantum = Math.max(2 * DATAGRAM_BYTES, (bytesPerSecond / SECOND) * MILLISECOND)
          const worthwhile = Math.min(Math.max(wanted, DATAGRAM_BYTES), quantum)
          const at = pacer.nextSendAt(now, wanted)
          assert.ok(pacer.budgetBytes(at) >= worthwhile, `${pacer.budgetBytes(at)} bytes at ${at}`)
          if (at > now)
            assert.ok(pacer.budgetBytes(Math.max(now, at - MILLISECOND)) < worthwhile, 'it was there before')
        }
      }),
    )
  })
})
