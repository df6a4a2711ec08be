import assert from 'node:assert/strict'
import fc from 'fast-check'
import { SendSchedule } from '../../../src/protocol/streams/schedule.ts'
import type { Stream } from '../../../src/protocol/streams/stream.ts'
import { loneStream } from './lone-stream.ts'

/** More than any turn. */
const TURN = 2_000

function scheduleOf(...ids: number[]): { readonly schedule: SendSchedule; readonly streams: Stream[] } {
  const schedule = new SendSchedule()
  const streams = ids.map(loneStream)
  for (const stream of streams) schedule.add(stream)
  return { schedule, streams }
}

/** Whose turns they are, one after the other. */
function turns(schedule: SendSchedule, count: number): (number | undefined)[] {
  return Array.from({ length: count }, () => {
    const id = schedule.peek()?.id
    schedule.spend(TURN)
    return id
  })
}

describe('SendSchedule', () => {
  it('gives each stream its turn, in the order in which they came', () => {
    const { schedule } = scheduleOf(4, 2, 6)
    assert.deepEqual(turns(schedule, 7), [4, 2, 6, 4, 2, 6, 4])
  })

  it('counts pieces of a turn together, even if the stream had to wait for credit between them', () => {
    const { schedule } = scheduleOf(2, 4)
    schedule.spend(600)
    assert.equal(schedule.peek()?.id, 2)
    schedule.park()
    schedule.park()
    schedule.unpark()
    assert.equal(schedule.peek()?.id, 2)
    schedule.spend(600)
    assert.equal(schedule.peek()?.id, 4)
  })

  it('keeps one turn for a stream that is added again', () => {
    const { schedule, streams } = scheduleOf(2, 4)
    schedule.add(streams[0]!)
    assert.deepEqual(turns(schedule, 4), [2, 4, 2, 4])
  })

  it('lets the control stream go first until it has nothing more, then goes on where it was (C-6)', () => {
    const { schedule } = scheduleOf(2, 4)
    schedule.spend(TURN)
    schedule.add(loneStream(0))
    assert.deepEqual(turns(schedule, 3), [0, 0, 0])
    schedule.drop()
    assert.deepEqual(turns(schedule, 2), [4, 2])
  })

  it('forgets who has nothing more to send, until it comes again', () => {
    const { schedule, streams } = scheduleOf(2, 4)
    schedule.drop()
    assert.equal(streams[0]!.isScheduled, false)
    assert.deepEqual(turns(schedule, 2), [4, 4])
    schedule.add(streams[0]!)
    assert.deepEqual(turns(schedule, 2), [4, 2])
  })

  it('passes parked streams over until credit comes, then has them all in turn', () => {
    const { schedule, streams } = scheduleOf(2, 4, 6)
    schedule.park()
    schedule.park()
    assert.deepEqual(turns(schedule, 2), [6, 6])
    schedule.add(streams[0]!)
    assert.deepEqual(turns(schedule, 2), [6, 6])
    schedule.unpark()
    assert.deepEqual(turns(schedule, 3), [6, 2, 4])
  })

  it('brings the control stream back to the front after it was parked', () => {
    const { schedule } = scheduleOf(2, 0)
    schedule.park()
    assert.equal(schedule.peek()?.id, 2)
    schedule.unpark()
    assert.equal(schedule.peek()?.id, 0)
  })

  it('takes back from waiting only the stream whose bytes were lost', () => {
    const { schedule, streams } = scheduleOf(2, 4)
    schedule.park()
    schedule.park()
    schedule.onLost(streams[1]!)
    assert.deepEqual(turns(schedule, 2), [4, 4])
    schedule.onLost(streams[1]!)
    assert.deepEqual(turns(schedule, 2), [4, 4])
    schedule.unpark()
    assert.deepEqual(turns(schedule, 2), [4, 2])
  })

  it('does not bring back a stream that has closed while it waited for credit', () => {
    const { schedule, streams } = scheduleOf(2, 4)
    schedule.park()
    schedule.park()
    schedule.forget(streams[0]!)
    schedule.unpark()
    assert.deepEqual(turns(schedule, 2), [4, 4])
  })

  it('holds each stream exactly once while it counts as scheduled, whatever happens to it', () => {
    const act = fc.record({
      kind: fc.constantFrom('add', 'drop', 'park', 'unpark', 'spend', 'onLost', 'forget'),
      stream: fc.nat(4),
    })
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        const schedule = new SendSchedule()
        const streams = [0, 2, 4, 6, 8].map(loneStream)
        for (const { kind, stream } of acts) {
          const target = streams[stream]!
          if (kind === 'add' || kind === 'onLost') schedule[kind](target)
          else if (kind === 'forget') schedule.forget(target)
          else if (kind !== 'spend') schedule[kind as 'drop' | 'park' | 'unpark']()
          else if (schedule.peek() !== null) schedule.spend(stream * 300)
          if (kind === 'add' || kind === 'onLost') assert.equal(target.isScheduled, true)
        }
        const scheduled = streams.filter((stream) => stream.isScheduled)
        schedule.unpark()
        const found: Stream[] = []
        for (let stream = schedule.peek(); stream !== null; stream = schedule.peek()) {
          found.push(stream)
          schedule.drop()
        }
        assert.equal(found.length, scheduled.length)
        assert.deepEqual(new Set(found), new Set(scheduled))
      }),
    )
  })
})
