import assert from 'node:assert/strict'
import type { StreamHandle } from '../../src/protocol/api.ts'
import { MILLISECOND, type Micros, SECOND } from '../../src/protocol/units.ts'
import { eventsOf, newEndpoint, outgoing, START, statsOf } from './endpoints.ts'
import { heldBytes } from './heap.ts'
import { LinePair, type LineTalk, lineTalk, RECORD_BYTES, TCP } from './line-pair.ts'
import { RawPeer } from './raw-peer.ts'
import { bytesBetween } from './streams/stream-bytes.ts'

/** Writes without end, as fast as the stream takes it. */
function pour({ pair }: LineTalk, stream: StreamHandle): void {
  const piece = new Uint8Array(50_000)
  const write = () => {
    while (stream.isWritable) stream.write(piece)
  }
  const before = pair.books.dialler.onStream
  pair.books.dialler.onStream = (ready) => {
    if (ready === stream) write()
    else before(ready)
  }
  write()
}

function swallow({ pair }: LineTalk): void {
  pair.books.listener.onStream = (stream) => {
    for (let bytes = stream.read(); bytes !== null; bytes = stream.read()) stream.release(bytes.length)
  }
}

describe('a connection that takes nothing more', () => {
  it('gets one batch too much at most, and nothing more until it takes some again (T-10)', () => {
    const talk = lineTalk({ line: { keepsBytes: 200_000 } })
    const { pair, ours } = talk
    swallow(talk)
    pair.pipe('dialler').isStuck = true
    pour(talk, ours.openStream()!)
    pair.run(SECOND)
    const kept = pair.pipe('dialler').keptBytes
    assert.ok(kept >= 200_000 && kept < 200_000 + 4 * RECORD_BYTES, `${kept} bytes`)
    pair.run(30 * SECOND)
    assert.deepEqual([pair.pipe('dialler').keptBytes, pair.sentUnwritable], [kept, 0])
    pair.pipe('dialler').unstick(pair.now)
    const sent = statsOf(ours).bytesSent
    pair.run(SECOND)
    assert.ok(statsOf(ours).bytesSent > sent + 10_000_000)
    assert.equal(pair.sentUnwritable, 0)
  })

  it('is as fast as it can be while it is filled to the brim again and again', () => {
    const talk = lineTalk({ line: { keepsBytes: 64 * 1_024, bytesPerSecond: 20_000_000 } })
    swallow(talk)
    pour(talk, talk.ours.openStream()!)
    const sent = statsOf(talk.ours).bytesSent
    talk.pair.run(2 * SECOND)
    assert.ok(statsOf(talk.ours).bytesSent - sent > 0.95 * 40_000_000, `${statsOf(talk.ours).bytesSent - sent} bytes`)
  })

  it('costs its session no turn until it is due, whatever waits: bytes, credit, an ACK', () => {
    const talk = lineTalk({ line: { keepsBytes: 1 } })
    const { pair, ours, theirs } = talk
    pair.pipe('dialler').isStuck = true
    pour(talk, ours.openStream()!)
    theirs.openStream()!.write(bytesBetween(0, 200_000))
    pair.books.dialler.onStream = (stream) => {
      for (let bytes = stream.read(); bytes !== null; bytes = stream.read()) stream.release(bytes.length)
    }
    pair.run(100 * MILLISECOND)
    let steps = 0
    pair.onStep = () => {
      steps++
    }
    const deadline = pair.ends.dialler.nextDeadline()
    assert.ok(deadline > pair.now, 'the next look is not now')
    pair.run(9 * SECOND)
    assert.ok(steps < 15, `${steps} steps in nine seconds`)
  })

  it('keeps back control frames and ACKs too, and its deadlines go on', () => {
    const { pair, ours, theirs } = lineTalk({ line: { keepsBytes: 1 }, settings: { survive: 10 * SECOND } })
    pair.pipe('dialler').isStuck = true
    const stream = ours.openStream()!
    stream.write(bytesBetween(0, 100_000))
    pair.run(MILLISECOND)
    const sent = () => pair.sent.filter(({ by }) => by === 'dialler').length
    const before = sent()
    stream.reset(2)
    ours.openStream()!.finish()
    pair.run(3 * SECOND)
    assert.deepEqual([sent(), ours.isSuspect], [before, true])
    pair.run(30 * SECOND)
    assert.deepEqual(pair.books.listener.told.at(-1), 'closed by silence 0')
    assert.deepEqual(pair.ended.listener, [theirs.path])
  })

  it('holds back its own session and no other (T-10)', () => {
    const listener = newEndpoint({ seed: 2, acceptsSessions: true, line: TCP })
    for (const path of [9, 10]) new RawPeer(listener, { seed: path, path, line: TCP }, START)
    const sessions = eventsOf(listener).map(({ session }) => session)
    outgoing(listener, START)
    listener.connections!.hold(9)
    for (const session of sessions) session.openStream()!.write(bytesBetween(0, 50_000))
    const paths = (now: Micros) => new Set(outgoing(listener, now).map(({ path }) => path))
    assert.deepEqual(paths(START), new Set([10]))
    listener.connections!.release(9)
    assert.deepEqual(paths(START), new Set([9]))
  })

  it('makes nothing grow, however long it lasts and whatever the peer says meanwhile', () => {
    const talk = lineTalk({ line: { keepsBytes: 1 } })
    const { pair, ours, theirs } = talk
    pair.pipe('dialler').isStuck = true
    pour(talk, ours.openStream()!)
    pair.run(SECOND)
    const heap = heldBytes()
    pair.sent.length = 0
    const stream = theirs.openStream()!
    for (let round = 0; round < 2_000; round++) {
      stream.write(bytesBetween(0, 20))
      pair.run(5 * MILLISECOND)
      pair.sent.length = 0
    }
    const grown = heldBytes() - heap
    assert.ok(grown < 2_000_000, `${grown} bytes more`)
  })

  it('is no matter where it is told of a connection without a session', () => {
    const { pair } = lineTalk()
    const { connections } = pair.ends.dialler
    connections!.hold(999)
    connections!.release(999)
    connections!.release(70)
    assert.deepEqual(outgoing(pair.ends.dialler, pair.now), [])
  })
})

