import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Ladder, type Loss, type Wish } from '../../src/provider/ladder.ts'

const FALLBACK = 3_000
const PROBE = 60_000
const START = 1_000_000

function newLadder(rungs: number, fraction = 0.5): Ladder {
  return new Ladder({ rungs, fallbackAfterMs: FALLBACK, probeMs: PROBE, fraction: () => fraction })
}

/** `dial 0`, `use 1 instead of 0: silent`, … */
function told(wishes: readonly Wish[]): string[] {
  return wishes.map((wish) => {
    if (wish.kind !== 'use') return `${wish.kind} ${wish.rung}`
    return `use ${wish.rung} instead of ${wish.from}: ${wish.why}`
  })
}

/** A ladder whose rung 0 has not answered, and whose rung 1 carries. */
function onSecondRung(rungs = 2): Ladder {
  const ladder = newLadder(rungs)
  ladder.start(START)
  ladder.onFailed(0, START)
  ladder.onOpened(1, START)
  return ladder
}

describe('the ladder, at the start', () => {
  it('dials the best rung, and the others beside it one after the other while nobody answers', () => {
    const ladder = newLadder(3)
    assert.deepEqual(told(ladder.start(START)), ['dial 0'])
    assert.deepEqual(told(ladder.onDeadline(START + FALLBACK - 1)), [])
    assert.deepEqual(told(ladder.onDeadline(START + FALLBACK)), ['dial 1'])
    assert.deepEqual(told(ladder.onDeadline(ladder.deadline)), ['dial 2'])
  })

  it('goes on to the next rung at once when one fails outright', () => {
    const ladder = newLadder(3)
    ladder.start(START)
    assert.deepEqual(told(ladder.onFailed(0, START + 5)), ['dial 1'])
    assert.deepEqual(told(ladder.onFailed(1, START + 6)), ['dial 2'])
  })

  it('uses the first that opens, ends the dials of worse ones, and lets a better one take over', () => {
    const ladder = newLadder(3)
    ladder.start(START)
    ladder.onDeadline(START + FALLBACK)
    ladder.onDeadline(START + 2 * FALLBACK)
    assert.deepEqual(told(ladder.onOpened(1, START + 7_000)), ['cancel 2', 'use 1 instead of 0: noAnswer'])
    assert.deepEqual(told(ladder.onOpened(0, START + 9_000)), ['retire 1', 'use 0 instead of 1: none'])
  })

  it('says nothing of a change when the best rung opens: that is what it is for', () => {
    const ladder = newLadder(2)
    ladder.start(START)
    assert.deepEqual(told(ladder.onOpened(0, START)), [])
    assert.equal(ladder.deadline, Infinity)
  })

  it('waits with full jitter when all have failed, then begins anew; dials that still run are not repeated', () => {
    const ladder = newLadder(2, 0.5)
    ladder.start(START)
    ladder.onFailed(0, START)
    assert.deepEqual(told(ladder.onFailed(1, START)), [])
    assert.equal(ladder.deadline, START + 125)
    assert.deepEqual(told(ladder.onDeadline(START + 125)), ['dial 0'])
    ladder.onDeadline(START + 125 + FALLBACK)
    ladder.onFailed(1, START + 10_000)
    assert.equal(ladder.deadline, START + 10_000 + 250)
    assert.deepEqual(told(ladder.onDeadline(ladder.deadline)), ['dial 1'])
  })

  it('has nothing to do but dial again when there is one rung', () => {
    const ladder = newLadder(1, 0.5)
    ladder.start(START)
    assert.deepEqual(told(ladder.onDeadline(START + FALLBACK)), [])
    assert.equal(ladder.deadline, Infinity)
    ladder.onFailed(0, START + 30_000)
    assert.deepEqual(told(ladder.onDeadline(START + 30_125)), ['dial 0'])
    ladder.onOpened(0, START + 31_000)
    assert.deepEqual(told(ladder.onSuspect(0, START + 40_000)), [])
    assert.equal(ladder.deadline, Infinity)
    ladder.onLost(0, 'path', START + 100_000)
    assert.equal(ladder.deadline, START + 100_125, 'it was healthy, so the backoff begins anew')
  })
})

