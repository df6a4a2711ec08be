import assert from 'node:assert/strict'
import { TalkTime } from '../../../src/protocol/rekey/talk-time.ts'
import { MILLISECOND, SECOND } from '../../../src/protocol/units.ts'

const START = 1_000 * SECOND

describe('TalkTime', () => {
  it('counts the time between packets', () => {
    const talk = new TalkTime()
    talk.restart(7, START)
    for (let i = 1; i <= 100; i++) talk.onHeard(7 + i, START + i * 50 * MILLISECOND)
    assert.equal(talk.elapsed, 5 * SECOND)
  })

  it('does not count silence, nor the time in which it is asked and nothing came', () => {
    const talk = new TalkTime()
    talk.restart(7, START)
    talk.onHeard(8, START + SECOND)
    talk.onHeard(8, START + 4 * SECOND)
    assert.equal(talk.elapsed, SECOND)
    talk.onHeard(9, START + 3_600 * SECOND)
    talk.onHeard(10, START + 3_602 * SECOND)
    assert.equal(talk.elapsed, 3 * SECOND)
  })

  it('counts nothing for keep-alives', () => {
    const talk = new TalkTime()
    talk.restart(7, START)
    for (let i = 1; i <= 1_000; i++) talk.onHeard(7 + i, START + i * 13 * SECOND)
    assert.equal(talk.elapsed, 0)
  })
})
