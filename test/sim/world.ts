// A few nodes, the links between them and a clock that jumps to the next thing that happens. Nothing here waits:
// a virtual minute takes as long as its events take to compute.

import { type Micros, type PathId, SECOND } from '../../src/protocol/units.ts'
import type { Link } from './link.ts'
import type { SimNode } from './node.ts'

/** The far end of one link: who is fed, and under which number the sender is known there. */
interface Edge {
  readonly link: Link
  readonly to: SimNode
  readonly from: PathId
}

/** Something that the test does to the world at a given time. */
interface Act {
  readonly at: Micros
  readonly run: () => void
}

/** Where the clock starts: not at 0, which would hide a 0 that means "never". */
export const WORLD_START: Micros = 1_000 * SECOND

/** Steps at one and the same moment before we call it a livelock. */
const MAX_STEPS_AT_ONCE = 10_000

export class World {
  now: Micros = WORLD_START
  /** Told after every step. */
  onStep: () => void = () => {}
  readonly #nodes: SimNode[] = []
  readonly #edges: Edge[] = []
  /** The earliest first. */
  readonly #acts: Act[] = []
  #stepsAtOnce = 0

  /** Joins two nodes by a link each way; returns the number of the other for each of them. */
  join(a: SimNode, b: SimNode, links: { readonly aToB: Link; readonly bToA: Link }): { a: PathId; b: PathId } {
    for (const node of [a, b]) if (!this.#nodes.includes(node)) this.#nodes.push(node)
    const pathAtA = a.addRoute(links.aToB)
    const pathAtB = b.addRoute(links.bToA)
    this.#edges.push({ link: links.aToB, to: b, from: pathAtB })
    this.#edges.push({ link: links.bToA, to: a, from: pathAtA })
    return { a: pathAtA, b: pathAtB }
  }

  /** Runs `act` at that time, or at once if it has passed. */
  at(when: Micros, act: () => void): void {
    this.#acts.push({ at: Math.max(when, this.now), run: act })
    this.#acts.sort((one, other) => one.at - other.at)
  }

  /** Runs until `isDone` (asked after every step) or until the clock reads `until`; true: it was done. */
  run(until: Micros, isDone: () => boolean): boolean {
    while (!isDone()) {
      if (!this.#step(until)) return isDone()
    }
    return true
  }

  /** Goes to the next moment at which something happens; false: that is later than `until`. */
  #step(until: Micros): boolean {
    const next = Math.max(this.now, this.#nextMoment())
    if (next > until) {
      this.now = Math.max(this.now, until)
      return false
    }
    this.#stepsAtOnce = next === this.now ? this.#stepsAtOnce + 1 : 0
    if (this.#stepsAtOnce > MAX_STEPS_AT_ONCE) throw new Error(`time stands still at ${next} µs`)
    this.now = next
    this.#act()
    this.#deliver()
    for (const node of this.#nodes) if (node.nextWake() <= next) node.goOn(next)
    this.onStep()
    return true
  }

  #nextMoment(): Micros {
    let next = this.#acts.length > 0 ? this.#acts[0]!.at : Infinity
    for (const edge of this.#edges) next = Math.min(next, edge.link.nextArrival())
    for (const node of this.#nodes) next = Math.min(next, node.nextWake())
    return next
  }

  #act(): void {
    while (this.#acts.length > 0 && this.#acts[0]!.at <= this.now) this.#acts.shift()!.run()
  }

  #deliver(): void {
    for (const { link, to, from } of this.#edges) {
      for (let bytes = link.takeArrived(this.now); bytes !== null; bytes = link.takeArrived(this.now)) {
        to.accept(bytes, from)
      }
    }
  }
}
