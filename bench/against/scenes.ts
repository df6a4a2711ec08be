// Plans, played: a scene lays all of its tunnels, on loopback or on a link of its own, measures them and takes everything away again.

import type { ChildProgram } from '../../stresstest/rig/child-program.ts'
import { builtProgram } from '../../stresstest/rig/places.ts'
import { ReadyLine } from '../../stresstest/rig/ready-line.ts'
import { startOrigins } from '../routes.ts'
import { Contender } from './contender.ts'
import { type Entrant, isOfKernel } from './entrant.ts'
import { LOOPBACK, startAt } from './ground.ts'
import { groundName } from './ground-name.ts'
import { Link, type LinkShape } from './link.ts'
import { type Outcome, playScene } from './outcome.ts'
import type { Plan } from './plan.ts'
import type { SiteOptions } from './site.ts'
import type { Controller } from './tunnel.ts'

export interface Scene extends Outcome {
  readonly plan: Plan
  /** As a heading. */
  readonly title: string
  /** In the order of the tables. */
  readonly contenders: readonly Contender[]
  /** What this machine has not got, as sentences. */
  readonly left: readonly string[]
}

/** Files of tunnels go to `folder`. */
export function playGround(plan: Plan, folder: string): Promise<Scene> {
  return plan.shape === null ? playLoopback(plan, folder) : playLink(plan, plan.shape, folder)
}

async function playLoopback(plan: Plan, folder: string): Promise<Scene> {
  const origins = await startOrigins(folder)
  const site = { ground: LOOPBACK, folder, origins, controller: null }
  const contenders = plan.entrants.map(({ tunnel }) => new Contender(tunnel, site))
  const outcome = await playScene({ ...plan, name: 'loopback', contenders })
  return { ...outcome, plan, title: `origin ${origins.name}`, contenders, left: [] }
}

async function playLink(plan: Plan, shape: LinkShape, folder: string): Promise<Scene> {
  const link = await Link.open(shape)
  try {
    const [origin, port] = await startOriginOn(link)
    const refused = refusedControllers(link, plan)
    const site = { ground: link.ground, folder, origins: { requestsPort: port, transfersPort: port } }
    const contenders = plan.entrants
      .filter((entrant) => !isOfKernel(entrant) || !refused.has(entrant.controller))
      .map((entrant) => contenderOn(link, entrant, { ...site, controller: entrant.controller }))
    const outcome = await playScene({ ...plan, name: groundName(plan.ground), contenders })
    await origin.end()
    return { ...outcome, plan, title: titleOf(shape), contenders, left: [...refused.values()] }
  } finally {
    await link.close()
  }
}

function contenderOn(link: Link, entrant: Entrant, options: SiteOptions): Contender {
  const { tunnel, controller } = entrant
  const isSetFirst = isOfKernel(entrant) && controller !== null
  return new Contender(tunnel, options, isSetFirst ? () => void link.setController(controller) : () => {})
}

/** Of those that the plan wants of the kernel, with the reason. */
function refusedControllers(link: Link, { entrants }: Plan): ReadonlyMap<Controller | null, string> {
  const wanted = new Set(entrants.filter(isOfKernel).flatMap(({ controller }) => controller ?? []))
  const refused = new Map<Controller, string>()
  for (const controller of wanted) {
    const problem = link.setController(controller)
    if (problem === null) continue
    console.error(`left out: ${problem}`)
    refused.set(controller, problem)
  }
  return refused
}

async function startOriginOn({ ground: { inside } }: Link): Promise<[origin: ChildProgram, port: number]> {
  const command = builtProgram('bench/origin', '--host', '0.0.0.0')
  const origin = startAt(inside, { name: 'origin', command })
  const [line] = await origin.line(/ ready .*$/)
  return [origin, new ReadyLine(line).port('tcp')]
}

function titleOf({ delayMs, lossPercent, megabitsPerSecond, queuePackets }: LinkShape): string {
  return `${megabitsPerSecond} Mbit/s, ${delayMs} ms one way, ${lossPercent} % loss each way, a queue of ${queuePackets} packets`
}
