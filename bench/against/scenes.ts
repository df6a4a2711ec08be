// Where the contenders meet: on loopback, on links of 200 Mbit/s, and on a narrow one with a short queue. A scene lays all of its tunnels, plays
// its trials and takes everything away again.

import type { ChildProgram } from '../../stresstest/rig/child-program.ts'
import { builtProgram } from '../../stresstest/rig/places.ts'
import { ReadyLine } from '../../stresstest/rig/ready-line.ts'
import { startOrigins } from '../routes.ts'
import { Contender } from './contender.ts'
import { LINK_CROWDS, LOOPBACK_CROWDS } from './figures.ts'
import { LOOPBACK, startAt } from './ground.ts'
import { Link, type LinkShape } from './link.ts'
import { type AgainstOptions, type Ground, groundName, type WideLink } from './options.ts'
import { type Outcome, playScene, type WarmUp } from './outcome.ts'
import type { SiteOptions } from './site.ts'
import {
  crowdOnLink,
  crowdOnLoopback,
  downloadBeside,
  downloadOnLink,
  downloadOnLoopback,
  latencyTrial,
  type Trial,
} from './trials.ts'
import type { Controller, Tunnel } from './tunnel.ts'

export interface Scene extends Outcome {
  readonly ground: Ground
  /** As a heading. */
  readonly title: string
  /** In the order of the tables. */
  readonly contenders: readonly Contender[]
  /** What was left out here, as sentences. */
  readonly left: readonly string[]
}

export interface Play {
  /** For files of tunnels. */
  readonly folder: string
  readonly tunnels: readonly Tunnel[]
  readonly options: AgainstOptions
}

const WIDE = { megabitsPerSecond: 200, queuePackets: 1000 } as const
const NARROW: LinkShape = { delayMs: 15, lossPercent: 0, megabitsPerSecond: 10, queuePackets: 25 }
const NARROW_BYTES = 10e6
/** Long enough for a flow to find its share, several times. */
const BESIDE_SECONDS = 20
/** On loopback a download that takes longer hangs. */
const LOOPBACK_SECONDS = 60

const MIB = 1024 * 1024
/** As in bench/ways.ts: after so much nothing is compiled any more. */
const LOOPBACK_WARM_UP: WarmUp = { bytes: 64 * MIB, withinSeconds: 20, seconds: 4 }
const LINK_WARM_UP: WarmUp = { bytes: 8 * MIB, withinSeconds: 5, seconds: 2 }
const QUICK_WARM_UP: WarmUp = { bytes: 8 * MIB, withinSeconds: 2, seconds: 1 }

export async function playLoopback({ folder, tunnels, options }: Play): Promise<Scene> {
  const { seconds, transferBytes, rounds, isQuick } = options
  const origins = await startOrigins(folder)
  const site = { ground: LOOPBACK, folder, origins, controller: null }
  const contenders = tunnels.map((tunnel) => new Contender(tunnel, site))
  const trials = [
    ...LOOPBACK_CROWDS.map((figures) => crowdOnLoopback(figures, seconds)),
    latencyTrial(seconds),
    downloadOnLoopback({ bytes: transferBytes, withinSeconds: LOOPBACK_SECONDS }),
  ]
  const warmUp = isQuick ? QUICK_WARM_UP : LOOPBACK_WARM_UP
  const outcome = await playScene({ name: 'loopback', contenders, trials, rounds, warmUp })
  return { ...outcome, ground: 'loopback', title: `origin ${origins.name}`, contenders, left: [] }
}

export async function playLink(ground: 'narrow' | WideLink, { folder, tunnels, options }: Play): Promise<Scene> {
  const shape = ground === 'narrow' ? NARROW : { ...WIDE, ...ground }
  const link = await Link.open(shape)
  try {
    const [origin, port] = await startOriginOn(link)
    const [controllers, left] = kernelControllers(link)
    const site = { ground: link.ground, folder, origins: { requestsPort: port, transfersPort: port } }
    const contenders = tunnelsOn(ground, tunnels, options).flatMap((tunnel) =>
      (tunnel.controllers ?? controllers).map((controller) => contenderOn(link, tunnel, { ...site, controller })),
    )
    const rival = contenders.find(({ tunnel, options }) => tunnel.hops === 0 && options.controller === 'cubic')
    const trials = ground === 'narrow' ? narrowTrials(options, rival) : wideTrials(shape, options)
    const warmUp = options.isQuick ? QUICK_WARM_UP : LINK_WARM_UP
    const name = groundName(ground)
    const outcome = await playScene({ name, contenders, trials, rounds: options.rounds, warmUp })
    await origin.end()
    return { ...outcome, ground, title: titleOf(shape), contenders, left }
  } finally {
    await link.close()
  }
}

/** Chains are for links that have room for them. */
function tunnelsOn(ground: Ground, tunnels: readonly Tunnel[], { isEveryConfiguration }: AgainstOptions) {
  const wanted = tunnels.filter(({ isOnLinks }) => isOnLinks || isEveryConfiguration)
  return wanted.filter(({ hops = 1 }) => ground !== 'narrow' || hops <= 1)
}

function wideTrials(shape: LinkShape, { seconds, transferBytes, withinSeconds }: AgainstOptions): readonly Trial[] {
  const crowds = LINK_CROWDS.map((figures) => crowdOnLink(figures, seconds, 2 * shape.delayMs))
  return [...crowds, downloadOnLink({ bytes: transferBytes, withinSeconds }, shape)]
}

function narrowTrials({ withinSeconds, isQuick }: AgainstOptions, rival: Contender | undefined): readonly Trial[] {
  const alone = downloadOnLink({ bytes: NARROW_BYTES, withinSeconds }, NARROW)
  const seconds = isQuick ? BESIDE_SECONDS / 2 : BESIDE_SECONDS
  return rival === undefined ? [alone] : [alone, downloadBeside(rival, seconds)]
}

function contenderOn(link: Link, tunnel: Tunnel, options: SiteOptions): Contender {
  const { controller } = options
  const isOfKernel = tunnel.controllers === undefined && controller !== null
  return new Contender(tunnel, options, isOfKernel ? () => void link.setController(controller) : () => {})
}

function kernelControllers(link: Link): [taken: readonly Controller[], left: readonly string[]] {
  const tried = (['cubic', 'bbr'] as const).map((name) => ({ name, problem: link.setController(name) }))
  const left = tried.flatMap(({ problem }) => problem ?? [])
  for (const problem of left) console.error(`left out: ${problem}`)
  return [tried.filter(({ problem }) => problem === null).map(({ name }) => name), left]
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
