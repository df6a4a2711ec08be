import assert from 'node:assert/strict'
import type { StreamHandle } from '../../src/protocol/api.ts'
import { StreamCode } from '../../src/protocol/errors.ts'
import { DEFAULT_SETTINGS } from '../../src/protocol/settings.ts'
import { MILLISECOND, SECOND } from '../../src/protocol/units.ts'
import type { Bookkeeper } from './bookkeeper.ts'
import { SETTLING } from './endpoint-pair.ts'
import { statsOf } from './endpoints.ts'
import { assertAtRest, talk } from './session-talk.ts'
import { bytesBetween } from './streams/stream-bytes.ts'

/** Answers each stream with what came on it, at the reader's pace, and ends when the other side does. */
function echo(keeper: Bookkeeper): (stream: StreamHandle) => void {
  return (stream) => {
    if (stream.readState === 'reset') stream.reset(StreamCode.cancelled)
    while (stream.isWritable) {
      const bytes = stream.read()
      if (bytes === null) break
      stream.write(bytes)
      stream.release(bytes.length)
      keeper.read.set(stream, (keeper.read.get(stream) ?? 0) + bytes.length)
    }
    if (stream.readState === 'ended') stream.finish()
  }
}

describe('Session: streams through two endpoints', () => {
  it('carries bytes both ways, and the end of each way by itself', () => {
    const { pair, dialler, listener, ours, theirs } = talk()
    dialler.onStream = (stream) => dialler.drain(stream)
    listener.onStream = (stream) => listener.drain(stream)
    const stream = ours.openStream()!
    stream.write(bytesBetween(0, 100_000))
    stream.finish()
    pair.run(SETTLING)
    const answer = listener.accepted[0]!
    assert.equal(listener.read.get(answer), 100_000)
    assert.equal(answer.readState, 'ended')
    assert.equal(stream.isClosed, false)
    assert.equal(stream.readState, 'open')
    answer.write(bytesBetween(0, 70_000))
    pair.run(SETTLING)
    assert.equal(dialler.read.get(stream), 70_000)
    answer.finish()
    pair.run(SETTLING)
    assert.equal(stream.readState, 'ended')
    assert.deepEqual([stream.isClosed, answer.isClosed], [true, true])
    assertAtRest(ours, theirs)
  })

  it('carries a thousand streams through a limit of a hundred', () => {
    const settings = { initialMaxStreams: 100, ceilingMaxStreams: 100 }
    const { pair, dialler, listener, ours, theirs } = talk({ settings })
    listener.onStream = echo(listener)
    let opened = 0
    const open = () => {
      for (; opened < 1_000; opened++) {
        const stream = ours.openStream()
        if (stream === null) return
        stream.write(bytesBetween(0, 32))
        stream.finish()
      }
    }
    dialler.onStream = (stream) => {
      dialler.drain(stream)
      assert.notEqual(stream.readState, 'reset')
    }
    pair.onStep = () => assert.ok(statsOf(theirs).openStreams <= 100)
    const { onEvent } = dialler
    dialler.onEvent = (event) => {
      onEvent.call(dialler, event)
      if (event.kind === 'streamsAvailable') open()
    }
    open()
    assert.equal(opened, 100)
    pair.run(60 * SECOND, () => opened === 1_000 && statsOf(ours).openStreams === 0)
    pair.run(SETTLING)
    assert.equal(dialler.read.size, 1_000)
    assert.ok([...dialler.read.values()].every((bytes) => bytes === 32))
    assertAtRest(ours, theirs)
  })

  it('stops a writer whose reader takes nothing, and only that one', () => {
    const { pair, listener, ours, theirs } = talk()
    const stalled = Array.from({ length: 20 }, () => ours.openStream()!)
    for (const stream of stalled) stream.write(bytesBetween(0, 400_000))
    pair.run(SETTLING)
    assert.equal(statsOf(theirs).heldBytes, 20 * 262_144)
    const free = ours.openStream()!
    free.write(bytesBetween(0, 2_000_000))
    free.finish()
    listener.onStream = (stream) => {
      if (stream.id === free.id) listener.drain(stream)
    }
    pair.run(60 * SECOND, () => listener.accepted.at(-1)!.readState === 'ended')
    assert.equal(listener.read.get(listener.accepted.at(-1)!), 2_000_000)
    assert.equal(statsOf(theirs).heldBytes, 20 * 262_144)
    for (const stream of listener.accepted) listener.drain(stream)
    listener.onStream = (stream) => listener.drain(stream)
    pair.run(SETTLING)
    assert.ok(stalled.every((stream) => stream.isWritable))
    assert.equal(statsOf(theirs).heldBytes, 0)
  })

  it('grows the windows of a bulk transfer on a long line, within their ceilings', () => {
    // Through 256 KiB a round trip this takes nine seconds.
    const fixed = { ceilingStreamWindow: DEFAULT_SETTINGS.initialStreamWindow }
    for (const settings of [{}, fixed]) {
      const { pair, listener, ours } = talk({ line: { delay: 100 * MILLISECOND }, settings })
      listener.onStream = (stream) => listener.drain(stream)
      const stream = ours.openStream()!
      stream.write(bytesBetween(0, 12_000_000))
      stream.finish()
      const isDone = pair.run(6 * SECOND, () => listener.accepted[0]?.readState === 'ended')
      assert.equal(isDone, settings !== fixed)
    }
  })

  const endings = ['finish', 'reset', 'nothing'] as const
  const readings = ['drain', 'stop'] as const
  for (const moment of ['at once', 'after a round trip'] as const) {
    for (const ourEnd of endings) {
      for (const theirEnd of endings) {
        for (const ourReading of readings) {
          for (const theirReading of readings) {
            // A way ends when its writer ends it or its reader stops it.
            if (ourEnd === 'nothing' && theirReading !== 'stop') continue
            if (theirEnd === 'nothing' && ourReading !== 'stop') continue
            const sides = `we ${ourEnd} and ${ourReading}, they ${theirEnd} and ${theirReading}`
            it(`leaves nothing of a stream behind when ${sides}, ${moment}`, () => {
              const { pair, dialler, listener, ours, theirs } = talk({ line: { loss: 0.1, seed: 5 } })
              const stream = ours.openStream()!
              stream.write(bytesBetween(0, 40_000))
              pair.run(SETTLING)
              const answer = listener.accepted[0]!
              answer.write(bytesBetween(0, 30_000))
              if (moment === 'after a round trip') pair.run(SETTLING)
              const act = (one: StreamHandle, keeper: Bookkeeper, end: string, reading: string) => {
                if (end === 'finish') one.finish()
                if (end === 'reset') one.reset(StreamCode.cancelled)
                if (reading === 'stop') one.stop(StreamCode.cancelled)
                else keeper.drain(one)
              }
              dialler.onStream = (one) => ourReading === 'drain' && dialler.drain(one)
              listener.onStream = (one) => theirReading === 'drain' && listener.drain(one)
              act(stream, dialler, ourEnd, ourReading)
              if (moment === 'after a round trip') pair.run(SETTLING)
              act(answer, listener, theirEnd, theirReading)
              pair.run(6 * SETTLING)
              assert.deepEqual([stream.isClosed, answer.isClosed], [true, true])
              assertAtRest(ours, theirs)
              if (theirEnd === 'finish' && ourReading === 'drain') {
                assert.equal(stream.readState === 'ended', dialler.read.get(stream) === 30_000)
              }
            })
          }
        }
      }
    }
  }

  it('gives up the stream that has stood still for the longest when the process holds too much, and tells both sides', () => {
    const { pair, dialler, listener, ours, theirs } = talk({ listenerSettings: { memoryBudget: 500_000 } })
    const [first, second] = [ours.openStream()!, ours.openStream()!]
    dialler.onStream = (stream) => {
      if (stream.readState === 'reset') stream.reset(StreamCode.cancelled)
    }
    for (const stream of [first, second]) {
      stream.write(bytesBetween(0, 262_144))
      pair.run(SETTLING)
    }
    const [there, spared] = listener.accepted
    assert.deepEqual([first.resetCode, first.stopCode, first.isClosed], [StreamCode.stalled, StreamCode.stalled, true])
    assert.deepEqual([there!.readState, there!.resetCode, there!.isClosed], ['reset', StreamCode.stalled, true])
    assert.equal(statsOf(theirs).heldBytes, 262_144)
    listener.drain(spared!)
    assert.equal(listener.read.get(spared!), 262_144)
  })
})
