// `npm run bench`: measures what is asked for, and prints a table for each. See bench/README.md.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endWithChildrenOnSignal } from '../stresstest/rig/child-program.ts'
import { benchHandshakes } from './handshake-rate.ts'
import { type BenchOptions, readOptions, USAGE } from './options.ts'
import { benchScale } from './scale.ts'
import { benchSealing } from './sealing.ts'
import { benchWays } from './ways.ts'

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

/** What needs this process for itself goes first: later there are others beside it. */
async function bench(options: BenchOptions): Promise<void> {
  const { measurements } = options
  const begun = performance.now()
  if (measurements.has('handshakes')) await benchHandshakes(options)
  await benchScale(folder, options)
  if (measurements.has('sealing')) await benchSealing(folder, options)
  if (measurements.has('requests') || measurements.has('transfers')) await benchWays(folder, options)
  console.log(`(${((performance.now() - begun) / 1000).toFixed()} s)`)
}
