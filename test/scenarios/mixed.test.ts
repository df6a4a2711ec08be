import { runScenario, seedOr } from '../sim/scenario.ts'
import { mixedScenario } from './mixed.ts'

const SEEDS = 200
const GROUP = 20

describe('anything at all over any link', () => {
  if (process.env.EDGERQ_SEED !== undefined) {
    const seed = seedOr(0)
    it(`keeps every promise for seed ${seed}`, () => void runScenario(mixedScenario(seed)))
    return
  }
  for (let first = 1; first <= SEEDS; first += GROUP) {
    it(`keeps every promise for seeds ${first} to ${first + GROUP - 1}`, () => {
      for (let seed = first; seed < first + GROUP; seed += 1) runScenario(mixedScenario(seed))
    })
  }
})
