// What edgerq costs between a client and a web server, beside a direct connection and two plain TCP pipes in the same run. Rounds are
// interleaved, so that a mood of the machine meets all ways alike.

import { residentBytes } from '../stresstest/rig/usage.ts'
import { barsOfWays } from './bars.ts'
import { BUSY_CONNECTIONS } from './figures.ts'
import { loadName, measureRequests, measureTransfers, runRequests } from './measure.ts'
import type { BenchOptions } from './options.ts'
import { type Memory, printBench } from './report.ts'
import { type BenchRoute, DIRECT, layRoutes, TWO_PIPES } from './routes.ts'
import { Samples } from './samples.ts'

/** After so many a request costs no less than the one before: `http` took 15,000 until its code was compiled, `tcp` far fewer. */
const WARM_UP_REQUESTS = 20_000
/** No warm-up takes longer than so many runs of a second, whatever the machine. */
const WARM_UP_RUNS = 10

const BASES = [
  { route: DIRECT, title: '÷ direct' },
  { route: TWO_PIPES, title: '÷ two pipes' },
] as const

/** Everything that is written goes to `folder`. */
export async function benchWays(folder: string, options: BenchOptions): Promise<void> {
  const [origin, routes] = await layRoutes(folder, options)
  const samples = new Samples()
  const idle = routes.map(memoryOf)
  await warmUp(routes, options)
  for (let round = 0; round < options.rounds; round++) {
    for (const route of routes) {
      console.error(`round ${round + 1} of ${options.rounds}: ${route.name}`)
      if (options.measurements.has('requests')) await measureRequests(route, options, samples)
      if (options.measurements.has('transfers')) await measureTransfers(route, options.transferBytes, samples)
    }
  }
  const sealers = [...new Set(routes.flatMap(({ sealedBy }) => sealedBy ?? []))]
  const sealed = sealers.length === 0 ? '' : `, edgerq sealed by ${sealers.join(' and ')}`
  const title = `Load by ${loadName}, origin ${origin}${sealed}`
  const bars = barsOfWays(options, BASES[1])
  printBench({ name: 'end-to-end', title, options, samples, bases: BASES, bars, memory: memory(routes, idle) })
}

/**
 * So that compiled code, grown windows and buffers are not charged to the first round. Bodies go first: code that was compiled for
 * small requests alone is compiled again when it has met them.
 */
async function warmUp(routes: readonly BenchRoute[], options: BenchOptions): Promise<void> {
  const unheard = new Samples()
  for (const route of routes) {
    console.error(`warming up: ${route.name}`)
    if (options.measurements.has('transfers')) await measureTransfers(route, options.warmUpBytes, unheard)
    if (options.measurements.has('requests')) await warmUpRequests(route)
  }
}

async function warmUpRequests(route: BenchRoute): Promise<void> {
  let requests = 0
  for (let run = 0; run < WARM_UP_RUNS && requests < WARM_UP_REQUESTS; run++) {
    requests += (await runRequests(route, BUSY_CONNECTIONS, 1)).requests
  }
}

function memoryOf(route: BenchRoute): number[] {
  return route.programs.map((program) => residentBytes(program.pid))
}

function memory(routes: readonly BenchRoute[], idle: readonly (readonly number[])[]): Memory[] {
  return routes.flatMap((route, at) => {
    const after = memoryOf(route)
    return route.programs.map((program, index) => ({
      route: route.name,
      program: program.name,
      idleBytes: idle[at]![index]!,
      afterBytes: after[index]!,
    }))
  })
}
