// A scenario is a value: links, settings, applications, time. Running it gives what happened, or throws with everything
// that is needed to see the same failure again.

import type { ClosedBy, EndpointSettings } from '../../src/protocol/api.ts'
import { DEFAULT_SETTINGS } from '../../src/protocol/index.ts'
import { type Micros, SECOND } from '../../src/protocol/units.ts'
import type { Role } from './flows.ts'
import { Invariants, noStats } from './invariants.ts'
import type { LinkCounters } from './link.ts'
import { describeLink, type LinkSettings } from './link-settings.ts'
import type { CongestionName } from './make-endpoint.ts'
import type { StreamPlan } from './plans.ts'
import { type Resized, type Side, Stage } from './stage.ts'
import { WORLD_START } from './world.ts'

export interface Scenario {
  readonly name: string
  readonly seed: number
  /** Both directions, unless `back` says otherwise for the one to the dialler. Blackouts count from the start. */
  readonly link?: Partial<LinkSettings>
  readonly back?: Partial<LinkSettings>
  readonly settings?: Partial<EndpointSettings>
  /** Where the listener's differ from these. */
  readonly listenerSettings?: Partial<EndpointSettings>
  /** The streams that each side opens. */
  readonly app: { readonly listener?: readonly StreamPlan[]; readonly dialler?: readonly StreamPlan[] }
  /** Timers fire late by up to this much. */
  readonly timerLateness?: Micros
  /** What both sides send by. Default: cubic. */
  readonly congestion?: CongestionName
  /** What else happens: stops, restarts, looks at the state; called before the first step. */
  readonly script?: (stage: Stage) => void
  readonly untilVirtualSeconds: number
  /**
   * `done` (the usual): every conversation must come to its end in time, and nothing may be left then. `healed`: what
   * is not done in time gets as long again on links that do no more harm. `time`: some conversation is meant to hang.
   */
  readonly runs?: 'done' | 'healed' | 'time'
}

export interface SideOutcome {
  readonly openedSessions: number
  readonly closings: readonly ClosedBy[]
  readonly suspicions: number
  readonly streams: number
  /** Changes of keys of the sessions that live. */
  readonly rekeys: number
  /** What its full datagrams came to have. */
  readonly sizes: readonly Resized[]
  /** When application bytes arrived there, since the start, in order. */
  readonly arrivals: readonly Micros[]
}

export interface Outcome {
  /** Names the scenario and its seed; for the messages of assertions. */
  readonly label: string
  /** Virtual time from the start until the last conversation was done, or until the time was up. */
  readonly duration: Micros
  /** Until the dialler's first session was open. */
  readonly connectedAfter: Micros
  readonly receivedBytes: number
  readonly toListener: LinkCounters
  readonly toDialler: LinkCounters
  readonly listener: SideOutcome
  readonly dialler: SideOutcome
  /** When application bytes arrived, since the start, in order. */
  readonly arrivals: readonly Micros[]
}

type Arrivals = Readonly<Record<Role | 'anybody', Micros[]>>

/** `EDGERQ_SEED=n` in the environment replays a run. */
export function seedOr(fallback: number): number {
  const text = process.env.EDGERQ_SEED
  return text === undefined || text === '' ? fallback : Number(text)
}

export function runScenario(scenario: Scenario): Outcome {
  try {
    return run(scenario)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`${reason}\n  in ${describe(scenario)}\n  replay: EDGERQ_SEED=${scenario.seed}`, { cause })
  }
}

function run(scenario: Scenario): Outcome {
  const settings = { ...DEFAULT_SETTINGS, ...scenario.settings }
  const stage = new Stage({
    seed: scenario.seed,
    toListener: scenario.link ?? {},
    toDialler: scenario.back ?? scenario.link ?? {},
    settings,
    listenerSettings: { ...settings, ...scenario.listenerSettings },
    listenerPlans: scenario.app.listener ?? [],
    diallerPlans: scenario.app.dialler ?? [],
    timerLateness: scenario.timerLateness ?? 0,
    congestion: scenario.congestion ?? 'cubic',
  })
  const invariants = new Invariants(stage, settings)
  const arrivals: Arrivals = { listener: [], dialler: [], anybody: [] }
  const received = { listener: 0, dialler: 0 }
  stage.world.onStep = () => {
    invariants.onStep()
    for (const { role } of stage.sides) {
      if (stage.flows.receivedBy(role) === received[role]) continue
      received[role] = stage.flows.receivedBy(role)
      arrivals[role].push(stage.elapsed)
      if (arrivals.anybody.at(-1) !== stage.elapsed) arrivals.anybody.push(stage.elapsed)
    }
  }
  scenario.script?.(stage)
  perform(stage, scenario)
  const outcome = outcomeOf(stage, { scenario, arrivals })
  if (scenario.runs !== 'time') invariants.atEnd()
  return outcome
}

function perform(stage: Stage, scenario: Scenario): void {
  const span = scenario.untilVirtualSeconds * SECOND
  const until = stage.world.now + span
  if (scenario.runs === 'time') {
    stage.world.run(until, () => false)
    return
  }
  const isDone = () => stage.isDone
  if (stage.world.run(until, isDone)) return
  if (scenario.runs === 'healed') {
    stage.heal()
    if (stage.world.run(until + span, isDone)) return
  }
  throw new Error(`not done after ${stage.elapsed / SECOND} virtual seconds: ${stage.flows.describeUnfinished()}`)
}

function outcomeOf(stage: Stage, run: { readonly scenario: Scenario; readonly arrivals: Arrivals }): Outcome {
  return {
    label: describe(run.scenario),
    duration: stage.elapsed,
    connectedAfter: stage.dialler.talker.openedAt - WORLD_START,
    receivedBytes: stage.flows.receivedBytes,
    toListener: { ...stage.toListener.counters },
    toDialler: { ...stage.toDialler.counters },
    listener: sideOutcome(stage.listener, run.arrivals),
    dialler: sideOutcome(stage.dialler, run.arrivals),
    arrivals: run.arrivals.anybody,
  }
}

function sideOutcome({ role, talker, sizes }: Side, arrivals: Arrivals): SideOutcome {
  const { openedSessions, closings, suspicions, streams, sessions } = talker
  let rekeys = 0
  for (const session of sessions) {
    const stats = noStats()
    session.stats(stats)
    rekeys += stats.rekeys
  }
  return {
    openedSessions,
    closings: [...closings],
    suspicions,
    streams: streams.length,
    rekeys,
    sizes,
    arrivals: arrivals[role],
  }
}

function describe(scenario: Scenario): string {
  const there = describeLink(scenario.link ?? {})
  const back = scenario.back === undefined ? '' : `; back: ${describeLink(scenario.back)}`
  return `${scenario.name}, seed ${scenario.seed}, link: ${there}${back}`
}