describe('a peer that gives credit and acknowledges nothing', () => {
  it('is sent 64 MiB and no more (T-10)', () => {
    const endless = Number.MAX_SAFE_INTEGER
    const settings = { maxDatagramBytes: RECORD_BYTES }
    const listener = newEndpoint({ seed: 2, acceptsSessions: true, line: TCP, settings })
    const hello = { streamWindow: endless, sessionWindow: endless }
    new RawPeer(listener, { seed: 5, path: 9, line: TCP, hello }, START)
    const event = listener.nextEvent()
    assert.ok(event?.kind === 'opened')
    const stream = event.session.openStream()!
    const piece = new Uint8Array(100_000)
    let now: Micros = START
    for (let round = 0; round < 2_000; round++) {
      now += MILLISECOND
      while (stream.isWritable) stream.write(piece)
      if (outgoing(listener, now).length === 0) break
    }
    const { bytesInFlight } = statsOf(event.session)
    assert.ok(bytesInFlight >= 64 * 1_048_576 && bytesInFlight < 65 * 1_048_576, `${bytesInFlight} bytes`)
  })
})

describe('two sides on a reliable line', () => {
  it('never give a connection more than it takes, while both pour at once', () => {
    const pair = new LinePair({ line: { keepsBytes: 50_000, bytesPerSecond: 3_000_000 } })
    const ours = pair.dial()
    pair.run(3 * SECOND)
    const theirs = pair.books.listener.session!
    const piece = new Uint8Array(50_000)
    for (const book of [pair.books.dialler, pair.books.listener]) {
      book.onStream = (stream) => {
        for (let bytes = stream.read(); bytes !== null; bytes = stream.read()) stream.release(bytes.length)
        if (stream.id !== 0) while (stream.isWritable) stream.write(piece)
      }
    }
    for (const session of [ours, theirs]) session.openStream()!.write(piece)
    pair.run(5 * SECOND)
    assert.equal(pair.sentUnwritable, 0)
    for (const session of [ours, theirs]) assert.ok(statsOf(session).bytesReceived > 10_000_000)
  })
})
