// A run over several targets: gives each its share in turns, and judges what came of it.

import { performance } from 'node:perf_hooks'
import { heldBytes } from '../protocol/heap.ts'
import { Fuzzer, type FuzzPlan, MOST_MS, slowAgain } from './fuzzer.ts'

/** Inputs for each unit of a plan's share in one turn: long enough for code to stay warm, short enough for clocks to be looked at. */
const INPUTS_PER_SHARE = 8
/** Sessions, learned inputs and compiled code come to rest in the first part of a run; from there memory must stay. */
const WARM_UP_FRACTION = 0.25
const MOST_GROWN_BYTES = 16 * 1_048_576

export interface CampaignWish {
  readonly seed: number
  readonly mostExecutions: number
  readonly mostMs: number
}

export class Campaign {
  readonly fuzzers: readonly Fuzzer[]
  /** Bytes more that are held at the end than after the warm-up. */
  grownBytes = 0
  readonly #wish: CampaignWish
  readonly #shares: number

  constructor(plans: readonly FuzzPlan[], wish: CampaignWish) {
    this.fuzzers = plans.map((plan) => new Fuzzer(plan, wish.seed))
    this.#shares = plans.reduce((sum, { share }) => sum + share, 0)
    this.#wish = wish
  }

  get executions(): number {
    return this.fuzzers.reduce((sum, { executions }) => sum + executions, 0)
  }

  /** Runs it all, and answers with what went wrong: a line for each, and the error if there was one. */
  run(): readonly (readonly [what: string, error?: unknown])[] {
    const started = performance.now()
    this.#runThrough(WARM_UP_FRACTION, started)
    const before = heldBytes()
    this.#runThrough(1, started)
    this.grownBytes = heldBytes() - before
    return [...this.#failures(), ...this.#slownesses(), ...this.#growth()]
  }

  /** Goes on until this part of the run is done, or something broke. */
  #runThrough(fraction: number, started: number): void {
    const through = this.#wish.mostExecutions * fraction
    const until = started + this.#wish.mostMs * fraction
    while (this.executions < through && performance.now() < until) if (!this.#turn(through)) return
  }

  #turn(through: number): boolean {
    for (const fuzzer of this.fuzzers) {
      const due = Math.ceil((through * fuzzer.plan.share) / this.#shares) - fuzzer.executions
      if (!fuzzer.run(Math.min(due, fuzzer.plan.share * INPUTS_PER_SHARE))) return false
    }
    return true
  }

  #failures(): (readonly [string, unknown])[] {
    return this.fuzzers.flatMap(({ plan, failure }) => {
      if (failure === null) return []
      const { seed, number, input } = failure.execution
      return [[`${plan.name}: ${input} broke it; ${again(plan, seed, number)}`, failure.error] as const]
    })
  }

  #slownesses(): (readonly [string])[] {
    return this.fuzzers.flatMap((fuzzer) =>
      slowAgain(fuzzer).map(({ seed, number, input, ms }) => {
        const { plan } = fuzzer
        return [
          `${plan.name}: ${ms.toFixed(1)} ms, above ${MOST_MS}, each time, by ${input}; ${again(plan, seed, number)}`,
        ]
      }),
    )
  }

  #growth(): (readonly [string])[] {
    return this.grownBytes > MOST_GROWN_BYTES ? [[`${this.grownBytes} bytes more are held than after the warm-up`]] : []
  }
}

/** The command that has it again. */
export function again({ name }: FuzzPlan, seed: number, number: number): string {
  return `again: npm run fuzz -- --only ${name} --seed ${seed} --executions ${number + 1}`
}
