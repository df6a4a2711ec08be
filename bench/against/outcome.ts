// What came out of one scene: the values, and what did not finish, with its reason.

import { moveBody, runRequests } from '../load-runs.ts'
import { type Figure, Samples } from '../samples.ts'
import type { Contender } from './contender.ts'
import { memory } from './figures.ts'
import type { Measured, Trial } from './trials.ts'

export interface Failure {
  /** By name: what is missing because of it. */
  readonly figures: readonly string[]
  readonly route: string
  /** One line. */
  readonly reason: string
}

/** What each contender carries before anything counts, so that no round is charged for code that is not compiled yet. */
export interface WarmUp {
  readonly bytes: number
  readonly withinSeconds: number
  /** Of small requests, by 32 connections. */
  readonly seconds: number
}

export interface SceneOptions {
  /** What is told while it runs. */
  readonly name: string
  readonly contenders: readonly Contender[]
  readonly trials: readonly Trial[]
  readonly rounds: number
  readonly warmUp: WarmUp
}

export interface Outcome {
  readonly samples: Samples
  readonly failures: readonly Failure[]
}

/**
 * All contenders in turn, and then all of them again, so that a mood of the machine meets all alike. One that breaks is laid anew for its
 * next trial. None is left when this has ended.
 */
export async function playScene(options: SceneOptions): Promise<Outcome> {
  const { name, contenders, rounds } = options
  const outcome = { samples: new Samples(), failures: [] as Failure[] }
  try {
    await prepare(options, outcome.samples)
    for (let round = 1; round <= rounds; round++) {
      for (const contender of contenders) {
        console.error(`${name}: round ${round} of ${rounds}: ${contender.name}`)
        await attemptAll(contender, options, outcome)
      }
    }
    for (const contender of contenders) await noteMemory(contender, memory.after, outcome.samples)
    return outcome
  } finally {
    await Promise.all(contenders.map((contender) => contender.end()))
  }
}

async function prepare({ name, contenders, warmUp }: SceneOptions, samples: Samples): Promise<void> {
  for (const contender of contenders) {
    console.error(`${name}: warming up: ${contender.name}`)
    await noteMemory(contender, memory.idle, samples)
    await warm(contender, warmUp)
  }
}

async function attemptAll(
  contender: Contender,
  { trials, contenders }: SceneOptions,
  { samples, failures }: { readonly samples: Samples; readonly failures: Failure[] },
): Promise<void> {
  for (const trial of trials) {
    if (!trial.suits(contender)) continue
    try {
      note(samples, contender, await trial.measure(contender, contenders))
    } catch (error) {
      const [reason = ''] = (error as Error).message.split('\n')
      console.error(`${contender.name}: ${trial.title}: did not finish: ${reason}`)
      failures.push({ figures: trial.figures.map(({ name }) => name), route: contender.name, reason })
      await contender.end()
    }
  }
}

/** What the system does not tell (memory and CPU time, outside Linux) is not a number, and not written down. */
function note(samples: Samples, { name }: Contender, measured: Measured): void {
  for (const [figure, value] of measured) if (Number.isFinite(value)) samples.add(figure, name, value)
}

/** Whoever fails here fails again, where it is written down. */
async function warm(contender: Contender, { bytes, withinSeconds, seconds }: WarmUp): Promise<void> {
  try {
    const { requests, transfers } = await contender.ready()
    await moveBody(transfers, { way: 'download', bytes, withinSeconds })
    if ((contender.tunnel.hops ?? 1) <= 1) await runRequests(requests, { connections: 32, seconds })
  } catch {
    await contender.end()
  }
}

/** One that does not serve has none: its trials will tell why. */
async function noteMemory(contender: Contender, figure: Figure, samples: Samples): Promise<void> {
  if (contender.tunnel.hops === 0) return
  const isServing = await contender.ready().then(
    () => true,
    () => false,
  )
  if (isServing) note(samples, contender, [[figure, contender.residentBytes() / 1e6]])
}
