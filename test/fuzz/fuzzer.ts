// Feeds bad bytes to one decoder, counts, and remembers what went wrong and what took long.
//
// A run is cut into rounds. Each has a seed of its own and a fresh target, so that whatever happens in the millionth input can be had
// again within seconds: by the seed of its round, the name of its target, and how many inputs it takes to get there.

import { hex } from '../../src/protocol/hex.ts'
import { Prng } from '../sim/prng.ts'
import { BOUNDARIES } from './boundaries.ts'
import { type Clocks, MACHINE_CLOCKS } from './clocks.ts'
import { MOST_BYTES, mutated } from './mutator.ts'

/** One decoder with all that stands behind it. */
export interface FuzzTarget {
  /** Good inputs, from which bad ones are made. */
  readonly seeds: readonly Uint8Array[]
  /** Default: what one datagram holds. */
  readonly mostBytes?: number
  /** Pieces that mean something here and that chance would hardly hit upon. */
  readonly words?: readonly Uint8Array[]
  /** An input that is right in its form, or nearly so, with any values in it. */
  readonly make?: (random: Prng) => Uint8Array
  /** True: the input was taken whole, so that inputs made from it will get as far. Throws if a promise was broken. */
  run(input: Uint8Array, random: Prng): boolean
  /** Asked when the inputs of a round are used up: what the target still holds may go. */
  close?(): void
}

export interface FuzzPlan {
  readonly name: string
  /** How many of a run's inputs it gets, in proportion to the others. */
  readonly share: number
  /** `seed` draws everything that the target itself leaves to chance. */
  readonly make: (seed: number) => FuzzTarget
}

export interface Execution {
  /** Of its round; the same seed makes the same input at the same number. */
  readonly seed: number
  readonly number: number
  readonly input: string
  readonly ms: number
}

/** An execution above this is a bug: the process does nothing else meanwhile. */
export const MOST_MS = 10
export const INPUTS_PER_ROUND = 65_536
/** Inputs that were taken whole, kept for each round: short ones, since what they lead to is in their form. */
const MOST_LEARNED = 256
const MOST_LEARNED_BYTES = 400
/** Kept of those that took too long, the slowest: each has its round run again. */
const MOST_SLOW = 2
/** Of the inputs, where a target makes any itself. */
const MADE_SHARE = 0.6

export class Fuzzer {
  readonly plan: FuzzPlan
  readonly clocks: Clocks
  executions = 0
  /** Inputs that were taken whole. */
  taken = 0
  ms = 0
  slowest: Execution | null = null
  slow: readonly Execution[] = []
  failure: { readonly execution: Execution; readonly error: unknown } | null = null
  readonly #seed: number
  #round: Round

  constructor(plan: FuzzPlan, seed: number, clocks = MACHINE_CLOCKS) {
    this.plan = plan
    this.clocks = clocks
    this.#seed = seed
    this.#round = new Round(plan, seed)
  }

  /** So many inputs more; false: one broke something, and going on would tell nothing new. */
  run(count: number): boolean {
    const until = this.executions + count
    while (this.failure === null && this.executions < until) this.#step()
    return this.failure === null
  }

  #step(): void {
    if (this.#round.number === INPUTS_PER_ROUND) this.#startRound()
    const round = this.#round
    const input = round.next()
    const started = this.clocks.wallMs()
    let error: unknown = null
    try {
      if (round.run(input)) this.taken++
    } catch (thrown) {
      error = thrown ?? new Error('undefined was thrown')
    }
    const ms = this.clocks.wallMs() - started
    this.ms += ms
    if (ms > (this.slowest?.ms ?? 0) || ms > MOST_MS || error !== null) this.#note(input, ms, error)
    round.number++
    this.executions++
  }

  #startRound(): void {
    this.#round.target.close?.()
    this.#round = new Round(this.plan, new Prng(this.#seed).fork(String(this.executions)).uint32())
  }

  #note(input: Uint8Array, ms: number, error: unknown): void {
    const { seed, number } = this.#round
    const execution = { seed, number, input: hex(input), ms }
    if (ms > (this.slowest?.ms ?? 0)) this.slowest = execution
    if (ms > MOST_MS) this.slow = [...this.slow, execution].sort((a, b) => b.ms - a.ms).slice(0, MOST_SLOW)
    if (error !== null) this.failure = { execution, error }
  }
}

/** One target and the inputs that are made for it. */
class Round {
  readonly seed: number
  readonly target: FuzzTarget
  number = 0
  readonly #random: Prng
  readonly #learned: Uint8Array[]

  constructor(plan: FuzzPlan, seed: number) {
    this.seed = seed
    this.#random = new Prng(seed).fork(plan.name)
    this.target = plan.make(this.#random.uint32())
    this.#learned = [...this.target.seeds]
  }

  next(): Uint8Array {
    const { target } = this
    const random = this.#random
    const { words = BOUNDARIES, mostBytes = MOST_BYTES } = target
    if (target.make === undefined || !random.chance(MADE_SHARE))
      return mutated(this.#learned, random, words).subarray(0, mostBytes)
    const made = target.make(random)
    return random.chance(0.8) ? made : mutated([made], random, words).subarray(0, mostBytes)
  }

  run(input: Uint8Array): boolean {
    if (!this.target.run(input, this.#random)) return false
    if (input.length <= MOST_LEARNED_BYTES) this.#learn(input)
    return true
  }

  /** The good ones that came with the target stay. */
  #learn(input: Uint8Array): void {
    const own = this.target.seeds.length
    if (this.#learned.length < own + MOST_LEARNED) this.#learned.push(input)
    else this.#learned[this.#random.int(own, this.#learned.length - 1)] = input
  }
}

const REPEATS = 2

/**
 * The executions that were too slow and are so each time when their round is run again, by the clock and by the processor: a machine
 * that does something else for a moment does not do it three times at the same number.
 */
export function slowAgain(fuzzer: Fuzzer): readonly Execution[] {
  return fuzzer.slow.filter((execution) => {
    for (let time = 0; time < REPEATS; time++) if (msAgain(fuzzer, execution) <= MOST_MS) return false
    return true
  })
}

function msAgain({ plan, clocks }: Fuzzer, { seed, number }: Execution): number {
  const round = new Round(plan, seed)
  for (; round.number < number; round.number++) round.run(round.next())
  const input = round.next()
  const processorBefore = clocks.processorMs()
  const wallBefore = clocks.wallMs()
  round.run(input)
  return Math.min(clocks.wallMs() - wallBefore, clocks.processorMs() - processorBefore)
}
