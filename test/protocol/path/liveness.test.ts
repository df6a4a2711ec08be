import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Liveness, type LivenessRules, LivenessVerdict } from '../../../src/protocol/path/liveness.ts'
import { MILLISECOND, SECOND } from '../../../src/protocol/units.ts'
import { Prng } from '../../sim/prng.ts'

const START = 1_000 * SECOND
const SURVIVE = 60 * SECOND

const RULES: LivenessRules = { isDialler: true, survive: SURVIVE, askAfterQuiet: Infinity, streams: { openStreams: 1 } }

function dialler(seed = 1): Liveness {
  return new Liveness(RULES, new Prng(seed), START)
}

function listener(): Liveness {
  return new Liveness({ ...RULES, isDialler: false }, new Prng(1), START)
}

describe('Liveness, keep-alive', () => {
  it('lets a dialler ping 13 to 16 s after it last sent something, spread over that time (P-4)', () => {
    const pauses = Array.from({ length: 200 }, (_, seed) => {
      const liveness = dialler(seed)
      liveness.onSent(START + 5 * SECOND)
      return liveness.deadline(0) - START - 5 * SECOND
    })
    assert.ok(pauses.every((pause) => pause >= 13 * SECOND && pause < 16 * SECOND))
    assert.ok(Math.max(...pauses) - Math.min(...pauses) > 2 * SECOND)
  })

  it('asks for one ping, then waits again', () => {
    const liveness = dialler()
    const due = liveness.deadline(0)
    assert.equal(liveness.step(0, due - 1), LivenessVerdict.fine)
    assert.equal(liveness.step(0, due), LivenessVerdict.ping)
    assert.equal(liveness.step(0, due), LivenessVerdict.fine)
    assert.ok(liveness.deadline(0) >= due + 13 * SECOND)
  })

  it('lets a dialler that only listens ping all the same: its NAT forgets it otherwise (P-4)', () => {
    const liveness = dialler()
    for (let second = 1; second <= 12; second++) liveness.onHeard(START + second * SECOND)
    assert.equal(liveness.step(0, START + 16 * SECOND), LivenessVerdict.ping)
  })

  it('lets a listener ping only when it heard nothing for 17 s (P-4)', () => {
    const liveness = listener()
    liveness.onSent(START + 10 * SECOND)
    assert.equal(liveness.deadline(0), START + 17 * SECOND)
    liveness.onHeard(START + 14 * SECOND)
    assert.equal(liveness.deadline(0), START + 31 * SECOND)
    assert.equal(liveness.step(0, START + 31 * SECOND), LivenessVerdict.ping)
  })
})

describe('Liveness, a peer that was busy', () => {
  const QUIET = 1.5 * SECOND
  let streams: { openStreams: number }
  let liveness: Liveness

  beforeEach(() => {
    streams = { openStreams: 1 }
    liveness = new Liveness({ ...RULES, askAfterQuiet: QUIET, streams }, new Prng(1), START)
  })

  it('is asked once when it has been quiet for long, though nothing of ours waits for an answer', () => {
    liveness.onHeard(START + SECOND)
    liveness.onAsked(START + SECOND)
    assert.equal(liveness.deadline(0), START + SECOND + QUIET)
    assert.equal(liveness.step(0, START + SECOND + QUIET - 1), LivenessVerdict.fine)
    assert.equal(liveness.step(0, START + SECOND + QUIET), LivenessVerdict.ping)
    assert.ok(liveness.deadline(0) > START + 13 * SECOND)
  })

  it('is not asked again for having answered, but for the next burst', () => {
    liveness.onAsked(START)
    liveness.step(0, START + QUIET)
    liveness.onHeard(START + 2 * SECOND)
    assert.equal(liveness.step(0, START + 2 * SECOND + QUIET), LivenessVerdict.fine)
    liveness.onAsked(START + 5 * SECOND)
    assert.equal(liveness.step(0, START + 5 * SECOND + QUIET), LivenessVerdict.ping)
  })

  it('is not asked while it goes on, if only by ACKs', () => {
    liveness.onAsked(START)
    for (let second = 1; second <= 10; second++) {
      assert.equal(liveness.step(0, START + second * SECOND), LivenessVerdict.fine)
      liveness.onHeard(START + second * SECOND)
    }
  })

  it('is not asked when no stream is open by then', () => {
    liveness.onAsked(START)
    streams.openStreams = 0
    assert.equal(liveness.step(0, START + QUIET), LivenessVerdict.fine)
    assert.ok(liveness.deadline(0) > START + 13 * SECOND)
  })
})

