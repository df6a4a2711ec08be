// What came out on one ground, as it is kept: all that the report needs to know of it. Whatever is measured goes through here, so that a ground of
// today and one of last week are told in the same way.

import type { Machine } from '../machine.ts'
import type { Samples } from '../samples.ts'
import { type Entrant, isOfKernel } from './entrant.ts'
import { groundName } from './ground-name.ts'
import type { AgainstOptions } from './options.ts'
import type { Failure } from './outcome.ts'
import type { Scene } from './scenes.ts'
import type { Controller, Tunnel } from './tunnel.ts'

export interface Part {
  /** By name. */
  readonly ground: string
  /** As a heading. */
  readonly title: string
  /** When it was over, in UTC as ISO 8601 has it. */
  readonly at: string
  readonly machine: Machine
  /** Of the programs of others. */
  readonly versions: readonly string[]
  readonly options: PartOptions
  /** In the order of the tables. */
  readonly contenders: readonly PartContender[]
  readonly samples: Samples
  readonly failures: readonly Failure[]
  /** What is not in it, as sentences. */
  readonly left: readonly string[]
}

export type PartOptions = Pick<AgainstOptions, 'rounds' | 'seconds' | 'transferBytes' | 'withinSeconds' | 'isQuick'>

export interface PartContender {
  /** With its controller. */
  readonly name: string
  /** Without. */
  readonly tunnel: string
  readonly controller: Controller | null
  readonly whose: Tunnel['whose']
  readonly isEncrypted: boolean
  /** 0: no tunnel. */
  readonly hops: number
  readonly isOverTcp: boolean
}

/** What the scenes of a run have in common. */
export interface Run {
  readonly options: AgainstOptions
  /** As it was at the start: what is committed while it runs is not what it measures. */
  readonly machine: Machine
  readonly versions: readonly string[]
  readonly left: readonly string[]
}

export function partOf(scene: Scene, { options, machine, versions, left }: Run): Part {
  const { rounds, seconds, transferBytes, withinSeconds, isQuick } = options
  return {
    ground: groundName(scene.plan.ground),
    title: scene.title,
    at: new Date().toISOString(),
    machine,
    versions,
    options: { rounds, seconds, transferBytes, withinSeconds, isQuick },
    contenders: scene.contenders.map(contenderOf),
    samples: scene.samples,
    failures: scene.failures,
    left: [...left, ...scene.left],
  }
}

function contenderOf(entrant: Entrant & { readonly name: string }): PartContender {
  const { name, tunnel, controller } = entrant
  const { whose, isEncrypted, hops = 1 } = tunnel
  return { name, tunnel: tunnel.name, controller, whose, isEncrypted, hops, isOverTcp: isOfKernel(entrant) }
}
