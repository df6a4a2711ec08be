import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { Prng } from '../sim/prng.ts'
import { BOUNDARIES } from './boundaries.ts'
import { Campaign } from './campaign.ts'
import type { Clocks } from './clocks.ts'
import { Fuzzer, type FuzzPlan, INPUTS_PER_ROUND, MOST_MS, slowAgain } from './fuzzer.ts'
import { mutated } from './mutator.ts'
import { PLANS } from './plans.ts'

const EXECUTIONS = 50_000
const ENOUGH_TO_JUDGE = 5_000

function isTakenEnough({ taken, executions }: Fuzzer): boolean {
  return taken > executions / 300
}

describe('Fuzzing', () => {
  const seed = randomInt(2 ** 32)

  it(`of every decoder, ${EXECUTIONS} inputs, breaks nothing, takes ${MOST_MS} ms at most and leaves no memory (seed ${seed})`, () => {
    const campaign = new Campaign(PLANS, { seed, mostExecutions: EXECUTIONS, mostMs: Infinity })
    const problems = campaign.run()
    assert.equal(problems.map(([what, error]) => `${what} ${error ?? ''}`).join('\n'), '')
    for (const fuzzer of campaign.fuzzers) {
      // One of fifty configurations is taken: of the two hundred that the dearest targets get, none may be by chance.
      while (!isTakenEnough(fuzzer) && fuzzer.executions < ENOUGH_TO_JUDGE) assert.ok(fuzzer.run(100))
      const { plan, executions, taken } = fuzzer
      assert.ok(isTakenEnough(fuzzer), `${plan.name}: only ${taken} of ${executions} inputs got past the decoder`)
    }
  })

  it('makes the same inputs from the same seed, and others from another', () => {
    const seeds = [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5, 6, 7)]
    const inputs = (from: number) => {
      const random = new Prng(from)
      return Array.from({ length: 200 }, () => Buffer.from(mutated(seeds, random, BOUNDARIES)).toString('hex'))
    }
    assert.deepEqual(inputs(1), inputs(1))
    assert.notDeepEqual(inputs(1), inputs(2))
    assert.ok(new Set(inputs(1)).size > 100)
  })

  it('has an input of a later round again by the seed of that round and its number there', () => {
    let inputs = 0
    let last = ''
    const planThat = (breaksAt: number): FuzzPlan => ({
      name: 'fragile',
      share: 1,
      make: () => ({
        seeds: [Uint8Array.of(1)],
        run(input) {
          last = Buffer.from(input).toString('hex')
          if (inputs++ === breaksAt) throw new Error('broken')
          return input.length > 5
        },
      }),
    })
    const first = new Fuzzer(planThat(INPUTS_PER_ROUND + 1_000), seed)
    assert.equal(first.run(2 * INPUTS_PER_ROUND), false)
    const { execution } = first.failure!
    assert.equal(execution.number, 1_000)
    assert.equal(new Fuzzer(planThat(Infinity), execution.seed).run(execution.number + 1), true)
    assert.equal(last, execution.input)
  })

  it('tells an input that is always slow from a pause of the machine', () => {
    const clocks = new HandClocks()
    const slowOn = (cost: () => void) => {
      const run = (input: Uint8Array) => {
        if (input.length === 3) cost()
        return false
      }
      const make = () => ({ seeds: [Uint8Array.of(1)], run })
      return new Fuzzer({ name: 'slow', share: 1, make }, seed, clocks)
    }
    const works = slowOn(() => clocks.work(2 * MOST_MS))
    const isPaused = slowOn(() => clocks.pause(2 * MOST_MS))
    let times = 0
    const workedOnce = slowOn(() => {
      if (times++ === 0) clocks.work(2 * MOST_MS)
    })
    const all = [works, isPaused, workedOnce]
    for (const each of all) while (each.slow.length === 0) each.run(1)
    assert.deepEqual(
      all.map((each) => slowAgain(each).length),
      [1, 0, 0],
    )
  })
})

/** Clocks that go on by themselves never. */
class HandClocks implements Clocks {
  #wallMs = 0
  #processorMs = 0

  readonly wallMs = () => this.#wallMs
  readonly processorMs = () => this.#processorMs

  work(ms: number): void {
    this.#processorMs += ms
    this.#wallMs += ms
  }

  /** Somebody else has the processor. */
  pause(ms: number): void {
    this.#wallMs += ms
  }
}
