import assert from 'node:assert/strict'
import { CloseCode, StreamCode } from '../../../src/protocol/errors.ts'
import { SentFrame } from '../../../src/protocol/recovery/sent.ts'
import { MemoryBudget } from '../../../src/protocol/streams/credit.ts'
import type { Stream } from '../../../src/protocol/streams/stream.ts'
import { MILLISECOND, type Micros } from '../../../src/protocol/units.ts'
import { peerId, readAll, TableBench } from './table-bench.ts'

const KIB = 1_024
const MIB = 1_048_576
const RTT: Micros = 50 * MILLISECOND
const NOW: Micros = 1_000_000

describe('StreamTable: credit for the peer', () => {
  it('refuses bytes beyond a stream’s window, and a reset that claims them (S-3)', () => {
    const settings = { initialStreamWindow: 100 }
    const bench = new TableBench({ settings })
    assert.equal(bench.receive({ id: 1, offset: 0, length: 100 }), CloseCode.none)
    assert.equal(bench.receive({ id: 1, offset: 100, length: 1 }), CloseCode.flowControl)
    assert.equal(new TableBench({ settings }).receiveReset(1, 1, 101), CloseCode.flowControl)
    assert.equal(new TableBench({ settings }).receiveReset(1, 1, 100), CloseCode.none)
  })

  it('refuses bytes beyond the session’s window, gaps and resets included (S-3, S-6)', () => {
    const settings = { initialStreamWindow: 100, initialSessionWindow: 150 }
    const full = () => {
      const bench = new TableBench({ settings })
      bench.receive({ id: 1, offset: 99, length: 1 })
      return bench
    }
    assert.equal(full().receive({ id: 3, offset: 0, length: 50 }), CloseCode.none)
    assert.equal(full().receive({ id: 3, offset: 50, length: 1 }), CloseCode.flowControl)
    assert.equal(full().receiveReset(3, 1, 51), CloseCode.flowControl)
    assert.equal(full().receiveReset(3, 1, 50), CloseCode.none)
  })

  it('counts the final size of a stream that was reset, whatever came of it (S-6)', () => {
    const bench = new TableBench({ settings: { initialStreamWindow: 100, initialSessionWindow: 150 } })
    bench.receive({ id: 1, offset: 0, length: 10 })
    assert.equal(bench.receiveReset(1, 9, 100), CloseCode.none)
    assert.equal(bench.receive({ id: 3, offset: 0, length: 50 }), CloseCode.none)
    assert.equal(bench.receive({ id: 3, offset: 50, length: 1 }), CloseCode.flowControl)
  })

  it('does not count repeated bytes twice (S-3)', () => {
    const bench = new TableBench({ settings: { initialSessionWindow: 150 } })
    for (let i = 0; i < 5; i++) assert.equal(bench.receive({ id: 1, offset: 0, length: 100 }), CloseCode.none)
    assert.equal(bench.table.heldBytes, 100)
  })

  it('gives credit back when bytes are released, not when they are read (S-11)', () => {
    const bench = new TableBench({ settings: { initialStreamWindow: 1_000, initialSessionWindow: 4 * MIB } })
    bench.receive({ id: 1, offset: 0, length: 600 })
    const stream = bench.accepted[0]!
    readAll(stream)
    assert.equal(stream.wantsCredit, false)
    assert.equal(bench.table.heldBytes, 600)
    stream.release(600)
    assert.equal(stream.wantsCredit, true)
    assert.equal(bench.table.controlQueue.peek(), stream)
    assert.equal(bench.table.renewMaxStreamData(stream, RTT, NOW), 1_600)
    assert.equal(bench.table.heldBytes, 0)
  })

  it('repeats a limit of a stream whose packet was lost, until there is no need for it', () => {
    const bench = new TableBench({ settings: { initialStreamWindow: 1_000 } })
    bench.receive({ id: 1, offset: 0, length: 600 })
    const stream = bench.accepted[0]!
    stream.release(readAll(stream))
    bench.table.renewMaxStreamData(stream, RTT, NOW)
    bench.table.controlQueue.shift()
    stream.isInControlQueue = false
    assert.equal(stream.wantsCredit, false)
    bench.actions.onFrameLost(SentFrame.maxStreamData, 1, 0, 0)
    assert.equal(stream.wantsCredit, true)
    assert.equal(bench.table.controlQueue.peek(), stream)
    bench.receive({ id: 1, offset: 600, length: 10, fin: true })
    assert.equal(stream.wantsCredit, false)
  })

  it('repeats the limits of the session that were lost', () => {
    const { table, actions } = new TableBench()
    actions.onFrameLost(SentFrame.maxData, 0, 0, 0)
    assert.deepEqual([table.wantsMaxData, table.allowance.wantsTelling], [true, false])
    assert.equal(table.renewMaxData(RTT, NOW), MIB)
    actions.onFrameLost(SentFrame.maxStreams, 0, 0, 0)
    assert.deepEqual([table.wantsMaxData, table.allowance.wantsTelling], [false, true])
    assert.equal(table.allowance.renew(), 100)
  })

  it('keeps credit free for the others while a hundred readers stall', () => {
    const bench = new TableBench()
    for (let number = 1; number <= 100; number++) {
      for (let offset = 0; offset < 256 * KIB; offset += 32 * KIB) {
        assert.equal(bench.receive({ id: peerId(number), offset, length: 32 * KIB }), CloseCode.none)
        if (bench.table.wantsMaxData) bench.table.renewMaxData(RTT, NOW)
        if (bench.table.allowance.wantsTelling) bench.table.allowance.renew()
      }
    }
    assert.equal(bench.table.heldBytes, 100 * 256 * KIB)
    assert.ok(bench.table.window.limit - bench.table.heldBytes >= 0.75 * MIB)
    assert.equal(bench.receive({ id: peerId(101), offset: 0, length: 64 * KIB }), CloseCode.none)
  })

  it('lets stalled readers hold no more than the process may, and goes on as soon as it holds less', () => {
    const bench = new TableBench({ budget: new MemoryBudget(4 * MIB) })
    let verdict: number = CloseCode.none
    let number = 0
    while (verdict === CloseCode.none) {
      number++
      verdict = bench.receive({ id: peerId(number), offset: 0, length: 64 * KIB })
      if (bench.table.wantsMaxData) bench.table.renewMaxData(RTT, NOW)
    }
    assert.equal(verdict, CloseCode.flowControl)
    assert.ok(bench.table.heldBytes <= 4 * MIB + MIB, `${bench.table.heldBytes} bytes`)
    assert.equal(bench.table.wantsMaxData, false)
    for (const stream of bench.accepted) stream.release(readAll(stream))
    assert.equal(bench.table.wantsMaxData, true)
    assert.equal(bench.table.renewMaxData(RTT, NOW), bench.table.window.limit)
    assert.ok(bench.table.window.limit >= number * 64 * KIB)
  })

  it('gives credit again as soon as another session has made room', () => {
    const budget = new MemoryBudget(20 * MIB)
    const bench = new TableBench({ budget })
    budget.hold(17 * MIB)
    for (let number = 1; number <= 4; number++) bench.receive({ id: peerId(number), offset: 0, length: 256 * KIB })
    assert.equal(bench.table.wantsMaxData, false)
    bench.hasWork = false
    budget.release(2 * MIB)
    assert.equal(bench.hasWork, true)
    assert.equal(bench.table.wantsMaxData, true)
    assert.equal(bench.table.renewMaxData(RTT, NOW), 2 * MIB)
  })

  it('waits for room no longer once its session is gone', () => {
    const budget = new MemoryBudget(20 * MIB)
    const bench = new TableBench({ budget })
    budget.hold(17 * MIB)
    for (let number = 1; number <= 4; number++) bench.receive({ id: peerId(number), offset: 0, length: 256 * KIB })
    bench.table.abandon(StreamCode.sessionLost)
    bench.hasWork = false
    budget.release(17 * MIB)
    assert.equal(bench.hasWork, false)
    assert.equal(budget.heldBytes, 0)
  })

  it('returns what was unread when the peer resets or nobody reads any more', () => {
    const bench = new TableBench()
    bench.receive({ id: 1, offset: 0, length: 1_000 })
    bench.receive({ id: 3, offset: 0, length: 1_000 })
    bench.receiveReset(1, 9, 5_000)
    assert.equal(bench.table.heldBytes, 1_000)
    bench.accepted[1]!.stop(9)
    assert.equal(bench.table.heldBytes, 0)
    bench.receive({ id: 3, offset: 1_000, length: 1_000 })
    assert.equal(bench.table.heldBytes, 0)
    assert.equal(bench.budget.heldBytes, 0)
  })

  it('waits for the release of what was read before a reset, also after the stream has closed', () => {
    const bench = new TableBench()
    bench.receive({ id: 1, offset: 0, length: 1_000 })
    const stream = bench.accepted[0]!
    const read = readAll(stream)
    stream.finish()
    stream.send.onSent(0, 0, true)
    bench.actions.onFrameAcked(SentFrame.streamFin, 1, 0, 0)
    bench.receiveReset(1, 9, 3_000)
    assert.equal(stream.isClosed, true)
    assert.equal(bench.table.heldBytes, 1_000)
    stream.release(read)
    assert.equal(bench.budget.heldBytes, 0)
  })

  it('holds nothing of a session that is gone, however it broke the rules', () => {
    const settings = { initialStreamWindow: 100_000 }
    const violations: readonly ((bench: TableBench) => number)[] = [
      (bench) => bench.receive({ id: 1, offset: 90_000, length: 10_000 }),
      (bench) => bench.receive({ id: 1, offset: 0, length: 5, fin: true }),
      (bench) => bench.receiveReset(1, 1, 50_000),
      (bench) => bench.receive({ id: 0, offset: 50_000, length: 10, fin: true }),
    ]
    for (const violate of violations) {
      const bench = new TableBench({ settings })
      bench.receive({ id: 1, offset: 0, length: 10, fin: true })
      readAll(bench.accepted[0]!)
      assert.notEqual(violate(bench), CloseCode.none)
      bench.table.abandon(StreamCode.sessionLost)
      assert.equal(bench.budget.heldBytes, 0)
      assert.equal(bench.table.heldBytes, 0)
      bench.accepted[0]!.release(10)
      assert.equal(bench.budget.heldBytes, 0)
    }
  })
})

