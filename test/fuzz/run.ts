// npm run fuzz -- [--executions N | --seconds N] [--seed S]     The seed makes the whole run; a failure prints it.

import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { heldBytes } from '../protocol/heap.ts'
import { type Execution, Fuzzer, MOST_MS, slowAgain } from './fuzzer.ts'
import { newTargets } from './targets.ts'

/** Sessions, learned inputs and compiled code come to rest in the first part of a run; from there memory must stay. */
const WARM_UP_FRACTION = 0.2
const MOST_GROWN_BYTES = 16 * 1_048_576
/** Looking at the clock for every input would cost more than some of them. */
const INPUTS_BETWEEN_LOOKS = 256

const { values } = parseArgs({
  options: {
    executions: { type: 'string' },
    seconds: { type: 'string' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 32)) },
  },
})

const seed = Number(values.seed)
const mostMs = values.seconds === undefined ? Infinity : Number(values.seconds) * 1_000
const mostExecutions = Number(values.executions ?? (mostMs === Infinity ? 1_000_000 : Infinity))
if (!Number.isSafeInteger(seed) || !(mostMs > 0) || !(mostExecutions > 0)) {
  console.error('usage: npm run fuzz -- [--executions N | --seconds N] [--seed S]')
  process.exit(2)
}

const newFuzzer = () => new Fuzzer(seed, newTargets(seed))
const fuzzer = newFuzzer()
const started = performance.now()
console.log(`seed ${seed}`)
runThrough(WARM_UP_FRACTION)
const before = heldBytes()
runThrough(1)
const grown = heldBytes() - before
const seconds = (performance.now() - started) / 1_000
console.log(`${fuzzer.executions} inputs in ${seconds.toFixed(1)} s, ${fuzzer.taken} of them taken whole`)
if (fuzzer.slowest !== null) console.log(`slowest: ${described(fuzzer.slowest)}`)
console.log(`memory after the first fifth: ${(grown / 1_048_576).toFixed(1)} MiB more`)

if (fuzzer.failure !== null) fail(`input broke: ${described(fuzzer.failure.execution)}`, fuzzer.failure.error)
const repeated = slowAgain(fuzzer, newFuzzer)
for (const execution of repeated) fail(`input took more than ${MOST_MS} ms, twice: ${described(execution)}`)
if (fuzzer.slow.length > repeated.length) console.log(`above ${MOST_MS} ms once, but not again: the machine was busy`)
if (grown > MOST_GROWN_BYTES) fail('memory grows')

/** Goes on until this part of the run is done, or something broke. */
function runThrough(fraction: number): void {
  const through = mostExecutions * fraction
  const until = started + mostMs * fraction
  while (fuzzer.failure === null && fuzzer.executions < through) {
    if (fuzzer.executions % INPUTS_BETWEEN_LOOKS === 0 && performance.now() >= until) return
    fuzzer.step()
  }
}

function described({ number, target, ms, input }: Execution): string {
  return `number ${number}, ${target}, ${ms.toFixed(2)} ms: ${input}`
}

function fail(what: string, error?: unknown): void {
  console.error(what, error ?? '')
  console.error(`again: npm run fuzz -- --seed ${seed} --executions ${fuzzer.executions}`)
  process.exitCode = 1
}
