#!/usr/bin/env node
// edgerq-stresstest URL: sends requests, checks their answers, and tells how many were right and how long they took.

import { CommanderError } from 'commander'
import { Client } from './load/client.ts'
import { systemClock } from './load/clock.ts'
import { type Asked, ExitStatus, readCommandLine } from './load/command-line.ts'
import { resultOf } from './load/result.ts'
import { LoadRun } from './load/run.ts'
import { hint, liveLine, table } from './load/voice.ts'

const LIVE_LINE_MS = 1000
const CLEAR_LINE = '\r\x1b[K'

async function run({ plan, output }: Asked): Promise<number> {
  const client = new Client(plan)
  const load = new LoadRun(plan, (number, settled) => client.send(number, settled), systemClock)
  process.once('SIGINT', () => load.stop())
  const live = process.stderr.isTTY ? showLive(load) : null
  await load.run()
  clearInterval(live ?? undefined)
  if (live !== null) process.stderr.write(CLEAR_LINE)
  client.close()
  const result = resultOf(plan, load, client.opened)
  process.stdout.write(output === 'json' ? `${JSON.stringify(result)}\n` : `${table(result)}${hint(result)}`)
  return result.requests.failed === 0 ? ExitStatus.allRight : ExitStatus.someFailed
}

function showLive(load: LoadRun): NodeJS.Timeout {
  let right = 0
  return setInterval(() => {
    const perSecond = ((load.tally.right - right) * 1000) / LIVE_LINE_MS
    right = load.tally.right
    // A line that is too long would wrap, and the next one could not take its place.
    const line = liveLine(load, perSecond).slice(0, (process.stderr.columns ?? 80) - 1)
    process.stderr.write(`${CLEAR_LINE}${line}`)
    load.tally.recent.clear()
  }, LIVE_LINE_MS)
}

try {
  process.exitCode = await run(readCommandLine(process.argv.slice(2)))
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  process.exitCode = error.exitCode === 0 ? ExitStatus.allRight : ExitStatus.wrongUsage
}
