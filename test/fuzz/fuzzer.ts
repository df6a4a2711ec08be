// Feeds bad bytes to every decoder in turn, counts, and remembers what went wrong and what took long.

import { performance } from 'node:perf_hooks'
import { hex } from '../../src/protocol/hex.ts'
import { Prng } from '../sim/prng.ts'
import { mutated } from './mutator.ts'

/** One decoder with all that stands behind it. */
export interface FuzzTarget {
  readonly name: string
  /** Good inputs, from which bad ones are made. */
  readonly seeds: readonly Uint8Array[]
  /** True: the input was taken whole, so that inputs made from it will get as far. Throws if a promise was broken. */
  run(input: Uint8Array, random: Prng): boolean
}

export interface Execution {
  /** Counts from 0: the same seed makes the same input at the same number. */
  readonly number: number
  readonly target: string
  readonly input: string
  readonly ms: number
}

/** An execution above this is a bug: the process does nothing else meanwhile. */
export const MOST_MS = 50
/** Inputs that were taken whole, kept for each target. */
const MOST_LEARNED = 256
const MOST_SLOW = 8

export class Fuzzer {
  executions = 0
  /** Inputs that were taken whole. */
  taken = 0
  slowest: Execution | null = null
  readonly slow: Execution[] = []
  failure: { readonly execution: Execution; readonly error: unknown } | null = null
  readonly #targets: readonly FuzzTarget[]
  readonly #random: Prng
  readonly #learned = new Map<FuzzTarget, Uint8Array[]>()

  /** A target that stands twice in the list gets twice the inputs. */
  constructor(seed: number, targets: readonly FuzzTarget[]) {
    this.#random = new Prng(seed)
    this.#targets = targets
    for (const target of targets) this.#learned.set(target, [...target.seeds])
  }

  /** One input; false: it broke something, and going on would tell nothing new. */
  step(): boolean {
    const target = this.#targets[this.executions % this.#targets.length]!
    const learned = this.#learned.get(target)!
    const input = mutated(learned, this.#random)
    const started = performance.now()
    let error: unknown = null
    try {
      if (target.run(input, this.#random)) this.#learn(target, learned, input)
    } catch (thrown) {
      error = thrown ?? new Error('undefined was thrown')
    }
    this.#note(target, input, performance.now() - started, error)
    this.executions++
    return error === null
  }

  #learn(target: FuzzTarget, learned: Uint8Array[], input: Uint8Array): void {
    this.taken++
    // The good ones that came with the target stay.
    const own = target.seeds.length
    if (learned.length < own + MOST_LEARNED) learned.push(input)
    else learned[this.#random.int(own, learned.length - 1)] = input
  }

  #note(target: FuzzTarget, input: Uint8Array, ms: number, error: unknown): void {
    const isSlowest = ms > (this.slowest?.ms ?? 0)
    if (!isSlowest && error === null && ms <= MOST_MS) return
    const execution = { number: this.executions, target: target.name, input: hex(input), ms }
    if (isSlowest) this.slowest = execution
    if (ms > MOST_MS && this.slow.length < MOST_SLOW) this.slow.push(execution)
    if (error !== null) this.failure = { execution, error }
  }
}

/**
 * The executions that were too slow and are so again when the same seed is run once more: a machine that does something else for a
 * moment does not do it twice at the same number.
 */
export function slowAgain(fuzzer: Fuzzer, newFuzzer: () => Fuzzer): readonly Execution[] {
  const last = fuzzer.slow.at(-1)
  if (last === undefined) return []
  const again = newFuzzer()
  while (again.executions <= last.number) if (!again.step()) break
  return again.slow.filter(({ number }) => fuzzer.slow.some((slow) => slow.number === number))
}
