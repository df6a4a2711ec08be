// `npm run bench`: what edgerq costs between a client and a web server, beside a direct connection and two plain TCP pipes in the
// same run. Rounds are interleaved, so that a mood of the machine meets all ways alike. See bench/README.md.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endWithChildrenOnSignal } from '../stresstest/rig/child-program.ts'
import { residentBytes } from '../stresstest/rig/usage.ts'
import { BUSY_CONNECTIONS } from './figures.ts'
import { loadName, measureRequests, measureTransfers, runRequests } from './measure.ts'
import { type BenchOptions, readOptions, USAGE } from './options.ts'
import { type Memory, printTable, writeJson } from './report.ts'
import { type BenchRoute, layRoutes } from './routes.ts'
import { Samples } from './samples.ts'

/** After so many a request costs no less than the one before: `http` took 15,000 until its code was compiled, `tcp` far fewer. */
const WARM_UP_REQUESTS = 20_000
/** No warm-up takes longer than so many runs of a second, whatever the machine. */
const WARM_UP_RUNS = 10
const WARM_UP_BYTES = 64 * 1024 * 1024

endWithChildrenOnSignal()
const folder = mkdtempSync(join(tmpdir(), 'edgerq-bench-'))
try {
  const options = asked()
  if (options !== null) await bench(options)
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
// The children are up, and end with this process.
process.exit()

function asked(): BenchOptions | null {
  try {
    return readOptions(process.argv.slice(2))
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`)
    process.exitCode = 2
    return null
  }
}

async function bench(options: BenchOptions): Promise<void> {
  const begun = performance.now()
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
  const report = { options, tools: { load: loadName, origin }, samples, memory: memory(routes, idle) }
  printTable(report)
  console.log(`\n${writeJson(report)}  (${((performance.now() - begun) / 1000).toFixed()} s)`)
}

/**
 * So that compiled code, grown windows and buffers are not charged to the first round. Bodies go first: code that was compiled for
 * small requests alone is compiled again when it has met them.
 */
async function warmUp(routes: readonly BenchRoute[], options: BenchOptions): Promise<void> {
  const unheard = new Samples()
  for (const route of routes) {
    console.error(`warming up: ${route.name}`)
    if (options.measurements.has('transfers')) await measureTransfers(route, WARM_UP_BYTES, unheard)
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
