// provider.xml: from its root element to what a provider is told.

import type { Protocol } from './consumer-config.ts'
import { Fields } from './fields.ts'
import { keysIn } from './keys.ts'
import type { Problems } from './problems.ts'
import { type Congestion, givenBy, linkSettings, refuseRepeats } from './rules.ts'
import { type Rung, readRungs, refuseBlindTrust } from './rungs.ts'
import { PROTOCOLS } from './schema.ts'
import type { XmlElement } from './source.ts'
import { type Health, readHealth, readTarget, readTls, type Target, type TargetTls } from './target.ts'
import { type PipeTls, readPipeTls } from './tls.ts'

export interface ProviderConfig {
  readonly pipes: readonly Pipe[]
  readonly surviveSeconds: number
  /** Bytes of UDP payload. */
  readonly maxDatagramBytes: number
  /** The same of the largest that a path is searched for. */
  readonly ceilingDatagramBytes: number
  readonly congestion: Congestion
  /** The kernel's batching of datagrams may be used. */
  readonly udpOffload: boolean
}

/** A link to one consumer. */
export interface Pipe {
  readonly name: string
  readonly hostname: string
  readonly port: number
  /** The ways to it, the best first; at least one. */
  readonly rungs: readonly Rung[]
  /** How often a better rung is tried while a worse one has the link. */
  readonly probeSeconds: number
  /** How long a rung may stay without an answer before the next is tried beside it. */
  readonly fallbackAfterSeconds: number
  /** Null: rungs with TLS go by what Node.js trusts. */
  readonly tls: PipeTls | null
  /** True: it may lead to another host without keys, knowingly. */
  readonly insecure: boolean
  /** Null: whoever answers is believed. */
  readonly keys: PipeKeyNames | null
  readonly services: readonly ProviderService[]
}

/** Paths as the file writes them: relative ones start at its folder. */
export interface PipeKeyNames {
  readonly identityPath: string
  /** One or two, `eqpk1:…`. */
  readonly consumerKeys: readonly string[]
  /** Null: no pre-shared key. */
  readonly pskPath: string | null
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
  const pipe = new Fields(element, 'pipe', problems, root)
  const services = pipe
    .groups('pipeServices')
    .map((group) => new Fields(group, 'pipeServices', problems))
    .flatMap((group) => group.groups('providerService'))
    .map((service) => new Fields(service, 'providerService', problems, root))
  const rungs = readRungs(pipe, problems)
  refuseBlindTrust(pipe, rungs, problems)
  refuseRepeats(
    givenBy(services, 'uuid'),
    problems,
    (uuid) => `both offer the UUID ${uuid} to the same consumer; each needs its own`,
  )
  return {
    name: pipe.text('name') || `pipe${index + 1}`,
    hostname: pipe.text('hostname'),
    port: pipe.number('port'),
    rungs,
    probeSeconds: pipe.number('probe'),
    fallbackAfterSeconds: pipe.number('fallback_after'),
    tls: readPipeTls(pipe, problems),
    insecure: pipe.isYes('insecure'),
    keys: keysOf(pipe, rungs, problems),
    services: services.map((service) => serviceOf(service, problems)),
  }
}

/**
 * Our key is shown to nobody but the holder of a key that we know. An identity at the root counts for pipes that do without on purpose, too,
 * unless certificates say on every way who is there.
 */
function keysOf(pipe: Fields, rungs: readonly Rung[], problems: Problems): PipeKeyNames | null {
  const hasKeys = pipe.isWritten('consumer_key') || pipe.isWritten('identity') || pipe.isWritten('psk_file')
  if (pipe.isYes('insecure')) {
    if (hasKeys) problems.add(pipe.placeOf('insecure'), INSECURE_BESIDE_KEYS)
    return null
  }
  if (!hasKeys && (pipe.text('identity') === '' || rungs.every(({ isTls }) => isTls))) return null
  if (pipe.text('identity') === '' && pipe.isSound('identity')) pipe.refuseAbsence('identity')
  pipe.refuseAbsence('consumer_key')
  return {
    identityPath: pipe.text('identity'),
    consumerKeys: keysIn(pipe.text('consumer_key')),
    pskPath: pipe.text('psk_file') || null,
  }
}

const INSECURE_BESIDE_KEYS =
  '<insecure>yes</insecure> opens nothing beside keys, with which nobody is believed who has another; leave it out'

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