describe('the ladder, when the rung in use falls silent', () => {
  it('dials the others at once, and uses the one that opens', () => {
    const ladder = newLadder(3)
    ladder.start(START)
    ladder.onOpened(0, START)
    assert.deepEqual(told(ladder.onSuspect(0, START + 9_000)), ['dial 1'])
    assert.deepEqual(told(ladder.onFailed(1, START + 9_010)), ['dial 2'])
    assert.deepEqual(told(ladder.onOpened(2, START + 9_020)), ['use 2 instead of 0: silent'])
  })

  it('ends the dials when it is heard again before another opened', () => {
    const ladder = newLadder(2)
    ladder.start(START)
    ladder.onOpened(0, START)
    ladder.onSuspect(0, START + 9_000)
    assert.deepEqual(told(ladder.onRecovered(0, START + 9_500)), ['cancel 1'])
    assert.equal(ladder.deadline, Infinity)
  })

  it('returns to it when it is heard again later and is the better one', () => {
    const ladder = newLadder(2)
    ladder.start(START)
    ladder.onOpened(0, START)
    ladder.onSuspect(0, START + 9_000)
    ladder.onOpened(1, START + 9_100)
    assert.deepEqual(told(ladder.onRecovered(0, START + 20_000)), ['retire 1', 'use 0 instead of 1: none'])
  })

  it('leaves it for good when a better one opens', () => {
    const ladder = onSecondRung()
    assert.deepEqual(told(ladder.onSuspect(1, START + 9_000)), ['dial 0'])
    assert.deepEqual(told(ladder.onOpened(0, START + 9_100)), ['retire 1', 'use 0 instead of 1: none'])
    assert.deepEqual(told(ladder.onRecovered(1, START + 9_200)), [])
  })
})

describe('the ladder, when a session is lost', () => {
  it('dials the others at once if the path is dead, and the lost one only after them', () => {
    const ladder = newLadder(3, 0)
    ladder.start(START)
    ladder.onOpened(0, START)
    assert.deepEqual(told(ladder.onLost(0, 'path', START + 9_000)), ['dial 1'])
    ladder.onFailed(1, START + 9_000)
    assert.deepEqual(told(ladder.onFailed(2, START + 9_000)), [])
    assert.deepEqual(told(ladder.onDeadline(START + 9_000)), ['dial 0'])
  })

  it('dials the same rung again after a moment if the consumer has ended it: nothing speaks against that rung', () => {
    const ladder = newLadder(2, 0.5)
    ladder.start(START)
    ladder.onOpened(0, START)
    assert.deepEqual(told(ladder.onLost(0, 'peer', START + 9_000)), [])
    assert.deepEqual(told(ladder.onDeadline(START + 9_125)), ['dial 0'])
  })

  it('waits longer each time if it is shut out, also while it registers', () => {
    const ladder = newLadder(1, 0.5)
    ladder.start(START)
    const waits = [0, 1, 2, 3].map((round) => {
      const now = START + round * 10_000
      ladder.onLost(0, 'shutOut', now)
      const waitMs = ladder.deadline - now
      ladder.onDeadline(ladder.deadline)
      return waitMs
    })
    assert.deepEqual(waits, [125, 250, 500, 1_000])
  })

  it('calls a consumer that has forgotten a silent session soon, however long it was waiting', () => {
    const ladder = newLadder(2, 0.9)
    ladder.start(START)
    ladder.onOpened(0, START)
    ladder.onSuspect(0, START + 1_000)
    let now = START + 1_000
    for (let round = 0; round < 8; round++) {
      ladder.onFailed(1, now)
      now = ladder.deadline
      ladder.onDeadline(now)
    }
    ladder.onFailed(1, now)
    assert.ok(ladder.deadline - now > 20_000)
    ladder.onLost(0, 'peer', now)
    assert.ok(ladder.deadline - now < 250)
  })
})

