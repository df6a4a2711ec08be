// consumer.xml: from its root element to what a consumer is told.

import { Fields } from './fields.ts'
import { type Listener, readListener, refuseStrangers } from './listener.ts'
import { networksIn } from './networks.ts'
import type { Problems } from './problems.ts'
import { type Congestion, givenBy, linkSettings, refuseRepeats } from './rules.ts'
import { BALANCES, PROTOCOLS } from './schema.ts'
import type { XmlElement } from './source.ts'

export interface ConsumerConfig {
  readonly listeners: readonly Listener[]
  readonly services: readonly ConsumerService[]
  readonly surviveSeconds: number
  /** Bytes of UDP payload. */
  readonly maxDatagramBytes: number
  /** The same of the largest that a path is searched for. */
  readonly ceilingDatagramBytes: number
  readonly congestion: Congestion
  /** The kernel's batching of datagrams may be used. */
  readonly udpOffload: boolean
  /** True: listeners that others can reach were opened knowingly, without keys. */
  readonly insecure: boolean
  /** Null: whoever calls is let in. */
  readonly keys: ConsumerKeyPaths | null
}

/** As the file writes them: relative ones start at its folder. */
export interface ConsumerKeyPaths {
  readonly identityPath: string
  readonly authorizedPath: string
}

export interface ConsumerService {
  /** In lower case. */
  readonly uuid: string
  readonly name: string
  /** 0: any free port. */
  readonly port: number
  readonly inaddrAny: boolean
  readonly protocol: Protocol
  readonly maxConnections: number
  readonly requestBufferBytes: number
  readonly requestTtlSeconds: number
  /** 0: none. */
  readonly idleTimeoutSeconds: number
  readonly holdSeconds: number
  readonly balance: Balance
  /** As CIDRs; bits behind the prefix may be set. */
  readonly trustedProxies: readonly string[]
}

export type Protocol = (typeof PROTOCOLS)[number]
export type Balance = (typeof BALANCES)[number]

/** Means something only if `problems` is empty afterwards. */
export function readConsumerRoot(element: XmlElement, problems: Problems): ConsumerConfig {
  const root = new Fields(element, 'consumer', problems)
  const listeners = root.groups('listener').map((listener) => new Fields(listener, 'listener', problems))
  const services = root
    .groups('consumerServices')
    .map((group) => new Fields(group, 'consumerServices', problems))
    .flatMap((group) => group.groups('consumerService'))
    .map((service) => new Fields(service, 'consumerService', problems, root))
  if (!root.isYes('insecure') && !hasKeys(root)) for (const listener of listeners) refuseStrangers(listener, problems)
  refuseSharedPorts(listeners, services, problems)
  refuseRepeats(givenBy(services, 'uuid'), problems, (uuid) => `both have the UUID ${uuid}; each needs its own`)
  return {
    ...linkSettings(root),
    insecure: root.isYes('insecure'),
    keys: keysOf(root, problems),
    listeners: listeners.map((listener) => readListener(listener, problems)),
    services: services.map(serviceOf),
  }
}

/** A key of our own is of use only with a list of those who are let in, and the other way round. */
function keysOf(root: Fields, problems: Problems): ConsumerKeyPaths | null {
  if (!hasKeys(root)) return null
  root.refuseAbsence('identity')
  root.refuseAbsence('authorized_providers')
  if (root.isYes('insecure')) problems.add(root.placeOf('insecure'), INSECURE_BESIDE_KEYS)
  return { identityPath: root.text('identity'), authorizedPath: root.text('authorized_providers') }
}

function hasKeys(root: Fields): boolean {
  return root.isWritten('identity') || root.isWritten('authorized_providers')
}

const INSECURE_BESIDE_KEYS =
  '<insecure>yes</insecure> opens nothing beside keys, with which nobody is let in who has none; leave it out'

/** UDP and TCP have ports of their own; a WebSocket is reached by TCP, and so is a service. */
function refuseSharedPorts(listeners: readonly Fields[], services: readonly Fields[], problems: Problems): void {
  const carried = listeners.filter((listener) => listener.isSound('carrier'))
  const udp = carried.filter((listener) => listener.text('carrier') === 'udp')
  const tcp = [...carried.filter((listener) => !udp.includes(listener)), ...services]
  refuseRepeats(givenBy(udp, 'port'), problems, (port) => `both take UDP port ${port}; each needs its own`)
  refuseRepeats(givenBy(tcp, 'port'), problems, (port) => `both take TCP port ${port}; each needs its own`)
}

function serviceOf(fields: Fields): ConsumerService {
  const uuid = fields.text('uuid')
  return {
    uuid,
    name: fields.text('name') || uuid,
    port: fields.number('port'),
    inaddrAny: fields.isYes('inaddr_any'),
    protocol: fields.word('protocol', PROTOCOLS),
    maxConnections: fields.number('max_connections'),
    requestBufferBytes: fields.number('request_buffer'),
    requestTtlSeconds: fields.number('request_ttl'),
    idleTimeoutSeconds: fields.number('idle_timeout'),
    holdSeconds: fields.number('hold'),
    balance: fields.word('balance', BALANCES),
    trustedProxies: networksIn(fields.text('trusted_proxies')),
  }
}
