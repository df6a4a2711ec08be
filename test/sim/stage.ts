// The usual world: a listener and a dialler, joined by two links, each with a talker on top. Scenarios act on it.

import type { EndpointSettings } from '../../src/protocol/api.ts'
import { MILLISECOND, type Micros, type PathId } from '../../src/protocol/units.ts'
import { Flows, type Role } from './flows.ts'
import { Link } from './link.ts'
import type { LinkSettings } from './link-settings.ts'
import { type CongestionName, makeEndpoint } from './make-endpoint.ts'
import { SimNode } from './node.ts'
import { NonceLedger } from './nonce-ledger.ts'
import type { StreamPlan } from './plans.ts'
import { Prng } from './prng.ts'
import { Talker } from './talker.ts'
import { WORLD_START, World } from './world.ts'

export interface StageOptions {
  readonly seed: number
  readonly toListener: Partial<LinkSettings>
  readonly toDialler: Partial<LinkSettings>
  /** The dialler's, and the listener's if they differ. */
  readonly settings: EndpointSettings
  readonly listenerSettings?: EndpointSettings
  readonly listenerPlans: readonly StreamPlan[]
  readonly diallerPlans: readonly StreamPlan[]
  readonly timerLateness: Micros
  readonly congestion: CongestionName
}

/** One of the two processes. Restarting makes a new endpoint and a new talker in the same node. */
export interface Side {
  readonly role: Role
  readonly node: SimNode
  talker: Talker
  /** Starts of the process so far. */
  boots: number
  /** What full datagrams of its sessions came to have, and when since the start. */
  readonly sizes: Resized[]
}

export interface Resized {
  readonly at: Micros
  readonly bytes: number
}

/** How long a dialler waits before it dials again after a loss. */
const REDIAL_AFTER: Micros = 100 * MILLISECOND

export class Stage {
  readonly world = new World()
  readonly flows = new Flows()
  readonly toListener: Link
  readonly toDialler: Link
  readonly listener: Side
  readonly dialler: Side
  readonly #options: StageOptions
  readonly #random: Prng
  readonly #ledger = new NonceLedger()
  readonly #sizes: Readonly<Record<Role, Resized[]>> = { listener: [], dialler: [] }
  readonly #pathToListener: PathId
  /** Bytes could not move until then, for reasons that the links do not know. */
  #excusedUntil: Micros = 0

  constructor(options: StageOptions) {
    this.#options = options
    this.#random = new Prng(options.seed)
    this.toListener = new Link(fromStart(options.toListener), this.#random.fork('to listener'))
    this.toDialler = new Link(fromStart(options.toDialler), this.#random.fork('to dialler'))
    this.listener = this.#newSide('listener', options.listenerPlans)
    this.dialler = this.#newSide('dialler', options.diallerPlans)
    const links = { aToB: this.toDialler, bToA: this.toListener }
    this.#pathToListener = this.world.join(this.listener.node, this.dialler.node, links).b
    this.world.at(this.world.now, () => this.#dial())
  }

  /** Virtual time since the start. */
  get elapsed(): Micros {
    return this.world.now - WORLD_START
  }

  get sides(): readonly Side[] {
    return [this.listener, this.dialler]
  }

  get isDone(): boolean {
    return this.sides.every(({ talker }) => talker.isDone)
  }

  /** Does `act` so much time after the start. */
  after(elapsed: Micros, act: () => void): void {
    this.world.at(WORLD_START + elapsed, act)
  }

  /** SIGSTOP for a while. */
  stop(side: Side, length: Micros): void {
    side.node.stopUntil(this.world.now + length)
    this.#excuse(this.world.now + length)
  }

  /** `kill -9` and a new start that opens these streams; a dialler dials at once. */
  restart(side: Side, plans: readonly StreamPlan[]): void {
    side.talker.die()
    side.boots += 1
    side.talker = this.#newTalker(side.role, side.boots, plans)
    side.node.restart(this.#newEndpoint(side.role, side.boots), side.talker)
    // The survivor may take all its time to notice.
    this.#excuse(this.world.now + this.#options.settings.survive)
    if (side.role === 'dialler') this.#dial()
  }

  /** The links do no more harm. */
  heal(): void {
    this.toListener.heal()
    this.toDialler.heal()
  }

  /** Until when bytes had an excuse for not moving, as far as is known now. */
  get excusedUntil(): Micros {
    let until = this.#excusedUntil
    for (const { settings } of [this.toListener, this.toDialler]) {
      for (const { start, length } of settings.blackouts) {
        if (start <= this.world.now) until = Math.max(until, start + length)
      }
    }
    return until
  }

  #dial(): void {
    this.dialler.node.endpoint.dial(this.#pathToListener, this.world.now)
  }

  #excuse(until: Micros): void {
    this.#excusedUntil = Math.max(this.#excusedUntil, until)
  }

  #newSide(role: Role, plans: readonly StreamPlan[]): Side {
    const talker = this.#newTalker(role, 1, plans)
    const node = new SimNode({
      name: role,
      endpoint: this.#newEndpoint(role, 1),
      application: talker,
      random: this.#random.fork(`${role} timers`),
      timerLateness: this.#options.timerLateness,
    })
    return { role, node, talker, boots: 1, sizes: this.#sizes[role] }
  }

  #newTalker(role: Role, boot: number, plans: readonly StreamPlan[]): Talker {
    return new Talker({
      flows: this.flows,
      random: this.#random.fork(`${role} talker ${boot}`),
      plans,
      startedAt: this.world.now,
      onLost: (now) => {
        this.#excuse(now + this.#options.settings.survive)
        if (role === 'dialler') this.world.at(now + REDIAL_AFTER, () => this.#dial())
      },
    })
  }

  #newEndpoint(role: Role, boot: number) {
    return makeEndpoint({
      role,
      boot,
      random: this.#random.fork(`${role} endpoint ${boot}`),
      identity: this.#random.fork(`${role} identity`),
      ledger: this.#ledger,
      settings: (role === 'listener' && this.#options.listenerSettings) || this.#options.settings,
      congestion: this.#options.congestion,
      now: this.world.now,
      onResized: (bytes) => this.#sizes[role].push({ at: this.elapsed, bytes }),
    })
  }
}

/** Blackouts are told from the start of the run, links count on the world's clock. */
function fromStart(link: Partial<LinkSettings>): Partial<LinkSettings> {
  const blackouts = (link.blackouts ?? []).map(({ start, length }) => ({ start: start + WORLD_START, length }))
  return { ...link, blackouts }
}
