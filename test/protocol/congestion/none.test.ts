import assert from 'node:assert/strict'
import { Uncontrolled } from '../../../src/protocol/congestion/none.ts'
import { Pacer } from '../../../src/protocol/congestion/pacer.ts'
import { MILLISECOND } from '../../../src/protocol/units.ts'
import { congestionControllerContract } from '../../contracts/congestion-controller.ts'

congestionControllerContract('none', () => new Uncontrolled())

describe('Uncontrolled', () => {
  it('is never in the way, not even through the pacer', () => {
    const pacer = new Pacer(1_200)
    pacer.adjust(new Uncontrolled(), 30 * MILLISECOND, 0)
    pacer.onSent(1e9, 0)
    assert.equal(pacer.budgetBytes(0), Infinity)
    assert.equal(pacer.nextSendAt(0, 1e9), 0)
  })
})
