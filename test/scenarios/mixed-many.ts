// Runs many mixed seeds: `--seeds 2000 --from 1`. Exits with 1 if any failed and prints each of them with its reason.

import { parseArgs } from 'node:util'
import { runScenario } from '../sim/scenario.ts'
import { mixedScenario } from './mixed.ts'

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '2000' }, from: { type: 'string', default: '1' } },
})
const from = wholeNumber(values.from)
const until = from + wholeNumber(values.seeds)
const failed: number[] = []

for (let seed = from; seed < until; seed += 1) {
  try {
    runScenario(mixedScenario(seed))
  } catch (cause) {
    failed.push(seed)
    console.error(cause instanceof Error ? cause.message : cause)
  }
}

console.log(
  `${until - from} seeds from ${from}: ${failed.length} failed${failed.length > 0 ? `: ${failed.join(' ')}` : ''}`,
)
process.exitCode = failed.length > 0 ? 1 : 0

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`not a whole number: ${text}`)
  return Number(text)
}
