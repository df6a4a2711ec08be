import assert from 'node:assert/strict'
import { doneWithin } from '../../src/runtime/within.ts'
import { turn } from './until.ts'

describe('doneWithin', () => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length

  it('is true for work that is done in time, and leaves no timer', async () => {
    await turn() // mocha's own timer is there from now on
    const before = timers()
    assert.equal(await doneWithin(Promise.resolve('result'), 60_000), true)
    assert.equal(timers(), before)
  })

  it('is false for work that is late', async () => {
    assert.equal(await doneWithin(new Promise(() => {}), 1), false)
  })

  it('passes a failure on, and leaves no timer: it used to keep the process alive for the rest of the limit', async () => {
    await turn() // mocha's own timer is there from now on
    const before = timers()
    await assert.rejects(doneWithin(Promise.reject(new Error('broken')), 60_000), /broken/)
    assert.equal(timers(), before)
  })

  it('leaves no rejection unanswered when the work fails after its time', async () => {
    let fail: (cause: Error) => void = () => {}
    const unanswered: unknown[] = []
    const note = (reason: unknown) => unanswered.push(reason)
    process.on('unhandledRejection', note)
    const work = new Promise((_, reject) => {
      fail = reject
    })
    assert.equal(await doneWithin(work, 1), false)
    fail(new Error('late'))
    await turn()
    process.off('unhandledRejection', note)
    assert.deepEqual(unanswered, [])
  })
})
