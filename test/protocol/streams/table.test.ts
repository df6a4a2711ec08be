import assert from 'node:assert/strict'
import { CloseCode, StreamCode } from '../../../src/protocol/errors.ts'
import { SentFrame } from '../../../src/protocol/recovery/sent.ts'
import type { Stream } from '../../../src/protocol/streams/stream.ts'
import { readAll, TableBench } from './table-bench.ts'

describe('StreamTable: the control stream', () => {
  it('is no stream that anybody could end, reset or stop (S-10)', () => {
    assert.equal(new TableBench().receiveReset(0, 1, 0), CloseCode.protocolViolation)
    assert.equal(new TableBench().receiveStop(0, 1), CloseCode.protocolViolation)
    assert.equal(new TableBench().receive({ id: 0, offset: 0, length: 3, fin: true }), CloseCode.protocolViolation)
  })

  it('is there on both sides from the start, and does not count (S-1)', () => {
    for (const ownBit of [0, 1] as const) {
      const bench = new TableBench({ ownBit })
      assert.equal(bench.receive({ id: 0, offset: 0, length: 5 }), CloseCode.none)
      assert.deepEqual(bench.takeReady(), [bench.control])
      assert.equal(bench.table.openStreams, 0)
      assert.equal(bench.accepted.length, 0)
    }
  })
})

describe('StreamTable: what is told', () => {
  it('tells of a stream once until it is asked, however much happens', () => {
    const bench = new TableBench()
    bench.receive({ id: 1, offset: 0, length: 10 })
    bench.receive({ id: 1, offset: 10, length: 10 })
    bench.receiveStop(1, 4)
    assert.deepEqual(bench.takeReady(), bench.accepted)
    assert.deepEqual(bench.takeReady(), [])
  })

  it('does not tell of bytes that nobody can read yet', () => {
    const bench = new TableBench()
    bench.receive({ id: 1, offset: 10, length: 10 })
    assert.deepEqual(bench.takeReady(), [])
    bench.receive({ id: 1, offset: 0, length: 10 })
    assert.deepEqual(bench.takeReady(), bench.accepted)
  })

  it('tells of an end that brings no bytes', () => {
    const bench = new TableBench()
    bench.receive({ id: 1, offset: 0, length: 10 })
    readAll(bench.accepted[0]!)
    bench.takeReady()
    bench.receive({ id: 1, offset: 10, length: 0, fin: true })
    assert.deepEqual(bench.takeReady(), bench.accepted)
    assert.equal(bench.accepted[0]!.readState, 'ended')
  })

  it('tells of a reset at once, and of nothing before it any more', () => {
    const bench = new TableBench()
    bench.receive({ id: 1, offset: 0, length: 10 })
    bench.takeReady()
    bench.receiveReset(1, 77, 10)
    assert.deepEqual(bench.takeReady(), bench.accepted)
    assert.equal(bench.accepted[0]!.readState, 'reset')
    assert.equal(bench.accepted[0]!.resetCode, 77)
    assert.equal(bench.accepted[0]!.read(), null)
  })
})

describe('StreamTable: a peer that wants no more', () => {
  it('is answered with a reset (S-7)', () => {
    const bench = new TableBench()
    for (const stream of [bench.table.open() as Stream, bench.table.open() as Stream]) {
      stream.write(new Uint8Array(10))
      // The second has said its end, which nobody has acknowledged.
      if (stream.id === 4) stream.finish()
      assert.equal(bench.receiveStop(stream.id, 9), CloseCode.none)
      assert.deepEqual([stream.send.wantsReset, stream.send.resetCode], [true, 9])
      assert.equal(bench.table.controlQueue.shift(), stream)
    }
  })

  it('is not answered once it has acknowledged the end (S-7)', () => {
    const bench = new TableBench()
    const stream = bench.table.open() as Stream
    stream.finish()
    stream.send.onSent(0, 0, true)
    bench.actions.onFrameAcked(SentFrame.streamFin, stream.id, 0, 0)
    assert.equal(bench.receiveStop(stream.id, 9), CloseCode.none)
    assert.equal(stream.send.wantsReset, false)
    assert.equal(bench.table.controlQueue.length, 0)
  })
})

describe('StreamTable: a session that is gone', () => {
  it('resets every stream that had not ended, and tells of each', () => {
    const bench = new TableBench()
    const own = bench.table.open() as Stream
    own.write(new Uint8Array(10))
    own.finish()
    bench.receive({ id: 1, offset: 0, length: 10 })
    bench.takeReady()
    bench.table.abandon(StreamCode.sessionLost)
    for (const stream of [own, bench.accepted[0]!, bench.control]) {
      assert.equal(stream.readState, 'reset')
      assert.equal(stream.resetCode, StreamCode.sessionLost)
      assert.equal(stream.isClosed, true)
      assert.equal(stream.isWritable, false)
      assert.equal(stream.read(), null)
    }
    assert.deepEqual(new Set(bench.takeReady()), new Set([own, bench.accepted[0]!, bench.control]))
    assert.equal(bench.table.openStreams, 0)
  })

  it('still says of each stream whether the peer can know of it', () => {
    const bench = new TableBench()
    const kept = bench.table.open() as Stream
    kept.write(new Uint8Array(10))
    const begun = bench.table.open() as Stream
    begun.write(new Uint8Array(10))
    begun.send.onSent(0, 5, false)
    bench.table.abandon(StreamCode.sessionLost)
    assert.equal(kept.wasEverSent, false)
    assert.equal(begun.wasEverSent, true)
  })

  it('takes no more frames: nothing is opened, told or held', () => {
    const bench = new TableBench({ peer: { maxStreams: 0 } })
    bench.table.open()
    bench.table.abandon(StreamCode.sessionLost)
    bench.takeReady()
    bench.hasWork = false
    assert.equal(bench.receive({ id: 1, offset: 0, length: 10 }), CloseCode.none)
    assert.equal(bench.receiveReset(3, 1, 10), CloseCode.none)
    assert.equal(bench.receiveMaxStreams(50), CloseCode.none)
    assert.equal(bench.accepted.length, 0)
    assert.equal(bench.availabilities, 0)
    assert.deepEqual(bench.takeReady(), [])
    assert.equal(bench.budget.heldBytes, 0)
    assert.equal(bench.hasWork, false)
    assert.equal(bench.table.open(), null)
  })

  it('lets the application do what it likes with a dead stream', () => {
    const bench = new TableBench()
    const stream = bench.table.open() as Stream
    bench.receive({ id: stream.id, offset: 0, length: 10 })
    stream.read()
    bench.table.abandon(StreamCode.sessionLost)
    bench.hasWork = false
    assert.equal(stream.write(new Uint8Array(10)), false)
    stream.finish()
    stream.reset(1)
    stream.stop(1)
    stream.release(10)
    assert.equal(bench.hasWork, false)
    assert.equal(bench.table.controlQueue.length, 0)
    assert.equal(stream.stopToSend, -1)
  })
})