describe('the ladder, while a worse rung carries', () => {
  it('tries the better ones each in turn, best first, and gives each up quietly', () => {
    const ladder = newLadder(3)
    ladder.start(START)
    ladder.onFailed(0, START)
    ladder.onFailed(1, START)
    ladder.onOpened(2, START)
    assert.equal(ladder.deadline, START + PROBE)
    assert.deepEqual(told(ladder.onDeadline(START + PROBE)), ['dial 0'])
    assert.deepEqual(told(ladder.onDeadline(START + PROBE + FALLBACK)), ['cancel 0', 'dial 1'])
    assert.deepEqual(told(ladder.onFailed(1, START + PROBE + FALLBACK + 10)), [])
    assert.equal(ladder.deadline, START + 2 * PROBE + FALLBACK + 10)
  })

  it('returns to a better one that answers', () => {
    const ladder = onSecondRung()
    ladder.onDeadline(START + PROBE)
    assert.deepEqual(told(ladder.onOpened(0, START + PROBE + 20)), ['retire 1', 'use 0 instead of 1: none'])
    assert.equal(ladder.deadline, Infinity)
  })

  it('lets a dial of a better one that was under way go on, and begins it anew when its turn has come', () => {
    const ladder = newLadder(2)
    ladder.start(START)
    ladder.onDeadline(START + FALLBACK)
    assert.deepEqual(told(ladder.onOpened(1, START + FALLBACK)), ['use 1 instead of 0: noAnswer'])
    assert.deepEqual(told(ladder.onDeadline(ladder.deadline)), ['cancel 0', 'dial 0'])
    assert.deepEqual(told(ladder.onOpened(0, START + 90_000)), ['retire 1', 'use 0 instead of 1: none'])
  })
})

describe('the ladder, when it is stopped', () => {
  it('ends its dials and wishes nothing more, whatever happens', () => {
    const ladder = newLadder(2)
    ladder.start(START)
    ladder.onDeadline(START + FALLBACK)
    ladder.onOpened(1, START + FALLBACK)
    assert.deepEqual(told(ladder.stop()), ['cancel 0'])
    const later = [
      ladder.onSuspect(1, START),
      ladder.onRecovered(1, START),
      ladder.onLost(1, 'path', START),
      ladder.onOpened(0, START),
      ladder.onFailed(0, START),
      ladder.onDeadline(START + 1e9),
    ]
    assert.deepEqual(later.flat(), [])
    assert.equal(ladder.deadline, Infinity)
  })
})

/** What the world looks like to whoever carries out the wishes. */
class World {
  readonly dialling = new Set<number>()
  readonly open = new Set<number>()
  readonly suspect = new Set<number>()
  used = 0
  now = START
  readonly ladder: Ladder

  constructor(ladder: Ladder) {
    this.ladder = ladder
    this.obey(ladder.start(this.now))
  }

  obey(wishes: readonly Wish[]): void {
    for (const wish of wishes) {
      if (wish.kind === 'dial') {
        assert.ok(!this.isKnown(wish.rung), `rung ${wish.rung} is dialled twice`)
        this.dialling.add(wish.rung)
      } else if (wish.kind === 'cancel') {
        assert.ok(this.dialling.delete(wish.rung), `rung ${wish.rung} is not dialled`)
      } else if (wish.kind === 'retire') {
        assert.ok(this.open.delete(wish.rung) || this.suspect.delete(wish.rung), `rung ${wish.rung} has no session`)
      } else {
        assert.equal(wish.from, this.used)
        assert.notEqual(wish.rung, this.used)
        this.used = wish.rung
      }
    }
  }

  isKnown(rung: number): boolean {
    return this.dialling.has(rung) || this.open.has(rung) || this.suspect.has(rung)
  }

