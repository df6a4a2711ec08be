// What must hold at every step of every run, and what must be left when it is over. What the applications read is checked
// where they read it (flow.ts), and the counters of sealed packets where they are sealed (nonce-ledger.ts).

import type { EndpointSettings, SessionHandle, SessionStats } from '../../src/protocol/api.ts'
import { type Micros, SECOND } from '../../src/protocol/units.ts'
import type { Side, Stage } from './stage.ts'

/** Every flow is looked at so often; looking at each step would make long runs quadratic. */
const PROGRESS_EVERY: Micros = SECOND
/** Acknowledgements and delayed credit settle within this, on a link that does no harm. */
const SETTLING: Micros = 10 * SECOND
/** A quiet session pings every 13 to 17 s from either side; each ping may cost a few wake-ups. */
const QUIET: Micros = 40 * SECOND
const MOST_QUIET_WAKE_UPS = 40

export class Invariants {
  readonly #stage: Stage
  readonly #settings: EndpointSettings
  readonly #stats: SessionStats = noStats()
  #nextLook: Micros = 0

  constructor(stage: Stage, settings: EndpointSettings) {
    this.#stage = stage
    this.#settings = settings
  }

  onStep(): void {
    for (const side of this.#stage.sides) this.#checkSessions(side)
    const { now } = this.#stage.world
    if (now < this.#nextLook) return
    this.#nextLook = now + PROGRESS_EVERY
    this.#stage.flows.checkProgress(now, this.#stage.excusedUntil)
  }

  /**
   * For a run in which every conversation came to its end: nothing stays open, nothing is held, nobody wakes up for
   * more than a keep-alive; and once the sessions are closed no deadline is left at all.
   */
  atEnd(): void {
    const { world } = this.#stage
    this.#stage.heal()
    const isSettled = () => this.#stage.sides.every((side) => this.#leftOpen(side) === '')
    if (!world.run(world.now + SETTLING, isSettled))
      throw new Error(this.#stage.sides.map((side) => this.#leftOpen(side)).join(' '))
    const wakeUps = this.#stage.sides.map(({ node }) => node.wakeUps)
    world.run(world.now + QUIET, never)
    this.#stage.sides.forEach(({ node }, index) => {
      const woken = node.wakeUps - wakeUps[index]!
      if (woken > MOST_QUIET_WAKE_UPS) throw new Error(`${node.name} woke up ${woken} times with nothing to do`)
    })
    this.#checkGoodbye()
  }

  #checkSessions(side: Side): void {
    let held = 0
    for (const session of side.talker.sessions) held += this.#checkSession(side, session)
    const most = this.#settings.memoryBudget + side.talker.sessions.length * this.#settings.initialSessionWindow
    if (held > most) throw new Error(`${side.role} holds ${held} bytes, more than ${most}`)
  }

  /** Bytes that the session holds. */
  #checkSession(side: Side, session: SessionHandle): number {
    const stats = this.#stats
    session.stats(stats)
    const { bytesInFlight, heldBytes, windowBytes, packetsLost, packetsSent, openStreams } = stats
    if (!(bytesInFlight >= 0)) throw new Error(`${side.role} has ${bytesInFlight} bytes in flight`)
    if (!(heldBytes >= 0)) throw new Error(`${side.role} holds ${heldBytes} bytes`)
    if (!(windowBytes > 0)) throw new Error(`${side.role} has a window of ${windowBytes} bytes`)
    if (!(packetsLost <= packetsSent)) throw new Error(`${side.role} lost ${packetsLost} of ${packetsSent} packets`)
    if (!(openStreams >= 0)) throw new Error(`${side.role} has ${openStreams} open streams`)
    return heldBytes
  }

  /** What is not at rest on that side, in words; empty: nothing. */
  #leftOpen({ role, talker }: Side): string {
    const open = talker.streams.filter((stream) => !stream.isClosed)
    if (open.length > 0) return `${role} has ${open.length} streams open, the first is ${open[0]!.id}.`
    for (const session of talker.sessions) {
      if (session.openedStreams !== 0) return `${role} counts ${session.openedStreams} opened streams.`
      session.stats(this.#stats)
      const { heldBytes, bytesInFlight } = this.#stats
      if (heldBytes !== 0) return `${role} still holds ${heldBytes} bytes.`
      if (bytesInFlight !== 0) return `${role} has ${bytesInFlight} bytes in flight.`
    }
    return ''
  }

  #checkGoodbye(): void {
    const { world, dialler, sides } = this.#stage
    world.at(world.now, () => dialler.node.endpoint.close(0, 'the run is over'))
    const isQuiet = () =>
      sides.every(({ node, talker }) => {
        return talker.sessions.length === 0 && node.endpoint.nextDeadline() === Infinity
      })
    if (world.run(world.now + this.#settings.survive + SETTLING, isQuiet)) return
    for (const { role, node, talker } of sides) {
      if (talker.sessions.length > 0) throw new Error(`${role} has a session after the goodbye`)
      const left = (node.endpoint.nextDeadline() - world.now) / SECOND
      if (left !== Infinity) throw new Error(`${role} still waits for something in ${left} s`)
    }
  }
}

function never(): boolean {
  return false
}

export function noStats(): SessionStats {
  return {
    smoothedRtt: 0,
    minRtt: 0,
    windowBytes: 0,
    bytesInFlight: 0,
    packetsSent: 0,
    packetsReceived: 0,
    packetsLost: 0,
    bytesSent: 0,
    bytesReceived: 0,
    openStreams: 0,
    heldBytes: 0,
    rekeys: 0,
  }
}
