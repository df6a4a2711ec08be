import assert from 'node:assert/strict'
import { MILLISECOND, SECOND } from '../../src/protocol/units.ts'
import { download } from '../sim/plans.ts'
import { runScenario, seedOr } from '../sim/scenario.ts'
import { basePath, MEGABYTE } from './base-path.ts'

const SMALL_WINDOW = 64 * 1024
const smallWindows = { initialStreamWindow: SMALL_WINDOW, initialSessionWindow: SMALL_WINDOW }
const threeDownloads = [download(2 * MEGABYTE), download(3 * MEGABYTE), download(5 * MEGABYTE)]

describe('a transfer', () => {
  it('of 2, 3 and 5 MB through windows of 64 KiB arrives whole on the base path', () => {
    const outcome = runScenario({
      name: 'transfer',
      seed: seedOr(1),
      link: basePath,
      settings: smallWindows,
      app: { listener: threeDownloads },
      untilVirtualSeconds: 60,
    })
    assert.ok(outcome.duration <= 12 * SECOND, `${outcome.duration} µs; ${outcome.label}`)
    assert.equal(outcome.listener.openedSessions, 1)
  })

  it('grows its windows on a path that needs it: without growth 100 ms of round trip would take 16 s', () => {
    const outcome = runScenario({
      name: 'transfer over a long fat path',
      seed: seedOr(2),
      link: { delay: 50 * MILLISECOND, bitsPerSecond: 100_000_000, queuePackets: 1_000 },
      settings: smallWindows,
      app: { listener: threeDownloads },
      untilVirtualSeconds: 60,
    })
    assert.ok(outcome.duration <= 5 * SECOND, `${outcome.duration} µs; ${outcome.label}`)
  })

  it('gets every byte of a small fixed window back, to the last one', () => {
    const window = 16 * 1024
    runScenario({
      name: 'transfer through a window that never grows',
      seed: seedOr(3),
      link: { ...basePath, loss: 0.01 },
      settings: {
        initialStreamWindow: window,
        ceilingStreamWindow: window,
        initialSessionWindow: window,
        ceilingSessionWindow: window,
      },
      app: { listener: [download(5 * MEGABYTE)] },
      untilVirtualSeconds: 60,
    })
  })
})
