// One measurement of one route: runs the load in a process of its own and writes down what came out.

import { ChildProgram } from '../stresstest/rig/child-program.ts'
import { builtProgram } from '../stresstest/rig/places.ts'
import { cpuSeconds } from '../stresstest/rig/usage.ts'
import { added, BUSY_CONNECTIONS, cpuOfRequests, cpuOfTransfer, p50, p99, requestsAt, speed } from './figures.ts'
import type { RequestsResult, TransferResult } from './load.ts'
import { isOnPath } from './nginx.ts'
import type { BenchOptions } from './options.ts'
import { type BenchRoute, DIRECT } from './routes.ts'
import type { Figure, Samples } from './samples.ts'

/** Runs that take longer than this hang. */
const RUN_DEADLINE_MS = 300_000

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
  const result = await runLoad<TransferResult>(way, route.transfersPort, '--bytes', String(bytes))
  const spent = cpuSecondsOf(route) - before
  samples.add(figures.speed, route.name, result.megabytesPerSecond)
  if (route.programs.length > 0) samples.add(figures.cpu, route.name, spent / (bytes / 1e9))
}

/** Keeps `connections` busy for `seconds`; the latencies are worth something only for one connection. */
export function runRequests(route: BenchRoute, connections: number, seconds: number): Promise<RequestsResult> {
  if (connections > 1 && isOnPath('wrk')) return runWrk(route, connections, seconds)
  const args = ['--connections', String(connections), '--seconds', String(seconds)]
  return runLoad<RequestsResult>('requests', route.requestsPort, ...args)
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

async function runLoad<Result>(mode: string, port: number, ...args: readonly string[]): Promise<Result> {
  const command = builtProgram('bench/load', mode, '--port', String(port), ...args)
  return JSON.parse((await outputOf('load', command)).join('')) as Result
}

async function runWrk(route: BenchRoute, connections: number, seconds: number): Promise<RequestsResult> {
  const url = `http://127.0.0.1:${route.requestsPort}/`
  const output = await outputOf('wrk', ['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, url])
  const text = output.join('\n')
  if (/Socket errors|Non-2xx/.test(text)) throw new Error(`wrk met errors on the way "${route.name}":\n${text}`)
  const requests = Number(text.match(/(\d+) requests in/)?.[1] ?? Number.NaN)
  const requestsPerSecond = Number(text.match(/Requests\/sec:\s+([\d.]+)/)?.[1] ?? Number.NaN)
  return { requests, requestsPerSecond, p50Us: Number.NaN, p99Us: Number.NaN }
}

async function outputOf(name: string, command: readonly string[]): Promise<readonly string[]> {
  const program = new ChildProgram({ name, command })
  const status = await program.ended(RUN_DEADLINE_MS)
  if (status.code !== 0) throw new Error(`${name} failed\n${program.logs()}`)
  return program.stdout
}
