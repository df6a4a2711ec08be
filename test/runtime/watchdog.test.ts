import assert from 'node:assert/strict'
import { createHook } from 'node:async_hooks'
import { StreamCode } from '../../src/protocol/index.ts'
import { type Watch, Watchdog, type Watched } from '../../src/runtime/watchdog.ts'
import { until } from './until.ts'

class Connection implements Watched {
  watch: Watch | null = null
  bytesMoved = 0
  isWaiting = false
  isHalfClosed = false
  readonly cuts: number[] = []

  cut(code: number): void {
    this.cuts.push(code)
  }
}

describe('the watchdog', () => {
  let now: number
  let watchdog: Watchdog
  let connection: Connection

  beforeEach(() => {
    now = 5_000
    watchdog = new Watchdog(() => now)
    connection = new Connection()
  })
  afterEach(() => watchdog.forget(connection))

  function sweepAfter(ms: number): number[] {
    now += ms
    watchdog.sweep()
    return connection.cuts
  }

  it('leaves a quiet connection alone when there is no idle timeout', () => {
    watchdog.watch(connection, 0)
    assert.deepEqual(sweepAfter(86_400_000), [])
  })

  it('ends an idle connection after its timeout, not before', () => {
    watchdog.watch(connection, 2_000)
    assert.deepEqual(sweepAfter(1_999), [])
    assert.deepEqual(sweepAfter(1), [StreamCode.idle])
  })

  it('begins anew with every byte that moves', () => {
    watchdog.watch(connection, 2_000)
    sweepAfter(1_999)
    connection.bytesMoved++
    sweepAfter(1)
    assert.deepEqual(sweepAfter(1_999), [])
    assert.deepEqual(sweepAfter(1), [StreamCode.idle])
  })

  it('gives up bytes that wait for 60 s, whatever the idle timeout says', () => {
    watchdog.watch(connection, 0)
    connection.isWaiting = true
    assert.deepEqual(sweepAfter(59_999), [])
    assert.deepEqual(sweepAfter(1), [StreamCode.stalled])
  })

  it('ends a half-closed connection after ten minutes of nothing', () => {
    watchdog.watch(connection, 0)
    connection.isHalfClosed = true
    assert.deepEqual(sweepAfter(599_999), [])
    assert.deepEqual(sweepAfter(1), [StreamCode.idle])
  })

  it('does not count what moved before it watched', () => {
    connection.bytesMoved = 1_000
    watchdog.watch(connection, 2_000)
    assert.deepEqual(sweepAfter(2_000), [StreamCode.idle])
  })

  it('looks no more at what was forgotten, even when that happens in a sweep', () => {
    const other = new Connection()
    other.cut = (code) => {
      other.cuts.push(code)
      watchdog.forget(other)
      watchdog.forget(connection)
    }
    watchdog.watch(other, 1_000)
    watchdog.watch(connection, 1_000)
    assert.deepEqual(sweepAfter(1_000), [])
    sweepAfter(1_000)
    assert.deepEqual(other.cuts, [StreamCode.idle])
  })

  it('has no interval once it has looked and found nobody to watch', async () => {
    const timers = new Set<number>()
    const hook = createHook({
      init: (id, type) => void (type === 'Timeout' && timers.add(id)),
      destroy: (id) => void timers.delete(id),
    }).enable()
    watchdog.watch(connection, 0)
    watchdog.forget(connection)
    watchdog.forget(connection)
    const [interval, ...others] = timers
    assert.deepEqual([typeof interval, others], ['number', []])
    watchdog.sweep()
    await until(() => !timers.has(interval!), 'the interval is gone')
    hook.disable()
  })

  it('counts from the last time that it was told to watch', () => {
    watchdog.watch(connection, 2_000)
    assert.deepEqual(sweepAfter(1_500), [])
    watchdog.watch(connection, 2_000)
    assert.deepEqual(sweepAfter(1_999), [])
    assert.deepEqual(sweepAfter(1), [StreamCode.idle])
  })
})
