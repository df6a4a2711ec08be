// The load generator in the test's own process.

import { Client } from '../../stresstest/load/client.ts'
import { systemClock } from '../../stresstest/load/clock.ts'
import { readCommandLine } from '../../stresstest/load/command-line.ts'
import { type LoadResult, resultOf } from '../../stresstest/load/result.ts'
import { LoadRun } from '../../stresstest/load/run.ts'

/** Runs to its end with the arguments of the program's command line. */
export async function load(port: number, path: string, ...args: readonly string[]): Promise<LoadResult> {
  const { plan } = readCommandLine([`http://127.0.0.1:${port}${path}`, ...args])
  const client = new Client(plan)
  const run = new LoadRun(plan, (number, settled) => client.send(number, settled), systemClock)
  await run.run()
  client.close()
  return resultOf(plan, run, client.opened)
}
