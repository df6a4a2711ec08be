// The result of a run: one object for programs (`--json`), one table for people.

import type { LoadPlan } from './plan.ts'
import type { LoadRun } from './run.ts'

/** What `--json` prints; the names are for other people's programs to rely on. */
export interface LoadResult {
  readonly url: string
  readonly method: string
  readonly connections: number
  /** Connections that were opened in all. */
  readonly opened: number
  /** Requests per second that were asked for; null: as fast as the connections allowed. */
  readonly rate: number | null
  readonly seed: number
  readonly seconds: number
  readonly requests: RequestCounts
  /** Right answers. */
  readonly requestsPerSecond: number
  readonly sentBytes: number
  readonly receivedBytes: number
  /** Of the right answers; null when there are none. */
  readonly latencyMs: LatencyMs | null
  readonly statuses: Readonly<Record<string, number>>
  readonly errors: Readonly<Record<string, number>>
}

export interface RequestCounts {
  readonly begun: number
  readonly right: number
  readonly failed: number
  /** Under way when the run was stopped. */
  readonly unfinished: number
  /** Due, but never begun: no connection was free. */
  readonly unsent: number
}

export interface LatencyMs {
  readonly min: number
  readonly mean: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

export function resultOf(plan: LoadPlan, run: LoadRun, opened: number): LoadResult {
  const { tally, begun, unfinished, unsent } = run
  const seconds = run.elapsedMs / 1000
  return {
    url: plan.url.href,
    method: plan.method,
    connections: plan.connections,
    opened,
    rate: plan.ratePerSecond,
    seed: plan.seed,
    seconds: rounded(seconds),
    requests: { begun, right: tally.right, failed: tally.failed, unfinished, unsent },
    requestsPerSecond: seconds === 0 ? 0 : rounded(tally.right / seconds),
    sentBytes: tally.sentBytes,
    receivedBytes: tally.receivedBytes,
    latencyMs: latencyOf(run),
    statuses: Object.fromEntries(tally.statuses),
    errors: Object.fromEntries(tally.failures),
  }
}

function latencyOf({ tally: { latencies } }: LoadRun): LatencyMs | null {
  if (latencies.count === 0) return null
  const at = (fraction: number): number => rounded(latencies.quantile(fraction) / 1000)
  return {
    min: rounded(latencies.minUs / 1000),
    mean: rounded(latencies.meanUs / 1000),
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    p999: at(0.999),
    max: at(1),
  }
}

/** To a thousandth: a µs, where the unit is a ms. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}
