import assert from 'node:assert/strict'
import { decideRetry, mayRepeat, RetryBudget } from '../../src/consumer/retry.ts'
import { StreamCode } from '../../src/protocol/index.ts'

describe('a stream that failed before it was accepted', () => {
  const lost = { isSessionLost: true, resetCode: StreamCode.sessionLost }

  it('is opened again when its session was lost before a byte of it had left (D-4)', () => {
    assert.equal(decideRetry({ ...lost, wasEverSent: false }), 'sameAgain')
  })

  it('fails when its session was lost and some of it may have arrived (D-4)', () => {
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
      'targetCertificate',
      'wrongKind',
    ].includes(name)
    it(`${isUntouched ? 'goes to the next provider' : 'fails'} when the provider says ${name}`, () => {
      const decision = decideRetry({ wasEverSent: true, isSessionLost: false, resetCode: StreamCode[name] })
      assert.equal(decision, isUntouched ? 'nextProvider' : 'fail')
    })
  }

  it('fails for a code of a later version', () => {
    assert.equal(decideRetry({ wasEverSent: true, isSessionLost: false, resetCode: 0x2a }), 'fail')
  })
})

describe('a request that may have been carried out', () => {
  const request = { method: 'GET', isWholeHere: true, timesSent: 1, ageMs: 10_000 }

  for (const method of ['GET', 'HEAD', 'OPTIONS']) {
    it(`may be sent once more with ${method}`, () => {
      assert.equal(mayRepeat({ ...request, method }), true)
    })
  }

  for (const method of ['POST', 'PATCH', 'PUT', 'DELETE', 'TRACE', 'QUERY', 'get', 'FOO']) {
    it(`may not with ${method}`, () => {
      assert.equal(mayRepeat({ ...request, method }), false)
    })
  }

  it('may not a third time, nor late, nor when some of it is not here any more', () => {
    assert.equal(mayRepeat({ ...request, timesSent: 2 }), false)
    assert.equal(mayRepeat({ ...request, ageMs: 10_001 }), false)
    assert.equal(mayRepeat({ ...request, isWholeHere: false }), false)
  })
})

describe('the repeats of a service', () => {
  function spentOf(budget: RetryBudget, wanted: number): number {
    let spent = 0
    for (let i = 0; i < wanted; i++) if (budget.spend()) spent++
    return spent
  }

  it('are some at the start, and then a fifth of the requests', () => {
    const budget = new RetryBudget()
    assert.equal(spentOf(budget, 5_000), 100)
    for (let i = 0; i < 500; i++) budget.onRequest()
    // What a fifth adds up to is not exact.
    assert.ok(Math.abs(spentOf(budget, 5_000) - 100) <= 1)
  })

  it('are not saved without end', () => {
    const budget = new RetryBudget()
    for (let i = 0; i < 1_000_000; i++) budget.onRequest()
    assert.equal(spentOf(budget, 5_000), 1_000)
  })
})
