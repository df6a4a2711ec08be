import assert from 'node:assert/strict'
import type { DatagramBatch } from '../../src/protocol/api.ts'
import type { Endpoint } from '../../src/protocol/endpoint.ts'
import { Session } from '../../src/protocol/session.ts'
import { MILLISECOND, type Micros, SECOND } from '../../src/protocol/units.ts'
import { newEndpoint, START } from './endpoints.ts'
import { heldBytes } from './heap.ts'

/** Below what makes a listener ask for proof of an address. */
const DIALS_AT_ONCE = 32
const BETWEEN_DIALS: Micros = 200 * MILLISECOND
/** Each session has pinged twice by then. */
const IDLE: Micros = 35 * SECOND

/** One listener, and so many sessions from one dialler, each over a path of its own; what one sends the other has at once. */
class Site {
  readonly listener = newEndpoint({ seed: 1, acceptsSessions: true })
  readonly dialler = newEndpoint({ seed: 2 })
  now: Micros = START
  opened = 0
  closed = 0
  readonly #batch: DatagramBatch = { buffer: new Uint8Array(65_507), length: 0, segmentBytes: 0, path: 0 }

  constructor(sessions: number) {
    for (let path = 1; path <= sessions; path++) {
      this.dialler.dial(path, this.now)
      if (path % DIALS_AT_ONCE === 0 || path === sessions) this.run(BETWEEN_DIALS)
    }
  }

  run(span: Micros): void {
    const until = this.now + span
    for (;;) {
      while (this.#turn(this.dialler, this.listener) || this.#turn(this.listener, this.dialler));
      const next = Math.min(this.dialler.nextDeadline(), this.listener.nextDeadline())
      if (next > until) break
      this.now = next
    }
    this.now = until
  }

  /** True: something was sent. */
  #turn(from: Endpoint, to: Endpoint): boolean {
    if (from.nextDeadline() <= this.now) from.onDeadline(this.now)
    for (let event = from.nextEvent(); event !== null; event = from.nextEvent()) {
      if (from !== this.listener) continue
      if (event.kind === 'opened') this.opened++
      if (event.kind === 'closed') this.closed++
    }
    while (from.nextReadyStream() !== null); // nobody reads what is said here
    const batch = this.#batch
    let hasSent = false
    for (; from.nextDatagrams(batch, this.now); hasSent = true) {
      for (let at = 0; at < batch.length; at += batch.segmentBytes) {
        to.receive(batch.buffer.slice(at, Math.min(at + batch.segmentBytes, batch.length)), batch.path, this.now)
      }
    }
    return hasSent
  }
}

/** How often anything of any session is called or asked while `work` runs. */
function sessionCalls(work: () => void): number {
  let calls = 0
  const before = Object.getOwnPropertyDescriptors(Session.prototype)
  for (const [name, descriptor] of Object.entries(before)) {
    if (name === 'constructor') continue
    const counted = (original: (...args: unknown[]) => unknown) =>
      function (this: Session, ...args: unknown[]): unknown {
        calls++
        return original.apply(this, args)
      }
    const { get, value } = descriptor
    const own = get === undefined ? { value: counted(value) } : { get: counted(get) }
    Object.defineProperty(Session.prototype, name, { ...descriptor, ...own })
  }
  work()
  Object.defineProperties(Session.prototype, before)
  return calls
}

describe('many idle sessions', () => {
  it('cost what they do themselves: no turn looks at the others', () => {
    const callsFor = (sessions: number): number => {
      const site = new Site(sessions)
      site.run(IDLE)
      assert.equal(site.opened, sessions)
      return sessionCalls(() => site.run(IDLE)) / sessions
    }
    const [few, many] = [callsFor(50), callsFor(800)]
    assert.ok(few > 10, `${few} calls for each of fifty: they are alive`)
    assert.ok(many < few * 2, `${few} calls for each of fifty, ${many} for each of 800`)
  })

  it('hold little once they have rested, and nothing when they are gone', () => {
    const count = 800
    const before = heldBytes()
    const site = new Site(count)
    site.run(IDLE)
    const idle = heldBytes() - before
    assert.equal(site.opened, count)
    // Two ends of each, with a crypto of the tests and without what the programs keep beside.
    assert.ok(idle / count < 2 * 6_200, `${idle / count} bytes for both ends of one`)
    site.listener.close(0, '')
    site.run(IDLE)
    assert.equal(site.closed, count)
    assert.ok(site.listener.isIdle && site.dialler.isIdle)
    const left = heldBytes() - before
    assert.ok(left < idle * 0.15, `${idle} bytes, and ${left} when all were gone`)
  })
})
