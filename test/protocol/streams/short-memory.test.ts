// What happens to a thousand streams that nobody reads when the memory of the process is nearly used up.

import assert from 'node:assert/strict'
import { CloseCode, StreamCode } from '../../../src/protocol/errors.ts'
import { MemoryBudget } from '../../../src/protocol/streams/credit.ts'
import type { Stream } from '../../../src/protocol/streams/stream.ts'
import { MILLISECOND, SECOND } from '../../../src/protocol/units.ts'
import { peerId, readAll, TableBench } from './table-bench.ts'

const KIB = 1_024
const MIB = 1_048_576
const RTT = 10 * MILLISECOND
const NOW = 1_000 * SECOND
const SESSIONS = 40
const STREAMS_EACH = 25
const WINDOW = 64 * KIB
const PIECE = 8 * KIB
const MOST = 32 * MIB
const FULL = 0.95 * MOST

interface Crowd {
  readonly budget: MemoryBudget
  readonly benches: readonly TableBench[]
  /** Takes what credit allows of one stream of one session; false: its credit is used up. */
  receive(session: number, number: number, offset: number, length: number): boolean
}

function newCrowd(): Crowd {
  const budget = new MemoryBudget(MOST)
  const benches = Array.from({ length: SESSIONS }, () => new TableBench({ budget }))
  const received = benches.map(() => 0)
  const receive = (session: number, number: number, offset: number, length: number): boolean => {
    const bench = benches[session]!
    if (bench.table.wantsMaxData) bench.table.renewMaxData(RTT, NOW)
    if (bench.table.allowance.wantsTelling) bench.table.allowance.renew()
    if (bench.table.window.limit - received[session]! < length) return false
    received[session]! += length
    const verdict = bench.receive({ id: peerId(number), offset, length })
    assert.equal(verdict, CloseCode.none)
    return true
  }
  return { budget, benches, receive }
}

/** Opens every stream, then fills their windows, in turn over the sessions; nobody reads. Returns the streams in the order of their opening. */
function stall(crowd: Crowd): Stream[] {
  for (let offset = 0; offset < WINDOW; offset += PIECE) {
    for (let number = 1; number <= STREAMS_EACH; number++) {
      for (let session = 0; session < SESSIONS; session++) {
        crowd.receive(session, number, offset, PIECE)
        assert.ok(crowd.budget.heldBytes <= FULL + PIECE, `${crowd.budget.heldBytes} bytes are held`)
      }
    }
  }
  const rows = Array.from({ length: STREAMS_EACH }, (_, i) => crowd.benches.map(({ accepted }) => accepted[i]!))
  return rows.flat()
}

function isEvicted(stream: Stream): boolean {
  return stream.readState === 'reset' && stream.resetCode === StreamCode.stalled
}

describe('a process whose memory is nearly used up (S-13)', () => {
  it('never holds more than 95 % for a thousand stalled streams, and gives up those that have stood still for the longest', () => {
    const crowd = newCrowd()
    const order = stall(crowd)
    const evicted = order.filter(isEvicted)
    assert.ok(evicted.length > 0)
    assert.deepEqual(evicted, order.slice(0, evicted.length))
    for (const stream of evicted) {
      assert.equal(stream.stopToSend, StreamCode.stalled)
      assert.equal(stream.send.resetCode, StreamCode.stalled)
      assert.equal(stream.read(), null)
    }
  })

  it('tells the readers of the streams that it gives up', () => {
    const crowd = newCrowd()
    for (const bench of crowd.benches) bench.takeReady()
    const evicted = stall(crowd).filter(isEvicted)
    const told = new Set(crowd.benches.flatMap((bench) => bench.takeReady()))
    assert.ok(evicted.every((stream) => told.has(stream)))
  })

  it('spares a stream that moves, however little, and the control streams', () => {
    const crowd = newCrowd()
    crowd.receive(0, 1, 0, 32 * KIB)
    const mover = crowd.benches[0]!.accepted[0]!
    assert.equal(crowd.benches[0]!.receive({ id: 0, offset: 0, length: KIB }), CloseCode.none)
    mover.read()
    let evicted = 0
    for (let number = 1; number <= STREAMS_EACH; number++) {
      for (let session = 1; session < SESSIONS; session++) {
        for (let offset = 0; offset < WINDOW; offset += 16 * KIB) crowd.receive(session, number, offset, 16 * KIB)
        mover.release(1)
      }
      evicted = crowd.benches.flatMap(({ accepted }) => accepted).filter(isEvicted).length
    }
    assert.ok(evicted > 0)
    assert.equal(isEvicted(mover), false)
    assert.equal(crowd.benches[0]!.control.readState, 'open')
  })

  it('agrees with the peer about the credit of what it gave up, and forgets it when the peer has answered', () => {
    const crowd = newCrowd()
    const [first] = stall(crowd).filter(isEvicted)
    const bench = crowd.benches.find(({ accepted }) => accepted.includes(first!))!
    const before = bench.table.heldBytes
    // What was under way already still comes, and the reset tells how much more was sent.
    const { highest } = first!.receive
    if (bench.table.wantsMaxData) bench.table.renewMaxData(RTT, NOW)
    assert.equal(bench.receiveReset(first!.id, StreamCode.stalled, highest), CloseCode.none)
    assert.equal(bench.table.heldBytes, before)
    first!.send.onResetSent()
    first!.send.onResetAcked()
    bench.table.onHalfFinished(first!)
    assert.equal(first!.isClosed, true)
    assert.equal(bench.table.stream(first!.id), null)
  })

  it('gives nothing up while it has room, nor what was read to its end', () => {
    const crowd = newCrowd()
    for (let session = 0; session < SESSIONS; session++) {
      crowd.receive(session, 1, 0, WINDOW)
      const stream = crowd.benches[session]!.accepted[0]!
      crowd.benches[session]!.receive({ id: stream.id, offset: WINDOW, length: 0, fin: true })
      assert.equal(readAll(stream), WINDOW)
    }
    assert.equal(crowd.budget.stalls.first, null)
    for (const { accepted } of crowd.benches) assert.equal(accepted.some(isEvicted), false)
  })
})
