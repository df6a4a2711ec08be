import assert from 'node:assert/strict'
import fc from 'fast-check'
import { MILLISECOND, type Micros, SECOND } from '../../src/protocol/units.ts'
import { HEADER_BYTES, Link } from './link.ts'
import type { LinkSettings } from './link-settings.ts'
import { Prng } from './prng.ts'

const MANY = 50_000

interface Arrived {
  readonly index: number
  readonly at: Micros
}

describe('a simulated link', () => {
  it('delivers every datagram unchanged, in order and after exactly its delay when nothing is wrong', () => {
    const link = linkOf({ delay: 15 * MILLISECOND })
    for (let index = 0; index < 100; index += 1) link.send(numbered(index), index * 10)
    const arrived = drain(link)
    assert.deepEqual(
      arrived,
      Array.from({ length: 100 }, (_, index) => ({ index, at: index * 10 + 15 * MILLISECOND })),
    )
  })

  it('copies what it is given: the sender may reuse its buffer at once', () => {
    const link = linkOf({ delay: 1 })
    const buffer = numbered(7)
    link.send(buffer, 0)
    buffer.fill(0xff)
    assert.equal(indexIn(link.takeArrived(1)!), 7)
  })

  it('holds a datagram back until its time has come', () => {
    const link = linkOf({ delay: 10 })
    link.send(numbered(0), 0)
    assert.equal(link.takeArrived(9), null)
    assert.equal(link.nextArrival(), 10)
    assert.notEqual(link.takeArrived(10), null)
    assert.equal(link.nextArrival(), Infinity)
  })

  it('loses, corrupts, copies and holds back about the share it was told to', () => {
    const link = linkOf({ loss: 0.05, corrupt: 0.02, duplicate: 0.02, reorder: 0.25, reorderBy: 5 * MILLISECOND })
    sendMany(link, MANY)
    const { lost, corrupted, duplicated, reordered } = link.counters
    assertShare(lost, MANY, 0.05)
    assertShare(corrupted, MANY - lost, 0.02)
    assertShare(duplicated, MANY - lost, 0.02)
    assertShare(reordered, MANY - lost + duplicated, 0.25)
    drain(link)
    assert.equal(link.counters.delivered, MANY - lost + duplicated)
  })

  it('changes every datagram that it counts as corrupted, and leaves the copy of nobody else', () => {
    const link = linkOf({ corrupt: 1 })
    for (let size = 1; size < 200; size += 1) {
      const zeros = new Uint8Array(size)
      link.send(zeros, 0)
      assert.ok(link.takeArrived(0)!.some((byte) => byte !== 0))
      assert.ok(zeros.every((byte) => byte === 0))
    }
  })

  it('loses in bursts of the mean length that the two chances give', () => {
    const link = linkOf({ bursts: { enter: 0.01, leave: 0.25 } })
    const runs = lossRuns(link, MANY)
    assertShare(link.counters.lost, MANY, 0.01 / (0.01 + 0.25), 12)
    const mean = link.counters.lost / runs.length
    assert.ok(mean > 3.5 && mean < 4.5, `mean burst ${mean}`)
  })

  it('never loses more in a row than the longest burst allows', () => {
    for (const settings of [{ loss: 0.3 }, { bursts: { enter: 0.2, leave: 0.1 } }]) {
      const runs = lossRuns(linkOf({ ...settings, longestBurst: 3 }), MANY)
      assert.equal(Math.max(...runs), 3)
    }
  })

  it('drops exactly the listed datagrams', () => {
    const link = linkOf({ dropList: [2, 3, 4] })
    for (let index = 0; index < 7; index += 1) link.send(numbered(index), index)
    assert.deepEqual(
      drain(link).map(({ index }) => index),
      [0, 1, 5, 6],
    )
  })

  it('sends at exactly its rate, headers included', () => {
    const link = linkOf({ bitsPerSecond: 10_000_000 })
    const bytes = 1_222
    for (let index = 0; index < 1_000; index += 1) link.send(numbered(index, bytes), 0)
    const arrived = drain(link)
    const perDatagram = (bytes + HEADER_BYTES) * 0.8 // µs at 10 Mbit/s
    for (const { index, at } of arrived) assert.equal(at, (index + 1) * perDatagram)
    assert.equal(arrived.length, 1_000)
  })

  it('lets the queue fill and drops the tail, then takes more once some have left', () => {
    const link = linkOf({ bitsPerSecond: 8_000_000, queuePackets: 25 })
    const bytes = 1_000 - HEADER_BYTES // one millisecond each
    for (let index = 0; index < 40; index += 1) link.send(numbered(index, bytes), 0)
    assert.equal(link.counters.queueFull, 40 - 26)
    link.send(numbered(40, bytes), 2 * MILLISECOND)
    link.send(numbered(41, bytes), 2 * MILLISECOND)
    link.send(numbered(42, bytes), 2 * MILLISECOND)
    assert.equal(link.counters.queueFull, 40 - 26 + 1)
    assert.deepEqual(
      drain(link).map(({ index }) => index),
      [...Array.from({ length: 26 }, (_, index) => index), 40, 41],
    )
  })

  it('drops what is larger than its mtu and nothing else', () => {
    const link = linkOf({ mtu: 1_200 })
    link.send(numbered(0, 1_200), 0)
    link.send(numbered(1, 1_201), 0)
    assert.equal(link.counters.tooLarge, 1)
    assert.equal(drain(link).length, 1)
  })

  it('is dark from the first to the last moment of a blackout and not outside it', () => {
    const link = linkOf({ blackouts: [{ start: 5 * SECOND, length: 2 * SECOND }] })
    for (const at of [4_999_999, 5_000_000, 6_999_999, 7_000_000]) link.send(numbered(at), at)
    assert.deepEqual(
      drain(link).map(({ at }) => at),
      [4_999_999, 7_000_000],
    )
  })

  it('lets datagrams overtake each other only if it jitters or reorders', () => {
    const overtakes = (settings: Partial<LinkSettings>) => {
      const link = linkOf({ delay: 20 * MILLISECOND, ...settings })
      for (let index = 0; index < 2_000; index += 1) link.send(numbered(index), index * 100)
      const order = drain(link).map(({ index }) => index)
      return order.filter((index, at) => at > 0 && index < order[at - 1]!).length
    }
    assert.equal(overtakes({ loss: 0.1, bitsPerSecond: 7_000_000 }), 0)
    assert.ok(overtakes({ jitter: MILLISECOND }) > 500)
    assert.ok(overtakes({ reorder: 0.05, reorderBy: MILLISECOND }) > 50)
  })

  it('does no more harm once it has healed, and keeps its delay', () => {
    const bursts = { enter: 1, leave: 0 }
    for (const harm of [
      { loss: 1, corrupt: 1, dropList: [1] },
      { bursts },
      { blackouts: [{ start: 0, length: 100 }] },
    ]) {
      const link = linkOf({ delay: 9, ...harm })
      link.send(numbered(4), 0)
      link.heal()
      link.send(numbered(5), 0)
      assert.deepEqual(drain(link), [{ index: 5, at: 9 }])
    }
  })

  it('replays byte for byte from its seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (seed) => {
        const run = () => {
          const link = new Link(
            { delay: 1_000, jitter: 900, loss: 0.2, duplicate: 0.1, corrupt: 0.1, reorder: 0.1, reorderBy: 500 },
            new Prng(seed),
          )
          for (let index = 0; index < 50; index += 1) link.send(numbered(index, 64), index * 100)
          const bytes: string[] = []
          for (let at = link.nextArrival(); at < Infinity; at = link.nextArrival()) {
            bytes.push(`${at} ${Buffer.from(link.takeArrived(at)!).toString('hex')}`)
          }
          return bytes
        }
        assert.deepEqual(run(), run())
      }),
      { numRuns: 50 },
    )
  })
})

