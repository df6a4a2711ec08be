import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { heldBytes } from '../protocol/heap.ts'
import { Prng } from '../sim/prng.ts'
import { Fuzzer, MOST_MS, slowAgain } from './fuzzer.ts'
import { mutated } from './mutator.ts'
import { newTargets } from './targets.ts'

const EXECUTIONS = 20_000

describe('Fuzzing', () => {
  const seed = randomInt(2 ** 32)

  it(`of every decoder, ${EXECUTIONS} inputs, breaks nothing, takes ${MOST_MS} ms at most and leaves no memory (seed ${seed})`, () => {
    const newFuzzer = () => new Fuzzer(seed, newTargets(seed))
    const fuzzer = newFuzzer()
    while (fuzzer.executions < EXECUTIONS / 2) assert.ok(fuzzer.step(), told(fuzzer))
    const before = heldBytes()
    while (fuzzer.executions < EXECUTIONS) assert.ok(fuzzer.step(), told(fuzzer))
    const grown = heldBytes() - before
    assert.ok(grown < 8_000_000, `${grown} bytes more after another ${EXECUTIONS / 2} inputs`)
    assert.deepEqual(slowAgain(fuzzer, newFuzzer), [], `too slow`)
    assert.ok(fuzzer.taken > EXECUTIONS / 20, `only ${fuzzer.taken} inputs got past the decoders`)
  })

  it('makes the same inputs from the same seed', () => {
    const seeds = [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5, 6, 7)]
    const inputs = (seed: number) => {
      const random = new Prng(seed)
      return Array.from({ length: 200 }, () => Buffer.from(mutated(seeds, random)).toString('hex'))
    }
    assert.deepEqual(inputs(1), inputs(1))
    assert.notDeepEqual(inputs(1), inputs(2))
    assert.ok(new Set(inputs(1)).size > 100)
  })
})

function told({ failure }: Fuzzer): string {
  if (failure === null) return ''
  const { number, target, input } = failure.execution
  return `number ${number}, ${target}, ${input}: ${failure.error}`
}
