// `npm run bench`: what edgerq costs between a client and a web server, beside a direct connection and two plain TCP pipes in the
// same run. Rounds are interleaved, so that a mood of the machine meets all ways alike. See bench/README.md.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endWithChildrenOnSignal } from '../stresstest/rig/child-program.ts'
import { residentBytes } from '../stresstest/rig/usage.ts'
import { loadName, measureRequests, measureTransfers, runRequests } from './measure.ts'
import { type BenchOptions, readOptions, USAGE } from './options.ts'
import { type Memory, printTable, writeJson } from './report.ts'
import { type BenchRoute, layRoutes } from './routes.ts'
import { Samples } from './samples.ts'

const WARM_UP_SECONDS = 1

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
  const [origin, routes] = await layRoutes(folder, options.maxDatagramBytes)
  const samples = new Samples()
  const idle = routes.map(memoryOf)
  await warmUp(routes, options)
  for (let round = 0; round < options.rounds; round++) {
    for (const route of routes) {
      console.error(`round ${round + 1} of ${options.rounds}: ${route.name}`)
      if (options.only.has('requests')) await measureRequests(route, options, samples)
      if (options.only.has('transfers')) await measureTransfers(route, options, samples)
    }
  }
  const report = { options, tools: { load: loadName, origin }, samples, memory: memory(routes, idle) }
  printTable(report)
  console.log(`\n${writeJson(report)}`)
}

/** So that compiled code, grown windows and buffers are not charged to the first round. */
async function warmUp(routes: readonly BenchRoute[], options: BenchOptions): Promise<void> {
  const unheard = new Samples()
  for (const route of routes) {
    console.error(`warming up: ${route.name}`)
    await runRequests(route, 32, WARM_UP_SECONDS)
    if (options.only.has('transfers')) await measureTransfers(route, options, unheard)
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