function linkOf(settings: Partial<LinkSettings>): Link {
  return new Link(settings, new Prng(20_261_121))
}

function numbered(index: number, bytes = 16): Uint8Array {
  const datagram = new Uint8Array(bytes)
  new DataView(datagram.buffer).setUint32(0, index)
  return datagram
}

function indexIn(datagram: Uint8Array): number {
  return new DataView(datagram.buffer, datagram.byteOffset).getUint32(0)
}

function drain(link: Link): Arrived[] {
  const arrived: Arrived[] = []
  for (let at = link.nextArrival(); at < Infinity; at = link.nextArrival()) {
    arrived.push({ index: indexIn(link.takeArrived(at)!), at })
  }
  return arrived
}

function sendMany(link: Link, count: number): void {
  for (let index = 0; index < count; index += 1) link.send(numbered(index), index)
}

/** The lengths of the gaps in what arrives. */
function lossRuns(link: Link, count: number): number[] {
  sendMany(link, count)
  const runs: number[] = []
  let expected = 0
  for (const { index } of drain(link)) {
    if (index > expected) runs.push(index - expected)
    expected = index + 1
  }
  return runs
}

/** `sigmas`: bursts make the counts spread wider than single losses do. */
function assertShare(hits: number, of: number, share: number, sigmas = 5): void {
  const spread = sigmas * Math.sqrt(of * share * (1 - share))
  assert.ok(Math.abs(hits - of * share) <= spread, `${hits} of ${of}, expected about ${of * share} ± ${spread}`)
}
