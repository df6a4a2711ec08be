// `npm run bench -- --against frp,rathole,chisel,wstunnel`: edgerq and other tunnels, in turn, between the same clients and the same web server.

import { chained } from './chain.ts'
import { missingForLink } from './link.ts'
import { type AgainstOptions, type Ground, groundName, type ProgramName } from './options.ts'
import { writeReport } from './report.ts'
import { type Play, playLink, playLoopback, type Scene } from './scenes.ts'
import type { Family, Tunnel } from './tunnel.ts'
import { chisel } from './tunnels/chisel.ts'
import { edgerq } from './tunnels/edgerq.ts'
import { frp } from './tunnels/frp.ts'
import { plain } from './tunnels/plain.ts'
import { rathole } from './tunnels/rathole.ts'
import { wstunnel } from './tunnels/wstunnel.ts'

const OTHERS: Readonly<Record<ProgramName, () => Family>> = { frp, rathole, chisel, wstunnel }

/** Everything but the report goes to `folder`. */
export async function benchAgainst(folder: string, options: AgainstOptions): Promise<void> {
  const families = [plain(), await edgerq(), ...options.against.map((name) => OTHERS[name]())]
  const [grounds, unreachable] = groundsHere(options)
  const left = [...families.flatMap((family) => family.left), ...unreachable]
  for (const sentence of left) console.error(`left out: ${sentence}`)
  const tunnels = families.flatMap((family) => family.tunnels)
  const chains = tunnels.filter(isWorthAChain).map((tunnel) => ({ ...chained(tunnel, 2), isOnLinks: false }))
  const scenes: Scene[] = []
  for (const ground of grounds) {
    const scene = await playGround(ground, { folder, tunnels: [...tunnels, ...chains], options })
    if (typeof scene === 'string') left.push(scene)
    else scenes.push(scene)
  }
  const versions = families.flatMap((family) => family.versions)
  const at = writeReport({ options, scenes, versions, left: [...left, ...scenes.flatMap((scene) => scene.left)] })
  console.error(`\n${at}`)
}

/** Or why there is none: what the scenes before it found is not to be lost with it. */
async function playGround(ground: Ground, play: Play): Promise<Scene | string> {
  try {
    return await (ground === 'loopback' ? playLoopback(play) : playLink(ground, play))
  } catch (error) {
    console.error((error as Error).message)
    return `${groundName(ground)}, which broke: ${(error as Error).message.split('\n')[0]}`
  }
}

/** Those of others: how many hops of ours there are is for ours to say. */
function isWorthAChain({ whose, isOnLinks }: Tunnel): boolean {
  return whose === 'others' && isOnLinks
}

function groundsHere({ grounds }: AgainstOptions): [grounds: readonly Ground[], left: readonly string[]] {
  const missing = grounds.some((ground) => ground !== 'loopback') ? missingForLink() : null
  if (missing === null) return [grounds, []]
  return [grounds.filter((ground) => ground === 'loopback'), [`every link, because ${missing}`]]
}
