import assert from 'node:assert/strict'
import { MILLISECOND, type Micros, SECOND } from '../../src/protocol/units.ts'
import { download, type StreamPlan, stalled } from '../sim/plans.ts'
import { runScenario, seedOr } from '../sim/scenario.ts'
import { KILOBYTE, MEGABYTE } from './base-path.ts'

const fastPath = { delay: 10 * MILLISECOND, bitsPerSecond: 100_000_000, queuePackets: 500 }
const DOWNLOAD_AT = 20 * SECOND
const lateDownload: StreamPlan = { ...download(5 * MEGABYTE), opensAfter: DOWNLOAD_AT }
const MEBIBYTE = 1024 * 1024

describe('readers that do not read', () => {
  it('slow nobody else down, a hundred of them', () => {
    const alone = downloadTime([lateDownload])
    const hundred = Array.from({ length: 100 }, () => stalled(300 * KILOBYTE))
    const crowded = downloadTime([...hundred, lateDownload])
    assert.ok(crowded <= 1.25 * alone, `${crowded} µs beside them, ${alone} µs alone`)
  })

  it('let the second of two large answers be read before the first', () => {
    runScenario({
      name: 'two large answers, the second first',
      seed: seedOr(2),
      link: fastPath,
      app: { listener: [download(16 * MEBIBYTE, { readAfter: 40 * SECOND }), download(16 * MEBIBYTE)] },
      script: (stage) => {
        stage.after(30 * SECOND, () => {
          const [first, second] = stage.flows.dialogues
          assert.equal(first!.answer.received, 0)
          assert.equal(second!.answer.received, 16 * MEBIBYTE)
        })
      },
      untilVirtualSeconds: 80,
    })
  })

  it('give back what they held when they are reset', () => {
    runScenario({
      name: 'answers that are refused in the middle',
      seed: seedOr(3),
      link: fastPath,
      app: { listener: Array.from({ length: 60 }, () => download(300 * KILOBYTE, { stopAfter: 20 * KILOBYTE })) },
      untilVirtualSeconds: 30,
    })
  })
})

/** How long the late download took. */
function downloadTime(plans: readonly StreamPlan[]): Micros {
  const outcome = runScenario({
    name: `a download beside ${plans.length - 1} stalled readers`,
    seed: seedOr(1),
    link: fastPath,
    app: { listener: plans },
    untilVirtualSeconds: 60,
    runs: 'time',
    script: (stage) => {
      stage.after(59 * SECOND, () => assert.equal(stage.flows.dialogues.at(-1)!.answer.received, 5 * MEGABYTE))
    },
  })
  return outcome.arrivals.at(-1)! - DOWNLOAD_AT
}
