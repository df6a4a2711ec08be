// One measurement of one route: runs the load in a process of its own and writes down what came out.

import { ChildProgram } from '../stresstest/rig/child-program.ts'
import { builtProgram } from '../stresstest/rig/places.ts'
import { cpuSeconds } from '../stresstest/rig/usage.ts'
import type { RequestsResult, TransferResult } from './load.ts'
import { isOnPath } from './nginx.ts'
import type { BenchOptions } from './options.ts'
import { type BenchRoute, DIRECT } from './routes.ts'
import type { Figure, Samples } from './samples.ts'

/** Runs that take longer than this hang. */
const RUN_DEADLINE_MS = 300_000

export const requestsAt = new Map<number, Figure>(
  [1, 32, 256].map((connections) => [
    connections,
    { name: `requests, ${connections} connection${connections > 1 ? 's' : ''}`, unit: '1/s', digits: 0 },
  ]),
)
const p50: Figure = { name: 'small request, p50', unit: 'ms', digits: 3 }
const p99: Figure = { name: 'small request, p99', unit: 'ms', digits: 3 }
const added: Figure = { name: 'added to direct, p50', unit: 'ms', digits: 3 }
const speed = {
  download: { name: 'download', unit: 'MB/s', digits: 0 },
  upload: { name: 'upload', unit: 'MB/s', digits: 0 },
} as const
const cpu = {
  download: { name: 'CPU of a download', unit: 's/GB', digits: 2 },
  upload: { name: 'CPU of an upload', unit: 's/GB', digits: 2 },
} as const

/** What sends the small requests of many connections; latency at one connection is always measured by our own. */
export const loadName = isOnPath('wrk') ? 'wrk (latency: bench/load.ts)' : 'bench/load.ts'

/** Measures `route` once at each number of connections. The direct route must be the first of its round. */
export async function measureRequests(route: BenchRoute, options: BenchOptions, samples: Samples): Promise<void> {
  for (const [connections, figure] of requestsAt) {
    if (connections > 1 && isOnPath('wrk')) {
      samples.add(figure, route.name, await runWrk(route, connections, options.seconds))
      continue
    }
    const result = await runRequests(route, connections, options.seconds)
    samples.add(figure, route.name, result.requestsPerSecond)
    if (connections === 1) addLatency(route.name, result, samples)
  }
}

export async function measureTransfers(route: BenchRoute, options: BenchOptions, samples: Samples): Promise<void> {
  for (const way of ['download', 'upload'] as const) {
    const before = route.programs.map((program) => cpuSeconds(program.pid))
    const result = await runLoad<TransferResult>(way, route.transfersPort, '--bytes', String(options.transferBytes))
    const spent = route.programs.map((program, index) => cpuSeconds(program.pid) - before[index]!)
    samples.add(speed[way], route.name, result.megabytesPerSecond)
    if (spent.length === 0) continue
    const perGigabyte = spent.reduce((sum, seconds) => sum + seconds, 0) / (options.transferBytes / 1e9)
    samples.add(cpu[way], route.name, perGigabyte)
  }
}

export function runRequests(route: BenchRoute, connections: number, seconds: number): Promise<RequestsResult> {
  const args = ['--connections', String(connections), '--seconds', String(seconds)]
  return runLoad<RequestsResult>('requests', route.requestsPort, ...args)
}

function addLatency(route: string, result: RequestsResult, samples: Samples): void {
  samples.add(p50, route, result.p50Us / 1000)
  samples.add(p99, route, result.p99Us / 1000)
  if (route === DIRECT) return
  const direct = samples.values(p50, DIRECT)
  samples.add(added, route, result.p50Us / 1000 - (direct[direct.length - 1] ?? Number.NaN))
}

async function runLoad<Result>(mode: string, port: number, ...args: readonly string[]): Promise<Result> {
  const command = builtProgram('bench/load', mode, '--port', String(port), ...args)
  return JSON.parse((await outputOf('load', command)).join('')) as Result
}

async function runWrk(route: BenchRoute, connections: number, seconds: number): Promise<number> {
  const url = `http://127.0.0.1:${route.requestsPort}/`
  const output = await outputOf('wrk', ['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, url])
  const text = output.join('\n')
  if (/Socket errors|Non-2xx/.test(text)) throw new Error(`wrk met errors on the way "${route.name}":\n${text}`)
  return Number(text.match(/Requests\/sec:\s+([\d.]+)/)?.[1] ?? Number.NaN)
}

async function outputOf(name: string, command: readonly string[]): Promise<readonly string[]> {
  const program = new ChildProgram({ name, command })
  const status = await program.ended(RUN_DEADLINE_MS)
  if (status.code !== 0) throw new Error(`${name} failed\n${program.logs()}`)
  return program.stdout
}
