// Hops in a row: the first one leads from outside to inside, the others stand behind it, inside.

import type { Site } from './site.ts'
import type { Laid, Tunnel } from './tunnel.ts'

/** The same tunnel, `hops` times; its sealing, its queues and its copies are paid once for each. */
export function chained(tunnel: Tunnel, hops: number): Tunnel {
  return { ...tunnel, name: chainName(tunnel.name, hops), hops, lay: (site) => layChain(tunnel, site, hops) }
}

export function chainName(name: string, hops: number): string {
  return `${name}, ${hops} hops`
}

async function layChain(tunnel: Tunnel, site: Site, hops: number): Promise<Laid> {
  let origins = site.origins
  for (let hop = hops; hop > 1; hop--) origins = await tunnel.lay(site.behind(origins))
  return tunnel.lay(site.before(origins))
}
