// One measurement of one route: runs the load in a process of its own and writes down what came out.

import { cpuSeconds } from '../stresstest/rig/usage.ts'
import { added, BUSY_CONNECTIONS, cpuOfRequests, cpuOfTransfer, p50, p99, requestsAt, speed } from './figures.ts'
import type { RequestsResult } from './load.ts'
import { moveBody, runRequests as runOurs, runWrk } from './load-runs.ts'
import { isOnPath } from './nginx.ts'
import type { BenchOptions } from './options.ts'
import { type BenchRoute, DIRECT } from './routes.ts'
import type { Figure, Samples } from './samples.ts'

/** What sends the small requests of many connections; latency at one connection is always measured by our own. */
export const loadName = isOnPath('wrk') ? 'wrk (latency: bench/load.ts)' : 'bench/load.ts'

/** Measures `route` once at each number of connections. The direct route, if it is measured, must be the first of its round. */
export async function measureRequests(route: BenchRoute, options: BenchOptions, samples: Samples): Promise<void> {
  for (const [connections, figure] of requestsAt) {
    const before = cpuSecondsOf(route)
    const result = await runRequests(route, connections, options.seconds)
    const spent = cpuSecondsOf(route) - before
    samples.add(figure, route.name, result.requestsPerSecond)
    if (connections === 1) addLatency(route.name, result, samples)
    if (connections !== BUSY_CONNECTIONS || route.programs.length === 0) continue
    samples.add(cpuOfRequests, route.name, (spent / result.requests) * 100_000)
  }
}

/** One body on its way, and what it is written down as. */
export interface Transfer {
  readonly way: 'download' | 'upload'
  readonly bytes: number
  readonly figures: { readonly speed: Figure; readonly cpu: Figure }
}

/** Moves one body of `bytes` in each direction. */
export async function measureTransfers(route: BenchRoute, bytes: number, samples: Samples): Promise<void> {
  for (const way of ['download', 'upload'] as const) {
    await measureTransfer(route, { way, bytes, figures: { speed: speed[way], cpu: cpuOfTransfer[way] } }, samples)
  }
}

export async function measureTransfer(route: BenchRoute, transfer: Transfer, samples: Samples): Promise<void> {
  const { way, bytes, figures } = transfer
  const before = cpuSecondsOf(route)
  const result = await moveBody({ port: route.transfersPort }, { way, bytes })
  const spent = cpuSecondsOf(route) - before
  samples.add(figures.speed, route.name, result.megabytesPerSecond)
  if (route.programs.length > 0) samples.add(figures.cpu, route.name, spent / (bytes / 1e9))
}

/** Keeps `connections` busy for `seconds`; the latencies are worth something only for one connection. */
export function runRequests(route: BenchRoute, connections: number, seconds: number): Promise<RequestsResult> {
  const run = connections > 1 && isOnPath('wrk') ? runWrk : runOurs
  return run({ port: route.requestsPort }, { connections, seconds })
}

/** In user and kernel, of all that stands between. */
function cpuSecondsOf(route: BenchRoute): number {
  return route.programs.reduce((sum, program) => sum + cpuSeconds(program.pid), 0)
}

function addLatency(route: string, result: RequestsResult, samples: Samples): void {
  samples.add(p50, route, result.p50Us / 1000)
  samples.add(p99, route, result.p99Us / 1000)
  const direct = samples.values(p50, DIRECT).at(-1)
  if (route !== DIRECT && direct !== undefined) samples.add(added, route, result.p50Us / 1000 - direct)
}
