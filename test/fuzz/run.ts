// npm run fuzz -- [--executions N | --seconds N] [--seed S] [--only TARGET]
//
// The seed makes the whole run, of each target for itself: a failure prints the command that has it again.

import { parseArgs } from 'node:util'
import { Campaign } from './campaign.ts'
import { type Fuzzer, MOST_MS } from './fuzzer.ts'
import { PLANS } from './plans.ts'

const DEFAULT_EXECUTIONS = 1_000_000

const { values } = parseArgs({
  options: {
    executions: { type: 'string' },
    seconds: { type: 'string' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 32)) },
    only: { type: 'string', multiple: true },
  },
})

const seed = Number(values.seed)
const mostMs = values.seconds === undefined ? Infinity : Number(values.seconds) * 1_000
const mostExecutions = Number(values.executions ?? (mostMs === Infinity ? DEFAULT_EXECUTIONS : Infinity))
const plans = PLANS.filter(({ name }) => values.only?.includes(name) ?? true)
if (
  !Number.isSafeInteger(seed) ||
  !(mostMs > 0) ||
  !(mostExecutions > 0) ||
  plans.length < (values.only ?? PLANS).length
) {
  console.error('usage: npm run fuzz -- [--executions N | --seconds N] [--seed S] [--only TARGET]')
  console.error(`targets: ${PLANS.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}

console.log(`seed ${seed}`)
const campaign = new Campaign(plans, { seed, mostExecutions, mostMs })
const problems = campaign.run()
console.log('target          inputs  taken  inputs/s  slowest')
for (const fuzzer of campaign.fuzzers) console.log(reportOf(fuzzer))
console.log(
  `${campaign.executions} inputs; ${(campaign.grownBytes / 1_048_576).toFixed(1)} MiB more than after the warm-up`,
)
const slow = campaign.fuzzers.reduce((sum, { slow }) => sum + slow.length, 0)
if (slow > 0) console.log(`above ${MOST_MS} ms at first: ${slow}; those that were so again stand below`)
for (const [what, error] of problems) {
  console.error(what, error ?? '')
  process.exitCode = 1
}

function reportOf({ plan, executions, taken, ms, slowest }: Fuzzer): string {
  const share = `${Math.round((100 * taken) / executions)} %`
  const rate = Math.round((executions * 1_000) / ms)
  const worst = slowest === null ? '' : `${slowest.ms.toFixed(2)} ms: ${brief(slowest.input)}`
  return `${plan.name.padEnd(13)} ${String(executions).padStart(8)} ${share.padStart(6)} ${String(rate).padStart(9)}  ${worst}`
}

function brief(input: string): string {
  return input.length <= 64 ? input : `${input.slice(0, 64)}… (${input.length / 2} bytes)`
}
