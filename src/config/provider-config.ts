// provider.xml: from its root element to what a provider is told.

import type { Protocol } from './consumer-config.ts'
import { Fields } from './fields.ts'
import { isLoopback } from './host.ts'
import type { Problems } from './problems.ts'
import { linkSettings, refuseRepeats } from './rules.ts'
import { PROTOCOLS } from './schema.ts'
import type { XmlElement } from './source.ts'
import { type Health, readHealth, readTarget, readTls, type Target, type TargetTls } from './target.ts'

export interface ProviderConfig {
  readonly pipes: readonly Pipe[]
  readonly surviveSeconds: number
  /** Bytes of UDP payload. */
  readonly maxDatagramBytes: number
  readonly congestion: 'cubic'
}

/** A link to one consumer. */
export interface Pipe {
  readonly name: string
  readonly hostname: string
  readonly port: number
  readonly carrier: 'udp'
  /** True: it may lead to another host without keys, knowingly. */
  readonly insecure: boolean
  readonly services: readonly ProviderService[]
}

export interface ProviderService {
  /** In lower case. */
  readonly uuid: string
  readonly name: string
  readonly protocol: Protocol
  readonly target: Target
  /** Null: the target is spoken to in plain. */
  readonly tls: TargetTls | null
  readonly health: Health
}

/** Means something only if `problems` is empty afterwards. */
export function readProviderRoot(element: XmlElement, problems: Problems): ProviderConfig {
  const root = new Fields(element, 'provider', problems)
  const pipes = root
    .groups('pipes')
    .map((group) => new Fields(group, 'pipes', problems))
    .flatMap((group) => group.groups('pipe'))
  return { ...linkSettings(root), pipes: pipes.map((pipe, index) => readPipe(pipe, index, root, problems)) }
}

function readPipe(element: XmlElement, index: number, root: Fields, problems: Problems): Pipe {
  const pipe = new Fields(element, 'pipe', problems)
  const services = pipe
    .groups('pipeServices')
    .map((group) => new Fields(group, 'pipeServices', problems))
    .flatMap((group) => group.groups('providerService'))
    .map((service) => new Fields(service, 'providerService', problems, root))
  refuseDistantConsumer(pipe, problems)
  refuseRepeats(services, 'uuid', problems, (uuid) => `both offer the UUID ${uuid} to the same consumer`)
  return {
    name: pipe.text('name') || `pipe${index + 1}`,
    hostname: pipe.text('hostname'),
    port: pipe.number('port'),
    carrier: pipe.word('carrier', ['udp']),
    insecure: pipe.isYes('insecure'),
    services: services.map((service) => serviceOf(service, problems)),
  }
}

/** Safe by default: a link that leaves this machine needs keys, and this version has none. */
function refuseDistantConsumer(pipe: Fields, problems: Problems): void {
  if (!pipe.isSound('hostname') || isLoopback(pipe.text('hostname')) || pipe.isYes('insecure')) return
  const reason = 'a pipe to another host needs keys, and keys come in a later version'
  const remedy = 'for now write a host such as 127.0.0.1, or <insecure>yes</insecure> under <pipe> to open it knowingly'
  problems.add(pipe.placeOf('hostname'), `${reason}; ${remedy}`)
}

function serviceOf(fields: Fields, problems: Problems): ProviderService {
  const uuid = fields.text('uuid')
  const target = readTarget(fields, problems)
  return {
    uuid,
    name: fields.text('name') || uuid,
    protocol: fields.word('protocol', PROTOCOLS),
    target,
    tls: readTls(fields, target, problems),
    health: readHealth(fields, problems),
  }
}