  step({ kind, pick, how }: Step): void {
    const { ladder, now } = this
    const [dialled, open, suspect] = [this.dialling, this.open, this.suspect].map((set) => [...set][pick % set.size])
    if (kind === 'wait') {
      this.now = Math.min(this.now + pick, Math.max(this.now, ladder.deadline))
      this.obey(ladder.onDeadline(this.now))
    } else if (kind === 'open' && dialled !== undefined) {
      this.dialling.delete(dialled)
      this.open.add(dialled)
      this.obey(ladder.onOpened(dialled, now))
    } else if (kind === 'fail' && dialled !== undefined) {
      this.dialling.delete(dialled)
      this.obey(how === 'path' ? ladder.onFailed(dialled, now) : ladder.onLost(dialled, how, now))
    } else if (kind === 'suspect' && open !== undefined) {
      this.open.delete(open)
      this.suspect.add(open)
      this.obey(ladder.onSuspect(open, now))
    } else if (kind === 'recover' && suspect !== undefined) {
      this.suspect.delete(suspect)
      this.open.add(suspect)
      this.obey(ladder.onRecovered(suspect, now))
    } else if (kind === 'lose') {
      const lost = open ?? suspect
      if (lost === undefined) return
      this.open.delete(lost)
      this.suspect.delete(lost)
      this.obey(ladder.onLost(lost, how, now))
    }
  }

  check(rungs: number): void {
    const all = Array.from({ length: rungs }, (_, rung) => rung)
    const idle = all.filter((rung) => !this.isKnown(rung))
    assert.ok(this.open.size <= 1, 'one rung carries, others are retired')
    const [current] = this.open
    assert.equal(this.ladder.isCarrying, current !== undefined)
    if (current === undefined) {
      if (idle.length > 0) assert.ok(this.ladder.deadline <= this.now + 30_000, 'an idle rung is dialled some time')
      return
    }
    assert.equal(this.used, current, 'the one that is open is used')
    const worse = all.filter((rung) => rung > current && this.isKnown(rung))
    assert.deepEqual(worse, [], 'nobody cares for worse ones')
    const isBetterIdle = idle.some((rung) => rung < current)
    if (isBetterIdle) assert.ok(this.ladder.deadline <= this.now + PROBE, 'better ones are tried')
  }
}

interface Step {
  readonly kind: 'wait' | 'open' | 'fail' | 'suspect' | 'recover' | 'lose'
  readonly pick: number
  readonly how: Loss
}

describe('the ladder, whatever happens', () => {
  it('dials nothing twice, uses the best that is open, leaves worse ones, and never forgets a rung', () => {
    const step: fc.Arbitrary<Step> = fc.record({
      kind: fc.constantFrom('wait', 'wait', 'open', 'fail', 'suspect', 'recover', 'lose'),
      pick: fc.nat(70_000),
      how: fc.constantFrom('path', 'peer', 'shutOut'),
    })
    const steps = fc.array(step, { maxLength: 60 })
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        steps,
        (rungs, fraction, acts) => {
          const world = new World(newLadder(rungs, fraction))
          world.check(rungs)
          for (const act of acts) {
            world.step(act)
            world.check(rungs)
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  it('reaches the only rung that answers within a fallback time for each before it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 6 }), fc.nat(), fc.nat(), (rungs, silentAt, answering) => {
        const [used, well] = [silentAt % rungs, answering % rungs]
        fc.pre(used !== well)
        const ladder = newLadder(rungs)
        ladder.start(START)
        for (let rung = 0; rung < used; rung++) ladder.onFailed(rung, START)
        ladder.onOpened(used, START)
        let now = START + 1_000
        let wishes = ladder.onSuspect(used, now)
        while (!wishes.some(({ kind, rung }) => kind === 'dial' && rung === well)) {
          now = ladder.deadline
          wishes = ladder.onDeadline(now)
        }
        assert.ok(now - START - 1_000 <= FALLBACK * (rungs - 2))
      }),
    )
  })
})
