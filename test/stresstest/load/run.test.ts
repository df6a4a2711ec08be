// When requests start and what their latency is counted from, in virtual time.

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { LoadRun, type Pace } from '../../../stresstest/load/run.ts'
import type { Outcome } from '../../../stresstest/load/tally.ts'
import { VirtualClock } from './virtual-clock.ts'

const ENDLESS = Number.POSITIVE_INFINITY
const RIGHT: Outcome = { failure: null, status: 200, sentBytes: 0, receivedBytes: 0 }

describe('a load run with a rate', () => {
  it('starts each request when it is due, however fast the answers come', () => {
    const { startsMs } = perform({ ratePerSecond: 100, durationMs: 10_000 }, () => 1)
    assert.deepEqual(startsMs, each10Ms(1000))
  })

  it('goes on at its rate while answers are outstanding, as long as a connection is free', () => {
    const { startsMs } = perform({ ratePerSecond: 100, durationMs: 1000, connections: 50 }, () => 400)
    assert.deepEqual(startsMs, each10Ms(100))
  })

  it('does not hide a server that stood still: every request that was due then is late', () => {
    // No answer between 1 s and 2 s. Of 1000 requests 100 are due in this second, and 50 of them wait for longer than half of it;
    // counted from when a connection was free, only the 10 would be late that the server was holding.
    const stalled = (atMs: number): number => (atMs >= 1000 && atMs < 2000 ? 2000 - atMs : 1)
    const { run } = perform({ ratePerSecond: 100, durationMs: 10_000 }, stalled)
    assert.equal(run.tally.right, 1000)
    assert.ok(run.tally.latencies.quantile(0.96) > 500_000)
    assert.ok(run.tally.latencies.quantile(0.89) < 2_000)
  })

  it('tells how many were due and could not be sent', () => {
    const { run } = perform({ ratePerSecond: 100, durationMs: 1000, connections: 1 }, () => 50)
    assert.equal(run.begun, 20)
    assert.equal(run.unsent, 80)
  })

  it('never says that requests are missing which it was not to send', () => {
    const { run } = perform({ ratePerSecond: 100, durationMs: 10_000, requests: 30 }, () => 1)
    assert.deepEqual([run.begun, run.unsent], [30, 0])
  })

  it('does not blame the server for a timer that sleeps in whole milliseconds', () => {
    const { run } = perform({ ratePerSecond: 100, durationMs: 1000 }, () => 3, { latenessMs: 1 })
    assert.equal(run.tally.latencies.maxUs, 3000)
  })

  it('counts from when it was due what it was itself too busy to start', () => {
    const { run } = perform({ ratePerSecond: 10, durationMs: 1000 }, () => 3, { latenessMs: 40 })
    assert.ok(run.tally.latencies.quantile(0.9) > 40_000)
  })
})

describe('a load run without a rate', () => {
  it('sends so many requests as asked, never more at once than it has connections, and ends', () => {
    const pace = fc.record({
      connections: fc.integer({ min: 1, max: 20 }),
      requests: fc.integer({ min: 1, max: 200 }),
    })
    fc.assert(
      fc.property(pace, fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1 }), (asked, delaysMs) => {
        const { run, mostUnderWay } = perform(asked, (_, number) => delaysMs[number % delaysMs.length]!)
        assert.equal(run.tally.right, asked.requests)
        assert.equal(run.unfinished, 0)
        assert.equal(mostUnderWay, Math.min(asked.connections, asked.requests))
      }),
    )
  })

  it('starts nothing after its time and waits for what is under way', () => {
    const { run, startsMs } = perform({ durationMs: 1000, connections: 2 }, () => 300)
    assert.ok(startsMs.every((atMs) => atMs < 1000))
    assert.equal(run.tally.right, 8)
    assert.equal(run.elapsedMs, 1200)
  })
})

describe('a load run that is stopped', () => {
  it('counts what is under way as unfinished, and what comes later not at all', () => {
    const clock = new VirtualClock()
    const run = new LoadRun(paceOf({ connections: 3 }), (_, settled) => clock.after(100, () => settled(RIGHT)), clock)
    let isFinished = false
    void run.run().then(() => {
      isFinished = true
    })
    clock.runUntil(clock.nowMs() + 250)
    run.stop()
    clock.runUntil()
    assert.deepEqual([run.tally.right, run.unfinished, run.begun], [6, 3, 9])
    return Promise.resolve().then(() => assert.ok(isFinished))
  })
})

interface Performance {
  readonly run: LoadRun
  /** When each request started, counted from the start of the run. */
  readonly startsMs: readonly number[]
  readonly mostUnderWay: number
}

/** `delayMs` tells how long the server takes for a request that it receives at `atMs`, counted from the start of the run. */
function perform(
  pace: Partial<Pace>,
  delayMs: (atMs: number, number: number) => number,
  { latenessMs = 0 }: { readonly latenessMs?: number } = {},
): Performance {
  const clock = new VirtualClock()
  clock.latenessMs = latenessMs
  const beganMs = clock.nowMs()
  const startsMs: number[] = []
  let underWay = 0
  let mostUnderWay = 0
  const send = (number: number, settled: (outcome: Outcome) => void): void => {
    const atMs = clock.nowMs() - beganMs
    startsMs.push(atMs)
    mostUnderWay = Math.max(mostUnderWay, ++underWay)
    clock.after(delayMs(atMs, number), () => {
      underWay--
      settled(RIGHT)
    })
  }
  const run = new LoadRun(paceOf(pace), send, clock)
  void run.run()
  clock.runUntil()
  return { run, startsMs, mostUnderWay }
}

function each10Ms(times: number): number[] {
  return Array.from({ length: times }, (_, number) => number * 10)
}

function paceOf(pace: Partial<Pace>): Pace {
  return { connections: 10, ratePerSecond: null, durationMs: ENDLESS, requests: ENDLESS, ...pace }
}