describe('Liveness, suspicion', () => {
  it('needs three timeouts in a row and half a second of silence (P-5)', () => {
    const liveness = listener()
    assert.equal(liveness.step(2, START + 10 * SECOND), LivenessVerdict.fine)
    assert.equal(liveness.step(3, START + 499 * MILLISECOND), LivenessVerdict.fine)
    assert.equal(liveness.deadline(3), START + 500 * MILLISECOND)
    assert.equal(liveness.step(3, START + 500 * MILLISECOND), LivenessVerdict.suspect)
    assert.equal(liveness.isSuspect, true)
  })

  it('is told once, and ends with the first packet that answers something (P-5)', () => {
    const liveness = listener()
    liveness.step(3, START + SECOND)
    assert.equal(liveness.step(4, START + 2 * SECOND), LivenessVerdict.fine)
    assert.equal(liveness.deadline(4), START + 17 * SECOND)
    liveness.onHeard(START + 3 * SECOND)
    assert.equal(liveness.recovers(4), false)
    assert.equal(liveness.isSuspect, true)
    assert.equal(liveness.recovers(0), true)
    assert.equal(liveness.isSuspect, false)
    assert.equal(liveness.recovers(0), false)
  })
})

describe('Liveness, death', () => {
  it('comes after the silence that the session survives, not before, and whatever else is due', () => {
    for (const liveness of [dialler(), listener()]) {
      liveness.onHeard(START + SECOND)
      assert.notEqual(liveness.step(9, START + SECOND + SURVIVE - 1), LivenessVerdict.dead)
      assert.equal(liveness.step(9, START + SECOND + SURVIVE), LivenessVerdict.dead)
    }
  })

  it('may come within half a second, if the two sides agreed on that little', () => {
    const liveness = listener()
    liveness.survive = 100 * MILLISECOND
    assert.equal(liveness.deadline(0), START + 100 * MILLISECOND)
    assert.equal(liveness.step(3, START + 100 * MILLISECOND), LivenessVerdict.dead)
  })

  it('does not come from our own sleep: the peer is asked first', () => {
    const liveness = dialler()
    const woken = START + 3_600 * SECOND
    liveness.onPause(woken)
    assert.equal(liveness.step(0, woken), LivenessVerdict.ping)
    assert.equal(liveness.step(0, woken), LivenessVerdict.fine)
    assert.equal(liveness.step(0, woken + SURVIVE), LivenessVerdict.dead)
  })

  it('is asked about at once after a sleep, though no ping was due for long', () => {
    const liveness = dialler()
    liveness.onSent(START + 5 * SECOND)
    liveness.onPause(START + 8 * SECOND)
    assert.equal(liveness.step(0, START + 8 * SECOND), LivenessVerdict.ping)
  })
})

describe('Liveness, deadline', () => {
  it('is when the next verdict changes: nothing happens before, something does then', () => {
    const act = fc.record({
      after: fc.nat(20 * SECOND),
      kind: fc.constantFrom('heard', 'asked', 'sent', 'step'),
      timeouts: fc.nat(5),
    })
    const quiet = fc.constantFrom(1.5 * SECOND, Infinity)
    fc.assert(
      fc.property(
        fc.boolean(),
        quiet,
        fc.nat(),
        fc.array(act, { maxLength: 20 }),
        (isDialler, askAfterQuiet, seed, acts) => {
          const liveness = new Liveness({ ...RULES, isDialler, askAfterQuiet }, new Prng(seed), START)
          let now = START
          for (const { after, kind, timeouts } of acts) {
            const deadline = liveness.deadline(timeouts)
            now = Math.max(now, Math.min(now + after, deadline - 1))
            if (now < deadline) assert.equal(liveness.step(timeouts, now), LivenessVerdict.fine)
            if (kind === 'heard') liveness.onHeard(now)
            else if (kind === 'asked') liveness.onAsked(now)
            else if (kind === 'sent') liveness.onSent(now)
            else {
              now = Math.max(now, deadline)
              const verdict = liveness.step(timeouts, now)
              assert.notEqual(verdict, LivenessVerdict.fine)
              if (verdict === LivenessVerdict.dead) return
            }
          }
        },
      ),
    )
  })
})
