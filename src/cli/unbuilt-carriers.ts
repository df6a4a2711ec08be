// Carriers that can be configured and are not built yet: they are refused, so that nothing is silently left undone.

import type { ConsumerConfig, Listener, Outcome, Pipe, ProviderConfig } from '../config/read.ts'

/** `read`, unless it asks for more than one way over UDP to each consumer. */
export function refuseUnbuiltCarriers<Config extends ConsumerConfig | ProviderConfig>(
  read: Outcome<Config>,
  fileName: string,
): Outcome<Config> {
  if (!read.ok) return read
  const config: ConsumerConfig | ProviderConfig = read.value
  const complaints = 'pipes' in config ? config.pipes.flatMap(pipeComplaints) : listenerComplaints(config.listeners)
  if (complaints.length === 0) return read
  return { ok: false, problems: complaints.map((complaint) => `${fileName}:${complaint}`) }
}

function listenerComplaints(listeners: readonly Listener[]): readonly string[] {
  return listeners.flatMap(({ carrier }, index) =>
    carrier === 'udp'
      ? []
      : [` listener ${index + 1}: "${carrier}" for <carrier> is not in this version; it must be udp`],
  )
}

function pipeComplaints({ rungs, hostname, port }: Pipe): readonly string[] {
  return rungs.flatMap((rung, index) => {
    if (index === 0 && rung.carrier === 'udp' && rung.hostname === hostname && rung.port === port) return []
    const what = `${rung.carrier} to ${rung.hostname}, port ${rung.port}, is not in this version`
    const { line, column } = rung.place
    return [`${line}:${column}: ${what}; it must be udp to <hostname> and <port> of the pipe, and nothing else`]
  })
}
