import assert from 'node:assert/strict'
import { CloseCode, StreamCode } from '../../../src/protocol/errors.ts'
import { SentFrame } from '../../../src/protocol/recovery/sent.ts'
import { MemoryBudget } from '../../../src/protocol/streams/credit.ts'
import type { Stream } from '../../../src/protocol/streams/stream.ts'
import { finishBoth, peerId, TableBench } from './table-bench.ts'

describe('StreamTable: opening', () => {
  it('numbers the streams of a listener 2, 4, 6 and those of a dialler 1, 3, 5', () => {
    for (const ownBit of [0, 1] as const) {
      const { table } = new TableBench({ ownBit })
      assert.deepEqual([table.open()?.id, table.open()?.id, table.open()?.id], ownBit === 0 ? [2, 4, 6] : [1, 3, 5])
    }
  })

  it('opens no more than the peer allows, and tells once when it allows more (S-1)', () => {
    const bench = new TableBench({ peer: { maxStreams: 2 } })
    bench.table.open()
    bench.table.open()
    assert.equal(bench.table.open(), null)
    assert.equal(bench.table.open(), null)
    assert.equal(bench.receiveMaxStreams(2), CloseCode.none)
    assert.equal(bench.availabilities, 0)
    bench.receiveMaxStreams(4)
    bench.receiveMaxStreams(5)
    assert.equal(bench.availabilities, 1)
    assert.notEqual(bench.table.open(), null)
  })

  it('holds no more open than it is asked to, and tells when one that was refused may be opened', () => {
    const bench = new TableBench({ peer: { maxStreams: 10 } })
    const first = bench.table.open(2) as Stream
    assert.notEqual(bench.table.open(2), null)
    finishBoth(bench, first)
    assert.equal(bench.availabilities, 0, 'nobody was refused')
    const second = bench.table.open(2) as Stream
    assert.equal(bench.table.open(2), null)
    finishBoth(bench, second)
    assert.equal(bench.availabilities, 1)
    assert.notEqual(bench.table.open(2), null)
  })

  it('says nothing of a stream that has closed while the peer allows no other', () => {
    const bench = new TableBench({ peer: { maxStreams: 1 } })
    const only = bench.table.open() as Stream
    assert.equal(bench.table.open(), null)
    finishBoth(bench, only)
    assert.equal(bench.availabilities, 0)
  })

  it('does not tell of more streams when nobody was refused one', () => {
    const bench = new TableBench({ peer: { maxStreams: 2 } })
    bench.receiveMaxStreams(4)
    assert.equal(bench.availabilities, 0)
  })

  it('opens every lower stream with a higher one (S-2)', () => {
    const bench = new TableBench()
    bench.receive({ id: peerId(3), offset: 0, length: 1 })
    assert.deepEqual(
      bench.accepted.map(({ id }) => id),
      [1, 3, 5],
    )
    bench.receive({ id: peerId(1), offset: 0, length: 1 })
    assert.equal(bench.accepted.length, 3)
  })

  it('opens the stream of the peer that any frame names (S-8)', () => {
    const frames: readonly ((bench: TableBench) => number)[] = [
      (bench) => bench.receiveReset(peerId(1), 1, 0),
      (bench) => bench.receiveStop(peerId(1), 1),
      (bench) => bench.receiveMaxStreamData(peerId(1), 1),
    ]
    for (const frame of frames) {
      const bench = new TableBench()
      assert.equal(frame(bench), CloseCode.none)
      assert.equal(bench.accepted.length, 1)
    }
  })

  it('refuses a stream of the peer beyond what it was told (S-1)', () => {
    const bench = new TableBench({ settings: { initialMaxStreams: 10 } })
    assert.equal(bench.receive({ id: peerId(11), offset: 0, length: 1 }), CloseCode.streamLimit)
    // The limit has grown here, but the peer has not been told.
    assert.equal(bench.receive({ id: peerId(10), offset: 0, length: 1 }), CloseCode.none)
    assert.equal(bench.table.allowance.wantsTelling, true)
    assert.equal(bench.receive({ id: peerId(11), offset: 0, length: 1 }), CloseCode.streamLimit)
    bench.table.allowance.renew()
    assert.equal(bench.receive({ id: peerId(11), offset: 0, length: 1 }), CloseCode.none)
  })

  it('refuses frames for a stream of ours that was never opened (S-8)', () => {
    const bench = new TableBench()
    bench.table.open()
    assert.equal(bench.receive({ id: 4, offset: 0, length: 1 }), CloseCode.streamState)
    assert.equal(bench.receiveReset(4, 1, 0), CloseCode.streamState)
    assert.equal(bench.receiveStop(4, 1), CloseCode.streamState)
    assert.equal(bench.receiveMaxStreamData(4, 1), CloseCode.streamState)
    assert.equal(bench.receive({ id: 2, offset: 0, length: 1 }), CloseCode.none)
  })

  it('ignores frames for a stream that has closed, whoever opened it (S-8)', () => {
    const bench = new TableBench()
    const own = bench.table.open() as Stream
    bench.receive({ id: peerId(1), offset: 0, length: 0 })
    for (const stream of [own, bench.accepted[0]!]) {
      finishBoth(bench, stream)
      assert.equal(stream.isClosed, true)
      const { id } = stream
      assert.equal(bench.receive({ id, offset: 0, length: 100 }), CloseCode.none)
      assert.equal(bench.receiveReset(id, 1, 99), CloseCode.none)
      assert.equal(bench.receiveStop(id, 1), CloseCode.none)
      assert.equal(bench.receiveMaxStreamData(id, 1), CloseCode.none)
    }
    assert.equal(bench.table.heldBytes, 0)
    assert.equal(bench.accepted.length, 1)
  })

  it('doubles the limit of a peer that uses half of it, from 100 up to 16,384', () => {
    const bench = new TableBench()
    const told: number[] = [bench.table.allowance.limit]
    for (let number = 1; number <= bench.table.allowance.limit; number++) {
      assert.equal(bench.receive({ id: peerId(number), offset: 0, length: 0 }), CloseCode.none)
      if (bench.table.allowance.wantsTelling) told.push(bench.table.allowance.renew())
    }
    assert.deepEqual(told, [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 16_384])
    assert.equal(bench.receive({ id: peerId(16_385), offset: 0, length: 0 }), CloseCode.streamLimit)
    assert.equal(bench.accepted.length, 16_384)
  })

  it('replaces closed streams and no more when the limit is fixed (S-1)', () => {
    const bench = new TableBench({ settings: { initialMaxStreams: 8, ceilingMaxStreams: 8 } })
    bench.receive({ id: peerId(8), offset: 0, length: 0 })
    assert.equal(bench.table.allowance.wantsTelling, false)
    for (const stream of bench.accepted.slice(0, 3)) finishBoth(bench, stream)
    assert.equal(bench.table.allowance.wantsTelling, true)
    assert.equal(bench.table.allowance.renew(), 11)
  })

  it('gives a limit of one back, one stream after the other', () => {
    const bench = new TableBench({ settings: { initialMaxStreams: 1, ceilingMaxStreams: 1 } })
    for (let number = 1; number <= 5; number++) {
      assert.equal(bench.receive({ id: peerId(number), offset: 0, length: 0 }), CloseCode.none)
      finishBoth(bench, bench.accepted.at(-1)!)
      assert.equal(bench.table.allowance.wantsTelling, true)
      assert.equal(bench.table.allowance.renew(), number + 1)
    }
  })

  it('lets a peer have no more streams than before while the process holds too much', () => {
    const bench = new TableBench({ settings: { initialMaxStreams: 8 }, budget: new MemoryBudget(1_000) })
    bench.budget.heldBytes = 801
    bench.receive({ id: peerId(8), offset: 0, length: 0 })
    assert.equal(bench.table.allowance.wantsTelling, false)
  })

  it('refuses new streams while the process is full, and forgets them once the peer agrees', () => {
    const bench = new TableBench({ budget: new MemoryBudget(1_000) })
    bench.budget.heldBytes = 951
    bench.receive({ id: peerId(1), offset: 0, length: 10 })
    assert.equal(bench.accepted.length, 0)
    const stream = bench.table.stream(peerId(1))!
    assert.equal(stream.stopToSend, StreamCode.overloaded)
    assert.equal(stream.send.resetCode, StreamCode.overloaded)
    assert.equal(bench.table.heldBytes, 0)
    stream.send.onResetSent()
    bench.actions.onFrameAcked(SentFrame.resetStream, stream.id, 0, 0)
    bench.receiveReset(stream.id, StreamCode.overloaded, 10)
    assert.equal(bench.table.openStreams, 0)
    assert.equal(bench.budget.heldBytes, 951)
  })

  it('counts its own and the peer’s streams until both sides are through with them', () => {
    const bench = new TableBench()
    const own = bench.table.open() as Stream
    bench.receive({ id: peerId(1), offset: 0, length: 0 })
    assert.deepEqual([bench.table.openStreams, bench.table.openedStreams], [2, 1])
    finishBoth(bench, bench.accepted[0]!)
    assert.deepEqual([bench.table.openStreams, bench.table.openedStreams], [1, 1])
    finishBoth(bench, own)
    assert.deepEqual([bench.table.openStreams, bench.table.openedStreams], [0, 0])
  })
})
