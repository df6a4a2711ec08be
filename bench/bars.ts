// The bars that the project has set itself, held against the medians of one run. They are said and no more than that: a figure is worth
// what the machine is worth, so a missed bar is a reason to look and not a failure of the run.

import { added, BUSY_CONNECTIONS, requestsAt, speed } from './figures.ts'
import type { BenchOptions } from './options.ts'
import { tunnelName } from './routes.ts'
import type { Figure, Samples } from './samples.ts'

/** A route that others are compared with, and how a column says so. */
export interface Base {
  readonly route: string
  readonly title: string
}

export interface Bar {
  readonly figure: Figure
  readonly route: string
  /** Null: the figure itself is held against the limit, not its ratio to that of another route. */
  readonly dividedBy: Base | null
  readonly bound: '≥' | '≤' | '<'
  readonly limit: number
}

export interface JudgedBar extends Bar {
  readonly value: number
  readonly isMet: boolean
}

const busyRequests = requestsAt.get(BUSY_CONNECTIONS)!

/** Only those of which everything was measured. */
export function judgeBars(bars: readonly Bar[], samples: Samples): JudgedBar[] {
  return bars.flatMap((bar) => judgeBar(bar, samples) ?? [])
}

/** Null when not everything was measured. */
export function judgeBar(bar: Bar, samples: Samples): JudgedBar | null {
  const value = measuredFor(bar, samples)
  return value === null ? null : { ...bar, value, isMet: HOLDS[bar.bound](value, bar.limit) }
}

const HOLDS = {
  '≥': (value: number, limit: number) => value >= limit,
  '≤': (value: number, limit: number) => value <= limit,
  '<': (value: number, limit: number) => value < limit,
} as const satisfies Record<Bar['bound'], (value: number, limit: number) => boolean>

/** Of the ways from a client to a web server. */
export function barsOfWays({ maxDatagramBytes }: BenchOptions, twoPipes: Base): Bar[] {
  return [...TRANSFER_BARS, ...maxDatagramBytes.flatMap((bytes) => requestBars(bytes, twoPipes))]
}

const TRANSFER_BARS: readonly Bar[] = [
  { figure: speed.download, route: tunnelName('tcp', 1200), dividedBy: null, bound: '≥', limit: 80 },
  { figure: speed.download, route: tunnelName('tcp', 16_000), dividedBy: null, bound: '≥', limit: 200 },
]

/** They hold whatever the size of a datagram is. */
function requestBars(bytes: number, twoPipes: Base): Bar[] {
  const [tcp, http] = [tunnelName('tcp', bytes), tunnelName('http', bytes)]
  return [
    { figure: added, route: tcp, dividedBy: null, bound: '<', limit: 0.5 },
    { figure: busyRequests, route: tcp, dividedBy: twoPipes, bound: '≥', limit: 0.5 },
    { figure: busyRequests, route: http, dividedBy: twoPipes, bound: '≥', limit: 0.2 },
  ]
}

function measuredFor(bar: Bar, samples: Samples): number | null {
  if (bar.dividedBy !== null) return samples.ratio(bar.figure, bar.route, bar.dividedBy.route)
  return samples.summary(bar.figure, bar.route)?.median ?? null
}
