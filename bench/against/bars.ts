// The bars of this comparison, part by part: nothing is held against what was measured in another.

import { type Bar, type Base, type JudgedBar, judgeBar } from '../bars.ts'
import { TWO_PIPES } from '../routes.ts'
import type { Figure } from '../samples.ts'
import { chainName } from './chain.ts'
import { entrantName } from './entrant.ts'
import { LINK_CROWDS, LOOPBACK_CROWDS, latency, linkTransfer, shareBeside, transfer } from './figures.ts'
import type { Part, PartContender } from './part.ts'
import { cappedName, EDGERQ } from './tunnels/edgerq.ts'

/** With null in place of what was not measured in this part. */
export interface HeldBar {
  readonly bar: Bar
  readonly judged: JudgedBar | null
}

export function holdBars(part: Part): HeldBar[] {
  return barsOf(part).map((bar) => ({ bar, judged: judgeBar(bar, part.samples) }))
}

function barsOf(part: Part): readonly Bar[] {
  const own = part.contenders.filter(({ tunnel }) => tunnel === EDGERQ.tcp)
  switch (part.ground) {
    case 'loopback':
      return LOOPBACK_BARS
    case '40/1':
      return own.flatMap((contender) => oneLostBars(part, contender))
    case '40/5':
      return own.map(({ name }) => bar(linkTransfer.share, name, '≥', 70))
    case 'narrow':
      return own.flatMap(({ name }) => narrowBars(name))
  }
  return []
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

function oneLostBars(part: Part, { name, controller }: PartContender): readonly Bar[] {
  const { p99 } = LINK_CROWDS.at(-1)!
  const [fastest, calmest] = [fastestOther(part), calmestOverTcp(part, p99)]
  const chain = entrantName(chainName(EDGERQ.tcp, 3), controller)
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
function fastestOther(part: Part): string | null {
  return othersByMedian(part, linkTransfer.speed).at(-1)?.name ?? null
}

function calmestOverTcp(part: Part, p99: Figure): string | null {
  return othersByMedian(part, p99).find(({ isOverTcp }) => isOverTcp)?.name ?? null
}

/** Of the tunnels of others, from the least to the most. */
function othersByMedian({ contenders, samples }: Part, figure: Figure) {
  const others = contenders.filter(({ whose, hops }) => whose === 'others' && hops === 1)
  const measured = others.flatMap((contender) => {
    const summary = samples.summary(figure, contender.name)
    return summary === null ? [] : [{ ...contender, median: summary.median }]
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
