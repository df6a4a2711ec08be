import assert from 'node:assert/strict'
import { decideRetry } from '../../src/consumer/retry.ts'
import { StreamCode } from '../../src/protocol/index.ts'

describe('a stream that failed before it was accepted', () => {
  const lost = { isSessionLost: true, resetCode: StreamCode.sessionLost }

  it('is opened again when its session was lost before a byte of it had left', () => {
    assert.equal(decideRetry({ ...lost, wasEverSent: false }), 'sameAgain')
  })

  it('fails when its session was lost and some of it may have arrived', () => {
    assert.equal(decideRetry({ ...lost, wasEverSent: true }), 'fail')
  })

  for (const name of Object.keys(StreamCode) as (keyof typeof StreamCode)[]) {
    const isUntouched = [
      'unknownService',
      'targetRefused',
      'targetTimedOut',
      'targetUnreachable',
      'draining',
      'overloaded',
      'tooManyHops',
    ].includes(name)
    it(`${isUntouched ? 'goes to the next provider' : 'fails'} when the provider says ${name}`, () => {
      const decision = decideRetry({ wasEverSent: true, isSessionLost: false, resetCode: StreamCode[name] })
      assert.equal(decision, isUntouched ? 'nextProvider' : 'fail')
    })
  }

  it('fails for a code of a later version', () => {
    assert.equal(decideRetry({ wasEverSent: true, isSessionLost: false, resetCode: 0x28 }), 'fail')
  })
})
