import assert from 'node:assert/strict'
import { MILLISECOND } from '../../src/protocol/units.ts'
import { download, echo, upload } from './plans.ts'
import { runScenario, type Scenario } from './scenario.ts'

const lossy: Scenario = {
  name: 'a lossy run',
  seed: 77,
  link: { delay: 10 * MILLISECOND, jitter: MILLISECOND, loss: 0.1, duplicate: 0.02, corrupt: 0.02 },
  app: { listener: [download(50_000), echo(20_000)], dialler: [upload(50_000)] },
  timerLateness: MILLISECOND,
  untilVirtualSeconds: 60,
}

describe('a scenario', () => {
  it('replays from its seed to the last datagram, and runs otherwise from another one', () => {
    const first = runScenario(lossy)
    assert.deepEqual(runScenario(lossy), first)
    assert.notDeepEqual(runScenario({ ...lossy, seed: 78 }).arrivals, first.arrivals)
  })

  it('names the scenario, the seed and the link when it fails', () => {
    const failing = { ...lossy, untilVirtualSeconds: 0.1 }
    assert.throws(
      () => runScenario(failing),
      /not done after 0.1 virtual seconds.*a lossy run, seed 77, link: delay=10000 .*EDGERQ_SEED=77/s,
    )
  })

  it('counts every byte that applications read', () => {
    assert.equal(runScenario(lossy).receivedBytes, 4 + 50_000 + 2 * 20_000 + 50_000)
  })

  it('finishes on healed links what the harm did not let through', () => {
    const hopeless = { ...lossy, link: { ...lossy.link, loss: 1 }, untilVirtualSeconds: 20 }
    assert.throws(() => runScenario(hopeless), /not done/)
    const outcome = runScenario({ ...hopeless, runs: 'healed' })
    assert.ok(outcome.duration > 20_000_000)
  })
})
