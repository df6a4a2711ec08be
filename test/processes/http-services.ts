// Several `http` services behind one consumer and one provider, each with settings and a target of its own: daemons are started once for
// many tests.

import type { Elements } from '../../stresstest/rig/daemon-config.ts'
import type { Daemon } from '../../stresstest/rig/daemons.ts'
import type { Stage } from './harness.ts'

export interface ServicePlan {
  /** Added to the consumer's `<service>`. */
  readonly service?: Elements
  /** Added to the provider's: a `port`, or whatever else says where the target is. Without it nobody provides the service. */
  readonly target?: Elements
}

export interface Services<Name extends string> {
  readonly consumer: Daemon
  readonly provider: Daemon
  /** Where the clients of each service connect. */
  readonly ports: Readonly<Record<Name, number>>
}

/** Starts both daemons. Targets are not probed: what connects to them is a request. */
export async function startServices<Name extends string>(
  stage: Stage,
  plans: Readonly<Record<Name, ServicePlan>>,
): Promise<Services<Name>> {
  const names = Object.keys(plans) as Name[]
  const consumer = await stage.consumer({
    services: names.map((name, at) => ({ uuid: uuidOf(at), name, ...plans[name].service })),
  })
  const services = names.flatMap((name, at) => {
    const { target } = plans[name]
    return target === undefined ? [] : [{ uuid: uuidOf(at), name, health: 'off', ...target }]
  })
  const provider = await stage.provider({ pipes: [{ port: consumer.ready.port('udp'), services }] })
  const ports = names.map((name, at) => [name, consumer.ready.port(uuidOf(at))])
  return { consumer, provider, ports: Object.fromEntries(ports) as Record<Name, number> }
}

function uuidOf(index: number): string {
  return `11111111-2222-3333-4444-${String(index).padStart(12, '0')}`
}
