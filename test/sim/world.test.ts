import assert from 'node:assert/strict'
import type { DatagramBatch, SessionEvent, SessionHandle, StreamHandle } from '../../src/protocol/api.ts'
import { MILLISECOND, type Micros, SECOND } from '../../src/protocol/units.ts'
import { Link } from './link.ts'
import type { LinkSettings } from './link-settings.ts'
import { type Application, SimNode } from './node.ts'
import { Prng } from './prng.ts'
import { WORLD_START, World } from './world.ts'

const SEGMENT_BYTES = 100

/** An endpoint so simple that every call of its driver can be written down. */
class Scribe {
  onWork: () => void = () => {}
  readonly calls: string[] = []
  readonly received: { readonly at: Micros; readonly bytes: number; readonly first: number }[] = []
  readonly firedAt: Micros[] = []
  deadline: Micros = Infinity
  nextDelay: Micros = Infinity
  /** Bytes to send in one batch. */
  outgoing = 0
  event: SessionEvent | null = null

  receive(datagram: Uint8Array, _from: number, now: Micros): void {
    this.calls.push('receive')
    this.received.push({ at: now - WORLD_START, bytes: datagram.length, first: datagram[0]! })
  }

  onDeadline(now: Micros): void {
    this.calls.push('onDeadline')
    this.firedAt.push(now - WORLD_START)
    this.deadline = now + this.nextDelay
  }

  nextDeadline(): Micros {
    return this.deadline
  }

  nextDatagrams(out: DatagramBatch): boolean {
    if (this.outgoing === 0) return false
    this.calls.push('send')
    for (let at = 0; at < this.outgoing; at += 1) out.buffer[at] = Math.floor(at / SEGMENT_BYTES)
    out.length = this.outgoing
    out.segmentBytes = SEGMENT_BYTES
    out.path = 0
    this.outgoing = 0
    return true
  }

  nextEvent(): SessionEvent | null {
    const event = this.event
    this.event = null
    if (event !== null) this.calls.push('event')
    return event
  }

  nextReadyStream(): StreamHandle | null {
    return null
  }

  dial(): SessionHandle {
    throw new Error('a scribe has no sessions')
  }

  close(): void {}
}

const silent: Application = { onEvent() {}, onReady() {}, nextAction: () => Infinity, onAction() {} }

function pair(link: Partial<LinkSettings>, options: { application?: Application; timerLateness?: Micros } = {}) {
  const random = new Prng(1)
  const [left, right] = [new Scribe(), new Scribe()]
  const { application = silent, timerLateness = 0 } = options
  const node = (name: string, endpoint: Scribe) => new SimNode({ name, endpoint, application, random, timerLateness })
  const [a, b] = [node('left', left), node('right', right)]
  const world = new World()
  world.join(a, b, { aToB: new Link(link, random.fork('there')), bToA: new Link(link, random.fork('back')) })
  return { world, left, right, a, b }
}

function never(): boolean {
  return false
}

describe('a simulated world', () => {
  it('splits a batch into its segments and delivers them at their time', () => {
    const { world, left, right } = pair({ delay: 20 * MILLISECOND })
    left.outgoing = 250
    world.run(WORLD_START + SECOND, never)
    assert.deepEqual(right.received, [
      { at: 20_000, bytes: 100, first: 0 },
      { at: 20_000, bytes: 100, first: 1 },
      { at: 20_000, bytes: 50, first: 2 },
    ])
    assert.equal(world.now, WORLD_START + SECOND)
  })

  it('takes a turn in the order of the driver: input, deadline, sending, events', () => {
    const { world, left, right } = pair({ delay: 10 })
    right.deadline = WORLD_START + 15
    world.at(WORLD_START + 5, () => {
      right.outgoing = 10
      right.event = {} as SessionEvent
      left.outgoing = 10
      left.onWork()
    })
    world.run(WORLD_START + 15, never)
    assert.deepEqual(right.calls, ['receive', 'onDeadline', 'send', 'event'])
  })

  it('sends again in the same turn what an event made the application want', () => {
    const { world, left } = pair({}, { application: { ...silent, onEvent: () => answer() } })
    const answer = () => {
      left.outgoing = 10
    }
    left.event = {} as SessionEvent
    world.run(WORLD_START + 1, never)
    assert.deepEqual(left.calls, ['event', 'send'])
  })

  it('fires a deadline exactly when it is due, and later by no more than its timers may be late', () => {
    for (const timerLateness of [0, MILLISECOND]) {
      const { world, left } = pair({}, { timerLateness })
      left.deadline = WORLD_START + 100 * MILLISECOND
      left.nextDelay = 100 * MILLISECOND
      world.run(WORLD_START + 10 * SECOND, never)
      assert.ok(left.firedAt.length >= 90)
      let due = 0
      for (const at of left.firedAt) {
        due += 100 * MILLISECOND
        assert.ok(at >= due && at <= due + timerLateness, `fired at ${at}, due at ${due}`)
        due = at
      }
    }
  })

  it('leaves a node alone that is neither fed nor due nor called, until it says that it has work', () => {
    const { world, left } = pair({})
    world.run(WORLD_START + 1, never)
    world.at(WORLD_START + 10, () => {
      left.outgoing = 10
    })
    world.run(WORLD_START + 20, never)
    assert.deepEqual(left.calls, [])
    left.onWork()
    world.run(WORLD_START + 30, never)
    assert.deepEqual(left.calls, ['send'])
  })

  it('keeps the input of a stopped process in its socket, and drops what finds that full', () => {
    const { world, left, right, b } = pair({ delay: 10 })
    right.deadline = WORLD_START + SECOND
    b.stopUntil(WORLD_START + 5 * SECOND)
    left.outgoing = 200 * SEGMENT_BYTES
    world.run(WORLD_START + 5 * SECOND - 1, never)
    assert.deepEqual(right.calls, [])
    world.run(WORLD_START + 5 * SECOND, never)
    assert.equal(right.received.length + b.overflowed, 200)
    assert.ok(b.overflowed > 0 && right.received.every(({ at }) => at === 5 * SECOND))
    assert.deepEqual(right.firedAt, [5 * SECOND])
  })

  it('forgets the socket of a process that was killed', () => {
    const { world, left, right, b } = pair({ delay: 10 })
    b.stopUntil(WORLD_START + SECOND)
    left.outgoing = SEGMENT_BYTES
    const successor = new Scribe()
    world.at(WORLD_START + 100, () => b.restart(successor, silent))
    world.run(WORLD_START + 2 * SECOND, never)
    assert.deepEqual([right.received, successor.received], [[], []])
  })

  it('refuses to run on when time stands still', () => {
    const { world, left } = pair({})
    left.deadline = WORLD_START + 5
    left.nextDelay = 0
    assert.throws(() => world.run(WORLD_START + SECOND, never), /time stands still/)
  })

  it('refuses to take a turn that never comes to an end', () => {
    const { world, left } = pair({}, { application: { ...silent, onEvent: () => again() } })
    const again = () => {
      left.event = {} as SessionEvent
      left.outgoing = 1
    }
    again()
    assert.throws(() => world.run(WORLD_START + SECOND, never), /left has something to tell for ever/)
  })
})
