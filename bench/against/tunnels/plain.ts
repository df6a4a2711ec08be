// What tunnels are compared with: no tunnel at all, and two TCP pipes without a tunnel between them.

import { builtProgram } from '../../../stresstest/rig/places.ts'
import { ReadyLine } from '../../../stresstest/rig/ready-line.ts'
import { DIRECT, TWO_PIPES } from '../../routes.ts'
import { findProgram } from '../found-program.ts'
import type { Site } from '../site.ts'
import type { Family, Laid, Tunnel } from '../tunnel.ts'

const direct: Tunnel = {
  name: DIRECT,
  whose: 'nobody',
  isEncrypted: false,
  isOnLinks: true,
  hops: 0,
  lay: async ({ ground, origins }) => ({ ...origins, host: ground.inside.host }),
}

/** On loopback alone: over a link they would be a direct connection that was broken twice. */
const pipes: Tunnel = { name: TWO_PIPES, whose: 'nobody', isEncrypted: false, isOnLinks: false, lay: layPipes }

export function plain(): Family {
  const atTheEnds = [findProgram('nginx', '-v'), findProgram('wrk', '-v')]
  return { tunnels: [direct, pipes], versions: atTheEnds.flatMap((program) => program?.version ?? []), left: [] }
}

async function layPipes(site: Site): Promise<Laid> {
  const { requestsPort, transfersPort } = site.origins
  return { requestsPort: await layTwo(site, requestsPort), transfersPort: await layTwo(site, transfersPort) }
}

async function layTwo(site: Site, to: number): Promise<number> {
  return pipe(site, await pipe(site, to))
}

async function pipe(site: Site, to: number): Promise<number> {
  const command = builtProgram('bench/tcp-pipe', '--to', String(to))
  const program = site.start(site.ground.outside, { name: 'tcp-pipe', command })
  const [line] = await program.line(/ ready .*$/)
  return new ReadyLine(line).port('tcp')
}
