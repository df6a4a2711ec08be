import assert from 'node:assert/strict'
import fc from 'fast-check'
import { AckNews } from '../../../src/protocol/recovery/ack-news.ts'
import { AckFrame } from '../../../src/protocol/wire/ack-frame.ts'

type Range = readonly [first: number, last: number]

/** Ranges newest first, as they stand in an ACK. */
function ackOf(ranges: readonly Range[]): AckFrame {
  const frame = new AckFrame()
  frame.count = ranges.length
  for (const [i, [first, last]] of ranges.entries()) {
    frame.first[i] = first
    frame.last[i] = last
  }
  return frame
}

function newsOf(news: AckNews, ranges: readonly Range[]): Range[] {
  const frame = ackOf(ranges)
  const spans: Range[] = []
  while (news.next(frame)) spans.push([news.first, news.last])
  return spans
}

/** The ranges of a set of packets, at most 64 of them, newest first. */
function rangesOf(packets: readonly number[]): Range[] {
  const ranges: [number, number][] = []
  for (const packet of [...new Set(packets)].sort((a, b) => b - a)) {
    const range = ranges.at(-1)
    if (range?.[0] === packet + 1) range[0] = packet
    else ranges.push([packet, packet])
  }
  return ranges.slice(0, 64)
}

describe('AckNews', () => {
  it('is all of the first ACK, newest range first', () => {
    assert.deepEqual(newsOf(new AckNews(), [[8, 10], [3, 5]]), [[8, 10], [3, 5]]) // biome-ignore format: one line reads better
  })

  it('is nothing the second time', () => {
    const news = new AckNews()
    newsOf(news, [[8, 10], [3, 5]]) // biome-ignore format: one line reads better
    assert.deepEqual(newsOf(news, [[8, 10], [3, 5]]), []) // biome-ignore format: one line reads better
  })

  it('is what lies between, before and behind what was told', () => {
    const news = new AckNews()
    newsOf(news, [[8, 10], [3, 5]]) // biome-ignore format: one line reads better
    assert.deepEqual(newsOf(news, [[2, 12]]), [[11, 12], [6, 7], [2, 2]]) // biome-ignore format: one line reads better
  })

  it('is what a set would say, however ACKs grow, shrink and come late', () => {
    const packets = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(fc.array(packets, { minLength: 1, maxLength: 8 }), (acks) => {
        const news = new AckNews()
        let told = new Set<number>()
        for (const ack of acks.map(rangesOf)) {
          const now = new Set(ack.flatMap(([first, last]) => numbers(first, last)))
          const found = newsOf(news, ack).flatMap(([first, last]) => numbers(first, last).reverse())
          assert.deepEqual(
            found,
            [...now].filter((packet) => !told.has(packet)).sort((a, b) => b - a),
          )
          told = now
        }
      }),
    )
  })
})

function numbers(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}
