// The bars that the project has set itself, held against the medians of one run. They are said and no more than that: a figure is worth
// what the machine is worth, so a missed bar is a reason to look and not a failure of the run.

import { added, BUSY_CONNECTIONS, requestsAt, speed } from './figures.ts'
import { TWO_PIPES, tunnelName } from './routes.ts'
import type { Figure, Samples } from './samples.ts'

export interface Bar {
  readonly figure: Figure
  readonly route: string
  /** What is held against the limit: the figure, or its ratio to that of two TCP pipes. */
  readonly of: 'figure' | 'ratio'
  readonly bound: '≥' | '<'
  readonly limit: number
}

export interface JudgedBar extends Bar {
  readonly value: number
  readonly isMet: boolean
}

const busyRequests = requestsAt.get(BUSY_CONNECTIONS)!

/** Only those of which everything was measured. */
export function judgeBars(samples: Samples, maxDatagramBytes: readonly number[]): JudgedBar[] {
  return [...TRANSFER_BARS, ...maxDatagramBytes.flatMap(requestBars)].flatMap((bar) => {
    const value = measuredFor(bar, samples)
    if (value === null) return []
    return { ...bar, value, isMet: bar.bound === '<' ? value < bar.limit : value >= bar.limit }
  })
}

const TRANSFER_BARS: readonly Bar[] = [
  { figure: speed.download, route: tunnelName('tcp', 1200), of: 'figure', bound: '≥', limit: 80 },
  { figure: speed.download, route: tunnelName('tcp', 16_000), of: 'figure', bound: '≥', limit: 200 },
]

/** They hold whatever the size of a datagram is. */
function requestBars(bytes: number): Bar[] {
  const [tcp, http] = [tunnelName('tcp', bytes), tunnelName('http', bytes)]
  return [
    { figure: added, route: tcp, of: 'figure', bound: '<', limit: 0.5 },
    { figure: busyRequests, route: tcp, of: 'ratio', bound: '≥', limit: 0.5 },
    { figure: busyRequests, route: http, of: 'ratio', bound: '≥', limit: 0.2 },
  ]
}

function measuredFor(bar: Bar, samples: Samples): number | null {
  if (bar.of === 'ratio') return samples.ratio(bar.figure, bar.route, TWO_PIPES)
  return samples.summary(bar.figure, bar.route)?.median ?? null
}
