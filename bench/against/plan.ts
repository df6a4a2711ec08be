// What is to happen on a ground: who meets there, what is done to each, and how long that takes. Nothing is started for it.

import type { Entrant } from './entrant.ts'
import { LINK_CROWDS, LOOPBACK_CROWDS } from './figures.ts'
import type { GroundName } from './ground-name.ts'
import type { LinkShape } from './link.ts'
import type { AgainstOptions } from './options.ts'
import type { WarmUp } from './outcome.ts'
import {
  crowdOnLink,
  crowdOnLoopback,
  downloadBeside,
  downloadOnLink,
  downloadOnLoopback,
  latencyTrial,
  type Trial,
} from './trials.ts'
import type { Controller, Tunnel } from './tunnel.ts'

export interface Plan {
  readonly ground: GroundName
  /** Null on loopback. */
  readonly shape: LinkShape | null
  /** In the order in which they take turns. */
  readonly entrants: readonly Entrant[]
  readonly trials: readonly Trial[]
  readonly rounds: number
  readonly warmUp: WarmUp
}

const WIDE = { megabitsPerSecond: 200, queuePackets: 1000 } as const
const NARROW: LinkShape = { delayMs: 15, lossPercent: 0, megabitsPerSecond: 10, queuePackets: 25 }
const NARROW_BYTES = 10e6
/** Long enough for a flow to find its share, several times. */
const BESIDE_SECONDS = 20
/** On loopback a download that takes longer hangs. */
const LOOPBACK_SECONDS = 60

const MIB = 1024 * 1024
/** As in bench/ways.ts: after so much nothing is compiled any more. */
const LOOPBACK_WARM_UP: WarmUp = { bytes: 64 * MIB, withinSeconds: 3, seconds: 4 }
const LINK_WARM_UP: WarmUp = { bytes: 8 * MIB, withinSeconds: 5, seconds: 2 }
const QUICK_WARM_UP: WarmUp = { bytes: 8 * MIB, withinSeconds: 2, seconds: 1 }
/** Both programs of a tunnel start, find each other over a lossy link, and answer twice. */
const START_SECONDS = 5

/** What the kernel's TCP may be set to. */
const KERNEL_CONTROLLERS: readonly Controller[] = ['cubic', 'bbr']

export function planGround(ground: GroundName, tunnels: readonly Tunnel[], options: AgainstOptions): Plan {
  return ground === 'loopback' ? loopbackPlan(tunnels, options) : linkPlan(ground, tunnels, options)
}

/** While no answer is late and nothing hangs. */
export function mostSeconds({ entrants, trials, rounds, warmUp }: Plan): number {
  const preparing = START_SECONDS + warmUp.withinSeconds + warmUp.seconds
  const ofRound = entrants.map((entrant) => sum(trials.filter((trial) => trial.suits(entrant))))
  return ofRound.reduce((total, seconds) => total + preparing + rounds * seconds, 0)
}

function sum(trials: readonly Trial[]): number {
  return trials.reduce((total, { seconds }) => total + seconds, 0)
}

function loopbackPlan(tunnels: readonly Tunnel[], { seconds, transferBytes, rounds, isQuick }: AgainstOptions): Plan {
  const crowds = LOOPBACK_CROWDS.map((figures) => crowdOnLoopback(figures, seconds))
  const download = downloadOnLoopback({ bytes: transferBytes, withinSeconds: LOOPBACK_SECONDS })
  return {
    ground: 'loopback',
    shape: null,
    entrants: tunnels.map((tunnel) => ({ tunnel, controller: null })),
    trials: [...crowds, latencyTrial(seconds), download],
    rounds,
    warmUp: isQuick ? QUICK_WARM_UP : LOOPBACK_WARM_UP,
  }
}

function linkPlan(ground: Exclude<GroundName, 'loopback'>, tunnels: readonly Tunnel[], options: AgainstOptions): Plan {
  const shape = ground === 'narrow' ? NARROW : { ...WIDE, ...ground }
  const entrants = tunnelsOn(ground, tunnels, options).flatMap((tunnel) =>
    (tunnel.controllers ?? KERNEL_CONTROLLERS).map((controller) => ({ tunnel, controller })),
  )
  const trials = ground === 'narrow' ? narrowTrials(options) : wideTrials(shape, options)
  const warmUp = options.isQuick ? QUICK_WARM_UP : LINK_WARM_UP
  return { ground, shape, entrants, trials, rounds: options.rounds, warmUp }
}

/** Chains are for links that have room for them. */
function tunnelsOn(ground: GroundName, tunnels: readonly Tunnel[], { isEveryConfiguration }: AgainstOptions) {
  const wanted = tunnels.filter(({ isOnLinks }) => isOnLinks || isEveryConfiguration)
  return wanted.filter(({ hops = 1 }) => ground !== 'narrow' || hops <= 1)
}

function wideTrials(shape: LinkShape, { seconds, transferBytes, withinSeconds }: AgainstOptions): readonly Trial[] {
  const crowds = LINK_CROWDS.map((figures) => crowdOnLink(figures, seconds, 2 * shape.delayMs))
  return [...crowds, downloadOnLink({ bytes: transferBytes, withinSeconds }, shape)]
}

function narrowTrials({ withinSeconds, isQuick }: AgainstOptions): readonly Trial[] {
  const alone = downloadOnLink({ bytes: NARROW_BYTES, withinSeconds }, NARROW)
  return [alone, downloadBeside(isQuick ? BESIDE_SECONDS / 2 : BESIDE_SECONDS)]
}
