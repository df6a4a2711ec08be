// `npm run bench -- --against frp,rathole,chisel,wstunnel`: edgerq and other tunnels, in turn, between the same clients and the same web server.

import { join, resolve } from 'node:path'
import { projectFolder } from '../../stresstest/rig/places.ts'
import { describeMachine } from '../machine.ts'
import { chained } from './chain.ts'
import { type GroundName, groundName } from './ground-name.ts'
import { missingForLink } from './link.ts'
import { type AgainstOptions, COMMITTED_RESULTS, isThorough, type ProgramName } from './options.ts'
import { partOf } from './part.ts'
import { readParts, writePart } from './part-files.ts'
import { mostSeconds, type Plan, planGround } from './plan.ts'
import { writeReport } from './report.ts'
import { playGround, type Scene } from './scenes.ts'
import type { Family, Tunnel } from './tunnel.ts'
import { chisel } from './tunnels/chisel.ts'
import { edgerq } from './tunnels/edgerq.ts'
import { frp } from './tunnels/frp.ts'
import { plain } from './tunnels/plain.ts'
import { rathole } from './tunnels/rathole.ts'
import { wstunnel } from './tunnels/wstunnel.ts'

const OTHERS: Readonly<Record<ProgramName, () => Family>> = { frp, rathole, chisel, wstunnel }

/** Everything but the report goes to `folder`. What a ground has shown is written as soon as it is over. */
export async function benchAgainst(folder: string, options: AgainstOptions): Promise<void> {
  const families = [plain(), await edgerq(), ...options.against.map((name) => OTHERS[name]())]
  const left = families.flatMap((family) => family.left)
  const results = resultsFor(options, left)
  readParts(results) // a broken one is told of now and not after an hour
  const [grounds, unreachable] = groundsHere(options)
  for (const sentence of [...left, ...unreachable]) console.error(`left out: ${sentence}`)
  const plans = grounds.map((ground) => planGround(ground, tunnelsOf(families), options))
  tellDuration(plans)
  const versions = families.flatMap((family) => family.versions)
  const run = { options, machine: describeMachine(), versions, left }
  for (const plan of plans) {
    const scene = await unlessBroken(plan, folder)
    if (scene === null) continue
    writePart(results, partOf(scene, run))
    writeReport(results)
  }
  printReport(results)
}

/** Draws it anew from the parts that are in `folder`, which is one of the project. */
export function printReport(folder: string): void {
  const { file, text } = writeReport(resolve(projectFolder, folder))
  console.log(`${text}\n\n${file}`)
}

/** The committed folder takes only parts of which nothing is missing; the others go to one of their own, which git does not see. */
function resultsFor(options: AgainstOptions, left: readonly string[]): string {
  const isForAll = isThorough(options) && left.length === 0
  const now = new Date().toISOString().replaceAll(':', '-')
  return join(projectFolder, isForAll ? COMMITTED_RESULTS : `${COMMITTED_RESULTS}-${now}`)
}

function tunnelsOf(families: readonly Family[]): readonly Tunnel[] {
  const tunnels = families.flatMap((family) => family.tunnels)
  const chains = tunnels.filter(isWorthAChain).map((tunnel) => ({ ...chained(tunnel, 2), isOnLinks: false }))
  return [...tunnels, ...chains]
}

function tellDuration(plans: readonly Plan[]): void {
  const minutes = plans.map((plan) => Math.ceil(mostSeconds(plan) / 60))
  const each = plans.map(({ ground }, index) => `${groundName(ground)} ${minutes[index]} min`)
  const total = minutes.reduce((sum, own) => sum + own, 0)
  console.error(`at most, while no answer is late and nothing hangs: ${each.join(', ')}; together ${total} min`)
}

/** Null when it broke, which was said: the grounds that follow are not to be lost with it. */
async function unlessBroken(plan: Plan, folder: string): Promise<Scene | null> {
  try {
    return await playGround(plan, folder)
  } catch (error) {
    console.error(`left out: ${groundName(plan.ground)}, which broke: ${(error as Error).message}`)
    return null
  }
}

/** Those of others: how many hops of ours there are is for ours to say. */
function isWorthAChain({ whose, isOnLinks }: Tunnel): boolean {
  return whose === 'others' && isOnLinks
}

function groundsHere({ grounds }: AgainstOptions): [grounds: readonly GroundName[], left: readonly string[]] {
  const missing = grounds.some((ground) => ground !== 'loopback') ? missingForLink() : null
  if (missing === null) return [grounds, []]
  return [grounds.filter((ground) => ground === 'loopback'), [`every link, because ${missing}`]]
}