describe('StreamTable: credit from the peer', () => {
  it('brings every stream that waited for session credit back in turn', () => {
    const bench = new TableBench({ peer: { sessionWindow: 0 } })
    const streams = [bench.table.open() as Stream, bench.table.open() as Stream, bench.control]
    for (const stream of streams) stream.write(new Uint8Array(10))
    for (const _ of streams) bench.table.schedule.park()
    assert.equal(bench.table.schedule.peek(), null)
    bench.receiveMaxData(0)
    assert.equal(bench.table.schedule.peek(), null)
    bench.receiveMaxData(1)
    assert.equal(bench.table.schedule.peek(), bench.control)
  })

  it('never shrinks, whatever the peer says (S-4)', () => {
    const bench = new TableBench({ peer: { maxStreams: 2, streamWindow: 100, sessionWindow: 100 } })
    const stream = bench.table.open() as Stream
    for (const limit of [99, 0]) {
      assert.equal(bench.receiveMaxData(limit), CloseCode.none)
      assert.equal(bench.receiveMaxStreamData(stream.id, limit), CloseCode.none)
    }
    assert.equal(bench.receiveMaxStreams(1), CloseCode.none)
    assert.deepEqual([bench.table.sendCredit, stream.send.credit], [100, 100])
    assert.notEqual(bench.table.open(), null, 'a second stream was allowed')
  })

  it('keeps no stream that has closed while it waited for session credit', () => {
    const bench = new TableBench({ peer: { sessionWindow: 0 } })
    const stream = bench.table.open() as Stream
    stream.write(new Uint8Array(10))
    bench.table.schedule.park()
    bench.receiveStop(stream.id, 9)
    stream.send.onResetSent()
    bench.actions.onFrameAcked(SentFrame.resetStream, stream.id, 0, 0)
    bench.receive({ id: stream.id, offset: 0, length: 0, fin: true })
    assert.equal(stream.isClosed, true)
    assert.equal(stream.isScheduled, false)
    bench.receiveMaxData(100)
    assert.equal(bench.table.schedule.peek(), null)
  })

  it('does not give a turn to a stream that has nothing for its new credit', () => {
    const bench = new TableBench({ peer: { streamWindow: 0 } })
    const stream = bench.table.open() as Stream
    bench.receiveMaxStreamData(stream.id, 10)
    assert.equal(bench.table.schedule.peek(), null)
    stream.write(new Uint8Array(20))
    bench.table.schedule.drop()
    bench.receiveMaxStreamData(stream.id, 5)
    assert.equal(bench.table.schedule.peek(), null)
    assert.equal(stream.send.credit, 10)
    stream.send.onSent(0, 10, false)
    bench.receiveMaxStreamData(stream.id, 11)
    assert.equal(bench.table.schedule.peek(), stream)
  })

  it('tells a waiting writer once that there is room again', () => {
    const bench = new TableBench()
    const stream = bench.table.open() as Stream
    assert.equal(stream.write(new Uint8Array(270_000)), false) // more than the peer has asked for
    stream.send.onSent(0, 50_000, false)
    bench.table.onNewBytesSent(stream, 50_000)
    assert.deepEqual(bench.takeReady(), [])
    stream.send.onSent(50_000, 100_000, false)
    bench.table.onNewBytesSent(stream, 100_000)
    assert.deepEqual(bench.takeReady(), [stream])
    stream.send.onSent(150_000, 10_000, false)
    bench.table.onNewBytesSent(stream, 10_000)
    assert.deepEqual(bench.takeReady(), [])
    assert.equal(bench.table.sentBytes, 160_000)
  })

  it('tells a waiting writer that the peer wants no more', () => {
    const bench = new TableBench()
    const stream = bench.table.open() as Stream
    stream.write(new Uint8Array(200_000))
    bench.receiveStop(stream.id, 9)
    assert.deepEqual(bench.takeReady(), [stream])
    assert.equal(stream.stopCode, 9)
    assert.equal(stream.isWritable, false)
    assert.equal(stream.write(new Uint8Array(1)), false)
    assert.equal(stream.send.wantsReset, true)
  })
})
