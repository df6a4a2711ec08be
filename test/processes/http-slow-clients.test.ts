// Ten thousand clients that are slow on purpose, beside some that are not: these do not notice, and the consumer does not grow.

import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { ChildProgram } from '../../stresstest/rig/child-program.ts'
import type { Daemon } from '../../stresstest/rig/daemons.ts'
import { builtProgram } from '../../stresstest/rig/places.ts'
import { startWebServer } from '../../stresstest/web-server.ts'
import { type Stage, UUID, useStage } from './harness.ts'
import { load } from './load.ts'
import { FLOOR_MS, p99InMostRounds, WARMING_UP } from './two-ways.ts'

const ATTACKERS = 10_000
/** 600 new ones a second: of those that the consumer gives up, as many come again with the tools that are in use. */
const OPENING_SECONDS = 16
const ATTACK_ROUNDS = 8
const QUIET_ROUNDS = 3
/** 1,024 connections that have said nothing whole, and no more than this for everything else: normal clients, links, files. */
const MOST_DESCRIPTORS = 1_024 + 200

describe('10,000 clients that are slow on purpose', () => {
  const stage = useStage()

  it('beside 100 requests a second make them no slower, and take no descriptors without end', async function () {
    if (process.platform !== 'linux') {
      console.warn(
        '      SKIPPED: this is not Linux, where loopback has more than one address and /proc counts descriptors',
      )
      this.skip()
    }
    const [attacked, spared] = [await layWay(stage()), await layWay(stage())]
    const ports = [attacked.ready.port(UUID), spared.ready.port(UUID)] as const

    for (const port of ports) await load(port, '/bytes/1000', ...WARMING_UP)
    const [before] = await p99InMostRounds(ports, QUIET_ROUNDS)
    const attack = stage().own(attackOn(ports[0]))
    const [[beside, elsewhere], descriptors] = await countingDescriptors(attacked.program.pid, async () => {
      const p99s = await p99InMostRounds(ports, ATTACK_ROUNDS)
      await attack.line(new RegExp(`opened ${ATTACKERS}`))
      return p99s
    })

    const words = [
      `p99 ${before} ms before, ${beside} ms beside them, ${elsewhere} ms at the same time where nobody attacks`,
      `${descriptors} descriptors`,
      attack.logs(),
    ].join('\n')
    assert.ok(beside < 2 * Math.max(before, elsewhere, FLOOR_MS), words)
    assert.ok(descriptors > 1_000, `the attack was none: ${words}`)
    assert.ok(descriptors <= MOST_DESCRIPTORS, words)
  })
})

/** A consumer, a provider and a web server of their own. */
async function layWay(stage: Stage): Promise<Daemon> {
  const web = await stage.peer(startWebServer())
  const consumer = await stage.consumer({ services: [{ uuid: UUID }] })
  await stage.provider({
    pipes: [{ port: consumer.ready.port('udp'), services: [{ uuid: UUID, port: web.port }] }],
  })
  return consumer
}

function attackOn(port: number): ChildProgram {
  const command = builtProgram('test/processes/slow-loris', `${port}`, `${ATTACKERS}`, `${OPENING_SECONDS}`)
  return new ChildProgram({ name: 'slow-loris', command })
}

/** What `act` resolves with, and the most descriptors that the process had open meanwhile. */
async function countingDescriptors<Result>(pid: number, act: () => Promise<Result>): Promise<[Result, number]> {
  let most = 0
  const interval = setInterval(() => {
    most = Math.max(most, readdirSync(`/proc/${pid}/fd`).length)
  }, 100)
  try {
    return [await act(), most]
  } finally {
    clearInterval(interval)
  }
}
