// Over which ways the suites about whole and unharmed bytes run: over UDP, and, when it is asked for, over every other way too.

import { CarriedSite, WAYS, type Way } from './carried.ts'
import type { Stage } from './harness.ts'

/** `EDGERQ_TEST_LINKS=all` (npm run test:links) adds the others: a quarter of an hour, therefore not in every run. */
const LINKS: readonly Way[] = process.env.EDGERQ_TEST_LINKS === 'all' ? ['udp', ...WAYS] : ['udp']

export interface Layout {
  readonly link: Way
  readonly hops: number
  /** For titles. */
  readonly name: string
}

export const LAYOUTS: readonly Layout[] = LINKS.flatMap((link) =>
  [1, 2].map((hops) => {
    const distance = hops === 1 ? 'over one hop' : 'over two hops'
    return { link, hops, name: link === 'udp' ? distance : `${distance} of ${link}` }
  }),
)

export interface LaidPorts {
  /** Of a `tcp` service, and of an `http` service, both in front of the same target. */
  readonly port: number
  readonly httpPort: number
}

export async function lay({ link, hops }: Layout, stage: Stage, target: number): Promise<LaidPorts> {
  const site = await CarriedSite.make(stage)
  return hops === 1 ? site.oneHop(link, target) : site.twoHops(link, target)
}
