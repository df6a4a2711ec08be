import assert from 'node:assert/strict'
import { hex } from '../../../src/protocol/hex.ts'
import { Path } from '../../../src/protocol/path/path.ts'
import { MILLISECOND, SECOND } from '../../../src/protocol/units.ts'
import { Prng } from '../../sim/prng.ts'
import { bytesOf } from '../bytes.ts'

const START = 1_000 * SECOND
const PAUSE = 300 * MILLISECOND
const HOME = 1
const ELSEWHERE = 2
const THIRD = 3

function pathAtHome(): Path {
  return new Path(HOME, new Prng(5))
}

/** Tells of a move and returns the challenge that is sent for it. */
function challengeFor(path: Path, from: number, now = START): Uint8Array {
  path.onMoved(from, PAUSE, now)
  const message = path.nextMessage()
  assert.ok(message !== null && !message.isResponse)
  assert.equal(message.path, from)
  return message.challenge
}

describe('Path', () => {
  it('goes to a new address only after that has answered its challenge', () => {
    const path = pathAtHome()
    const challenge = challengeFor(path, ELSEWHERE)
    assert.equal(path.current, HOME)
    assert.equal(path.onResponse(challenge), true)
    assert.equal(path.current, ELSEWHERE)
    assert.equal(path.onResponse(challenge), false, 'an answer counts once')
  })

  it('does not believe an answer that was not asked for', () => {
    const path = pathAtHome()
    assert.equal(path.onResponse(bytesOf('0000000000000000')), false)
    const challenge = challengeFor(path, ELSEWHERE)
    for (let bit = 0; bit < 64; bit++) {
      const forged = challenge.slice()
      forged[bit >> 3]! ^= 1 << (bit & 7)
      assert.equal(path.onResponse(forged), false)
    }
    assert.equal(path.current, HOME)
    assert.equal(path.onResponse(challenge), true)
  })

  it('draws a challenge of its own for every address', () => {
    const path = pathAtHome()
    const one = challengeFor(path, ELSEWHERE)
    const other = challengeFor(path, THIRD)
    assert.notEqual(hex(one), hex(other))
    assert.equal(path.onResponse(one), false, 'the move to there is off')
    assert.equal(path.onResponse(other), true)
    assert.equal(path.current, THIRD)
  })

  it('repeats a challenge no sooner than after a pause, and then the same one', () => {
    const path = pathAtHome()
    const challenge = challengeFor(path, ELSEWHERE)
    path.onMoved(ELSEWHERE, PAUSE, START + PAUSE - 1)
    assert.equal(path.hasMessage, false)
    assert.equal(hex(challengeFor(path, ELSEWHERE, START + PAUSE)), hex(challenge))
  })

  it('calls a move off when the peer turns out to be where it was', () => {
    const path = pathAtHome()
    const challenge = challengeFor(path, ELSEWHERE)
    path.onStayed()
    assert.equal(path.onResponse(challenge), false)
    assert.equal(path.current, HOME)
  })

  it('answers a challenge to where it came from, byte for byte', () => {
    const path = pathAtHome()
    const borrowed = bytesOf('0102030405060708')
    path.onChallenge(ELSEWHERE, borrowed)
    borrowed.fill(0) // the datagram's buffer is used again
    const answer = path.nextMessage()!
    assert.equal(answer.isResponse, true)
    assert.equal(answer.path, ELSEWHERE)
    assert.equal(hex(answer.challenge), '0102030405060708')
    assert.equal(path.nextMessage(), null)
  })

  it('keeps at most four messages, however many challenges come (P-3)', () => {
    const path = pathAtHome()
    for (let i = 0; i < 10_000; i++) path.onChallenge(HOME, bytesOf('0102030405060708'))
    let kept = 0
    while (path.nextMessage() !== null) kept++
    assert.equal(kept, 4)
  })

  // The challenge that was on its way became worthless when another address asked while the queue was full.
  it('still takes the answer of one address after there was no room to ask another', () => {
    const path = pathAtHome()
    const challenge = challengeFor(path, ELSEWHERE)
    for (let i = 0; i < 4; i++) path.onChallenge(HOME, bytesOf('0102030405060708'))
    path.onMoved(THIRD, PAUSE, START + 1)
    assert.equal(path.onResponse(challenge), true)
    assert.equal(path.current, ELSEWHERE)
  })
})
