import assert from 'node:assert/strict'
import { MILLISECOND } from '../../src/protocol/units.ts'
import { exchange } from '../sim/plans.ts'
import { runScenario, seedOr } from '../sim/scenario.ts'
import { basePath, basePathRtt, KILOBYTE } from './base-path.ts'

describe('a handshake on a good path', () => {
  it('opens one session within a round trip and carries a request', () => {
    const outcome = runScenario({
      name: 'handshake',
      seed: seedOr(1),
      link: basePath,
      settings: { cautionAfterStart: 0 },
      app: { listener: [exchange(200, KILOBYTE)] },
      untilVirtualSeconds: 5,
    })
    assert.ok(outcome.connectedAfter <= basePathRtt + 20 * MILLISECOND, `${outcome.connectedAfter} µs`)
    assert.equal(outcome.dialler.openedSessions, 1)
    assert.equal(outcome.listener.openedSessions, 1)
  })

  it('takes one round trip more while the listener asks everybody where they are', () => {
    const outcome = runScenario({
      name: 'handshake with a cookie',
      seed: seedOr(1),
      link: basePath,
      app: { listener: [exchange(200, KILOBYTE)] },
      untilVirtualSeconds: 5,
    })
    const { connectedAfter } = outcome
    assert.ok(connectedAfter > 2 * basePathRtt && connectedAfter <= 2 * basePathRtt + 20 * MILLISECOND, outcome.label)
    assert.equal(outcome.listener.openedSessions, 1)
  })

  it('still opens one session if the dialler hears nothing of its first seconds', () => {
    const outcome = runScenario({
      name: 'handshake with its first packets lost',
      seed: seedOr(2),
      link: { ...basePath, dropList: [0, 1, 2] },
      app: { dialler: [exchange(200, KILOBYTE)] },
      untilVirtualSeconds: 10,
    })
    assert.equal(outcome.listener.openedSessions, 1, outcome.label)
  })
})
