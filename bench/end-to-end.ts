// `npm run bench`: measures what is asked for, and prints a table for each. See bench/README.md.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endWithChildrenOnSignal } from '../stresstest/rig/child-program.ts'
import { benchAgainst, printReport } from './against/bench-against.ts'
import { AGAINST_USAGE, type AgainstOptions, readAgainstOptions, readReportFolder } from './against/options.ts'
import { benchCarriers } from './carriers.ts'
import { benchHandshakes } from './handshake-rate.ts'
import { type BenchOptions, readOptions, USAGE } from './options.ts'
import { benchScale } from './scale.ts'
import { benchSealing } from './sealing.ts'
import { benchWays } from './ways.ts'

endWithChildrenOnSignal()
const folder = mkdtempSync(join(tmpdir(), 'edgerq-bench-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
try {
  const args = process.argv.slice(2)
  if (args.includes('--against-report')) report(args)
  else if (args.some((arg) => /^--against(?:=|$)/.test(arg))) await against(args)
  else await own(args)
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
// The children are up, and end with this process.
process.exit()

async function against(args: readonly string[]): Promise<void> {
  const options = asked<AgainstOptions>(readAgainstOptions, args)
  if (options !== null) await timed(benchAgainst(folder, options))
}

function report(args: readonly string[]): void {
  const from = asked(readReportFolder, args)
  if (from !== null) printReport(from)
}

async function own(args: readonly string[]): Promise<void> {
  const options = asked<BenchOptions>(readOptions, args)
  if (options !== null) await timed(bench(options))
}

/** Null: it made no sense, and that was said. */
function asked<Options>(read: (args: readonly string[]) => Options, args: readonly string[]): Options | null {
  try {
    return read(args)
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}\n\n${AGAINST_USAGE}`)
    process.exitCode = 2
    return null
  }
}

/** What needs this process for itself goes first: later there are others beside it. */
async function bench(options: BenchOptions): Promise<void> {
  const { measurements } = options
  if (measurements.has('handshakes')) await benchHandshakes(options)
  await benchScale(folder, options)
  if (measurements.has('sealing')) await benchSealing(folder, options)
  if (measurements.has('carriers')) await benchCarriers(folder, options)
  if (measurements.has('requests') || measurements.has('transfers')) await benchWays(folder, options)
}

async function timed(measuring: Promise<void>): Promise<void> {
  const begun = performance.now()
  await measuring
  console.log(`(${((performance.now() - begun) / 1000).toFixed()} s)`)
}
