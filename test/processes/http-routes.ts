// Ways for requests: one hop (client → consumer → provider → target), or two, where the first provider's target is the second consumer's
// port.

import type { ChildProgram } from '../../stresstest/rig/child-program.ts'
import { consumerXml, type Elements, providerXml } from '../../stresstest/rig/daemon-config.ts'
import { ReadyLine } from '../../stresstest/rig/ready-line.ts'
import { type Stage, UUID } from './harness.ts'

/** Tests that are not about places want one for everybody. */
const SERVICE: Elements = { uuid: UUID, max_connections: 1000 }

export interface HttpRoute {
  /** Where clients connect. */
  readonly port: number
  /** Consumer, provider, and if there are two hops the same again: the nearest to the client first. */
  readonly daemons: readonly ChildProgram[]
}

export const HOPS = [1, 2] as const

/** Lays it out in front of `target`; `service` adds to the service of each consumer. */
export async function layHops(hops: number, stage: Stage, target: number, service: Elements = {}): Promise<HttpRoute> {
  const further = hops > 1 ? await layHops(hops - 1, stage, target, service) : { port: target, daemons: [] }
  const consumer = await start(stage, 'edgerq-sc', consumerXml({ services: [{ ...SERVICE, ...service }] }))
  const pipe = { port: consumer.ready.port('udp'), services: [{ uuid: UUID, port: further.port }] }
  const provider = await start(stage, 'edgerq-sp', providerXml({ pipes: [pipe] }))
  const daemons = [consumer.program, provider.program, ...further.daemons]
  return { port: consumer.ready.port(UUID), daemons }
}

/** For titles. */
export function wayOf(hops: number): string {
  return hops === 1 ? 'over one hop' : 'over two hops'
}

async function start(stage: Stage, daemon: 'edgerq-sc' | 'edgerq-sp', xml: string) {
  const program = stage.launch(daemon, xml, ['--log-level', 'debug'])
  const [line] = await program.line(/^edgerq-s[cp] ready .*$/)
  return { program, ready: new ReadyLine(line) }
}
