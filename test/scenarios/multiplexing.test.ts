import assert from 'node:assert/strict'
import { SECOND } from '../../src/protocol/units.ts'
import { download } from '../sim/plans.ts'
import { runScenario, seedOr } from '../sim/scenario.ts'
import { basePath } from './base-path.ts'

const STREAMS = 2_000
const LIMIT = 100

describe('many short streams in one session', () => {
  it('all finish under a limit that never moves', () => {
    const outcome = runScenario({
      name: 'multiplexing',
      seed: seedOr(1),
      link: basePath,
      settings: { initialMaxStreams: LIMIT, ceilingMaxStreams: LIMIT },
      app: { listener: Array.from({ length: STREAMS }, () => download(32)) },
      untilVirtualSeconds: 30,
    })
    assert.ok(outcome.duration <= 10 * SECOND, `${outcome.duration} µs; ${outcome.label}`)
    assert.equal(outcome.listener.openedSessions, 1)
    assert.equal(outcome.dialler.streams, STREAMS)
  })

  it('never waits for a slot for ever when both sides open streams over a lossy path', () => {
    runScenario({
      name: 'multiplexing both ways with loss',
      seed: seedOr(2),
      link: { ...basePath, loss: 0.05 },
      settings: { initialMaxStreams: 10, ceilingMaxStreams: 10 },
      app: {
        listener: Array.from({ length: 300 }, () => download(32)),
        dialler: Array.from({ length: 300 }, () => download(32)),
      },
      untilVirtualSeconds: 60,
    })
  })
})
