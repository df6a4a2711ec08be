// What is measured, as the tables call it.

import type { Figure } from '../samples.ts'

/** Small requests on keep-alive connections, each with one at a time. */
export interface CrowdFigures {
  readonly connections: number
  readonly rate: Figure
  readonly p50: Figure
  readonly p99: Figure
  /** Of all that stands between; null where so few requests are no measure of it. */
  readonly cpu: Figure | null
}

export const LOOPBACK_CROWDS: readonly CrowdFigures[] = [32, 256].map((connections) => ({
  ...crowd(connections, 'ms', 3),
  cpu: { name: `CPU of 1,000,000 requests, ${connections} connections`, unit: 's', digits: 1 },
}))

/** Their p99 is in round trips of the link, if it has any delay. */
export const LINK_CROWDS: readonly CrowdFigures[] = [1, 32, 128].map((connections) => ({
  ...crowd(connections, 'round trips', 2),
  cpu: null,
}))

export const latency = {
  p50: { name: 'small request, p50', unit: 'ms', digits: 3 },
  p99: { name: 'small request, p99', unit: 'ms', digits: 3 },
  addedP50: { name: 'added to direct, p50', unit: 'ms', digits: 3 },
  addedP99: { name: 'added to direct, p99', unit: 'ms', digits: 3 },
} as const satisfies Record<string, Figure>

export const transfer = {
  speed: { name: 'download', unit: 'MB/s', digits: 0 },
  cpu: { name: 'CPU of a download', unit: 's/GB', digits: 2 },
  cpuPerHop: { name: 'CPU of a download and hop', unit: 's/GB', digits: 2 },
} as const satisfies Record<string, Figure>

export const linkTransfer = {
  speed: { name: 'download', unit: 'Mbit/s', digits: 2 },
  share: { name: 'download, of what the link carries', unit: '%', digits: 1 },
} as const satisfies Record<string, Figure>

/** Of what both flows got. */
export const shareBeside: Figure = { name: 'share beside one TCP flow on CUBIC', unit: '%', digits: 1 }

/** Of all that stands between. */
export const memory = {
  idle: { name: 'RSS when it serves', unit: 'MB', digits: 0 },
  after: { name: 'RSS after all runs', unit: 'MB', digits: 0 },
} as const satisfies Record<string, Figure>

function crowd(connections: number, unit: string, digits: number): Omit<CrowdFigures, 'cpu'> {
  const plural = `${connections} connection${connections > 1 ? 's' : ''}`
  return {
    connections,
    rate: { name: `requests, ${plural}`, unit: '1/s', digits: 0 },
    p50: { name: `p50, ${plural}`, unit, digits },
    p99: { name: `p99, ${plural}`, unit, digits },
  }
}
