import assert from 'node:assert/strict'
import fc from 'fast-check'
import { MOST_ACK_RANGES } from '../../../src/protocol/limits.ts'
import { ReceivedPackets } from '../../../src/protocol/recovery/received.ts'

type Range = readonly [first: number, last: number]

function rangesIn(received: ReceivedPackets): Range[] {
  return Array.from({ length: received.count }, (_, i) => [received.rangeFirst(i), received.rangeLast(i)] as const)
}

function receivedOf(...packets: readonly number[]): ReceivedPackets {
  const received = new ReceivedPackets()
  for (const packet of packets) if (!received.has(packet)) received.add(packet)
  return received
}

/** The runs of a set of numbers, by the dullest means. */
function runsOf(packets: ReadonlySet<number>): Range[] {
  const runs: [number, number][] = []
  for (const packet of [...packets].sort((a, b) => a - b)) {
    const last = runs.at(-1)
    if (last !== undefined && last[1] === packet - 1) last[1] = packet
    else runs.push([packet, packet])
  }
  return runs
}

/** Numbers close together, so that they repeat, touch and merge; now and then a jump. */
const arrivals = (most: number) =>
  fc
    .tuple(
      fc.constantFrom(0, 2 ** 31 - 100, 2 ** 32 - 100, Number.MAX_SAFE_INTEGER - 8_000),
      fc.array(fc.oneof({ weight: 9, arbitrary: fc.nat(most) }, { weight: 1, arbitrary: fc.nat(7_000) }), {
        maxLength: 400,
      }),
    )
    .map(([base, offsets]) => offsets.map((offset) => base + offset))

describe('ReceivedPackets', () => {
  it('starts without any', () => {
    const received = new ReceivedPackets()
    assert.equal(received.largest, -1)
    assert.equal(received.count, 0)
    assert.equal(received.has(0), false)
  })

  it('knows exactly what a set would know, while there are few gaps', () => {
    fc.assert(
      fc.property(arrivals(60), (packets) => {
        const received = new ReceivedPackets()
        const oracle = new Set<number>()
        for (const packet of packets) {
          fc.pre(runsOf(oracle).length < MOST_ACK_RANGES)
          assert.equal(received.has(packet), oracle.has(packet))
          if (!oracle.has(packet)) received.add(packet)
          oracle.add(packet)
          assert.equal(received.largest, Math.max(...oracle))
        }
        assert.deepEqual(rangesIn(received), runsOf(oracle))
      }),
    )
  })

  it('never takes a packet twice, and is wrong about others only below its oldest range, whatever was forgotten (W-12)', () => {
    const steps = fc.tuple(arrivals(400), fc.array(fc.nat(30), { maxLength: 10 }))
    fc.assert(
      fc.property(steps, ([packets, forgets]) => {
        const received = new ReceivedPackets()
        const taken = new Set<number>()
        for (const [index, packet] of packets.entries()) {
          if (taken.has(packet)) assert.ok(received.has(packet), `${packet} would be taken twice`)
          if (!received.has(packet)) {
            received.add(packet)
            taken.add(packet)
          }
          const back = forgets[index % 40]
          if (back !== undefined && index % 40 === 39) received.forgetThrough(received.largest - back)
        }
        assert.ok(received.count <= MOST_ACK_RANGES)
        const kept = new Set([...taken].filter((packet) => packet >= received.rangeFirst(0)))
        assert.deepEqual(rangesIn(received), packets.length === 0 ? [] : runsOf(kept))
        for (const packet of packets) assert.ok(received.has(packet))
      }),
      { numRuns: 300 },
    )
  })

  it('joins two ranges when the packet between them comes', () => {
    assert.deepEqual(rangesIn(receivedOf(1, 2, 4, 5)), [
      [1, 2],
      [4, 5],
    ])
    assert.deepEqual(rangesIn(receivedOf(1, 2, 4, 5, 3)), [[1, 5]])
  })

  it('keeps the newest 64 ranges and takes what lies below for received (W-12)', () => {
    const received = new ReceivedPackets()
    for (let packet = 0; packet <= 200; packet += 2) received.add(packet)
    assert.equal(received.count, MOST_ACK_RANGES)
    assert.equal(received.rangeFirst(0), 200 - 2 * (MOST_ACK_RANGES - 1))
    assert.ok(received.has(1), 'it never came, but the peer has given it up')
    assert.equal(received.has(199), false)
  })

  it('takes a very late packet once, though it has no range left for it', () => {
    const received = new ReceivedPackets()
    for (let packet = 10; packet < 10 + 2 * MOST_ACK_RANGES; packet += 2) received.add(packet)
    assert.equal(received.has(3), false)
    received.add(3)
    assert.equal(received.has(3), true)
    assert.equal(received.count, MOST_ACK_RANGES)
    assert.equal(received.rangeFirst(0), 10)
  })

  it('forgets what the peer knows to have arrived, but never the newest range', () => {
    const received = receivedOf(0, 1, 4, 5, 8)
    received.forgetThrough(5)
    assert.deepEqual(rangesIn(received), [[8, 8]])
    received.forgetThrough(8)
    assert.deepEqual(rangesIn(received), [[8, 8]])
    assert.ok([0, 1, 4, 5, 8].every((packet) => received.has(packet)))
  })

  it('forgets all but the newest range when the peer knows of everything', () => {
    const received = receivedOf(0, 1, 4, 5, 8)
    received.forgetThrough(8)
    assert.deepEqual(rangesIn(received), [[8, 8]])
  })

  it('keeps a range of which the peer knows only a part', () => {
    const received = receivedOf(0, 4, 5, 6, 9)
    received.forgetThrough(5)
    assert.deepEqual(rangesIn(received), [
      [4, 6],
      [9, 9],
    ])
  })

  it('still takes a packet that was overtaken when the ranges around it are forgotten one ACK later', () => {
    const received = receivedOf(0, 1, 2, 4, 5)
    received.forgetThrough(5)
    assert.equal(received.has(3), false)
  })
})
