// The bars of this comparison, scene by scene.

import { type Bar, type Base, type JudgedBar, judgeBar } from '../bars.ts'
import { TWO_PIPES } from '../routes.ts'
import type { Figure } from '../samples.ts'
import { chainName } from './chain.ts'
import { type Contender, contenderName } from './contender.ts'
import { LINK_CROWDS, LOOPBACK_CROWDS, latency, linkTransfer, shareBeside, transfer } from './figures.ts'
import type { Scene } from './scenes.ts'
import { cappedName, EDGERQ } from './tunnels/edgerq.ts'

/** With null in place of what was not measured in this run. */
export interface HeldBar {
  readonly bar: Bar
  readonly judged: JudgedBar | null
}

export function holdBars(scene: Scene): HeldBar[] {
  return barsOf(scene).map((bar) => ({ bar, judged: judgeBar(bar, scene.samples) }))
}

function barsOf(scene: Scene): readonly Bar[] {
  const { ground } = scene
  if (ground === 'loopback') return LOOPBACK_BARS
  const own = scene.contenders.filter(({ tunnel }) => tunnel.name === EDGERQ.tcp)
  if (ground === 'narrow') return own.flatMap(({ name }) => narrowBars(name))
  if (ground.delayMs !== 40) return []
  if (ground.lossPercent === 1) return own.flatMap((contender) => oneLostBars(scene, contender))
  return ground.lossPercent === 5 ? own.map(({ name }) => bar(linkTransfer.share, name, '≥', 70)) : []
}

const LOOPBACK_BARS: readonly Bar[] = [
  ...LOOPBACK_CROWDS.flatMap(({ rate }) => [
    ratio(rate, EDGERQ.tcp, 'rathole Noise', '≥', 1),
    ratio(rate, EDGERQ.tcp, 'rathole TLS', '≥', 1),
    ratio(rate, EDGERQ.tcp, 'rathole in the clear', '≥', 0.8),
    ratio(rate, EDGERQ.tcp, 'frp', '≥', 1.5),
    ratio(rate, EDGERQ.tcp, TWO_PIPES, '≥', 0.95),
  ]),
  ratio(LOOPBACK_CROWDS[0]!.rate, EDGERQ.http, 'frp http', '≥', 1.2),
  ratio(LOOPBACK_CROWDS[0]!.rate, EDGERQ.http, TWO_PIPES, '≥', 0.35),
  bar(transfer.speed, EDGERQ.tcp, '≥', 600),
  bar(transfer.speed, cappedName('node:crypto'), '≥', 150),
  bar(transfer.speed, cappedName('sodium-native'), '≥', 280),
  bar(latency.addedP50, EDGERQ.tcp, '≤', 0.25),
  bar(latency.addedP99, EDGERQ.tcp, '≤', 1.5),
  ratio(transfer.cpuPerHop, chainName(EDGERQ.tcp, 3), EDGERQ.tcp, '≤', 1),
]

function oneLostBars(scene: Scene, { name, options }: Contender): readonly Bar[] {
  const { p99 } = LINK_CROWDS.at(-1)!
  const [fastest, calmest] = [fastestOther(scene), calmestOverTcp(scene, p99)]
  const chain = contenderName(chainName(EDGERQ.tcp, 3), options.controller ?? '')
  return [
    bar(linkTransfer.share, name, '≥', 85),
    ...(fastest === null ? [] : [ratio(linkTransfer.speed, name, fastest, '≥', 1.3)]),
    bar(p99, name, '≤', 4),
    ...(calmest === null ? [] : [ratio(p99, name, calmest, '≤', 0.5)]),
    ratio(linkTransfer.speed, chain, name, '≥', 0.95),
  ]
}

function narrowBars(name: string): readonly Bar[] {
  return [bar(linkTransfer.speed, name, '≥', 9.2), bar(shareBeside, name, '≥', 40), bar(shareBeside, name, '≤', 65)]
}

/** By name; null when none got through. */
function fastestOther(scene: Scene): string | null {
  return medians(scene, linkTransfer.speed).at(-1)?.name ?? null
}

function calmestOverTcp(scene: Scene, p99: Figure): string | null {
  return medians(scene, p99).find(({ tunnel }) => tunnel.controllers === undefined)?.name ?? null
}

/** Of the tunnels of others, from the least to the most. */
function medians({ contenders, samples }: Scene, figure: Figure) {
  const others = contenders.filter(({ tunnel }) => tunnel.whose === 'others' && tunnel.hops === undefined)
  const measured = others.flatMap(({ name, tunnel }) => {
    const summary = samples.summary(figure, name)
    return summary === null ? [] : [{ name, tunnel, median: summary.median }]
  })
  return measured.sort((a, b) => a.median - b.median)
}

function bar(figure: Figure, route: string, bound: Bar['bound'], limit: number): Bar {
  return { figure, route, dividedBy: null, bound, limit }
}

function ratio(figure: Figure, route: string, to: string, ...[bound, limit]: [Bar['bound'], number]): Bar {
  const dividedBy: Base = { route: to, title: `÷ ${to}` }
  return { figure, route, dividedBy, bound, limit }
}
