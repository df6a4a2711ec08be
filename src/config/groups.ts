// The elements that hold elements: the skeleton of consumer.xml and provider.xml. What they hold is in schema.ts.

export type FileKind = 'consumer' | 'provider'

export type GroupName =
  | 'consumer'
  | 'listener'
  | 'listenerTls'
  | 'consumerServices'
  | 'consumerService'
  | 'provider'
  | 'pipes'
  | 'pipe'
  | 'pipeTls'
  | 'pipeServices'
  | 'providerService'
  | 'tls'

/** An element that holds elements. */
export interface GroupRule {
  readonly name: string
  readonly file: FileKind
  /** Null: it is the root. */
  readonly under: GroupName | null
  readonly occurs: 'once' | 'at most once' | 'at least once'
  readonly meaning: string
}

export const GROUPS: Readonly<Record<GroupName, GroupRule>> = {
  consumer: {
    name: 'service_consumer',
    file: 'consumer',
    under: null,
    occurs: 'once',
    meaning: 'The root of consumer.xml.',
  },
  listener: {
    name: 'listener',
    file: 'consumer',
    under: 'consumer',
    occurs: 'at least once',
    meaning: 'An address on which providers are awaited.',
  },
  listenerTls: {
    name: 'tls',
    file: 'consumer',
    under: 'listener',
    occurs: 'at most once',
    meaning: 'Links of a tcp or websocket listener run inside TLS, and providers may have to show certificates.',
  },
  consumerServices: {
    name: 'services',
    file: 'consumer',
    under: 'consumer',
    occurs: 'once',
    meaning: 'The services that clients can reach here.',
  },
  consumerService: {
    name: 'service',
    file: 'consumer',
    under: 'consumerServices',
    occurs: 'at least once',
    meaning: 'One service: a UUID and the TCP port that stands for it here.',
  },
  provider: {
    name: 'service_provider',
    file: 'provider',
    under: null,
    occurs: 'once',
    meaning: 'The root of provider.xml.',
  },
  pipes: { name: 'pipes', file: 'provider', under: 'provider', occurs: 'once', meaning: 'The links to consumers.' },
  pipe: {
    name: 'pipe',
    file: 'provider',
    under: 'pipes',
    occurs: 'at least once',
    meaning: 'One link: the consumer that is dialled, and what it is offered.',
  },
  pipeTls: {
    name: 'tls',
    file: 'provider',
    under: 'pipe',
    occurs: 'at most once',
    meaning:
      'The tcp carriers of the pipe run inside TLS; for them and for wss:// it says whose certificates are believed, and what is shown.',
  },
  pipeServices: {
    name: 'services',
    file: 'provider',
    under: 'pipe',
    occurs: 'once',
    meaning: 'The services that this consumer is offered.',
  },
  providerService: {
    name: 'service',
    file: 'provider',
    under: 'pipeServices',
    occurs: 'at least once',
    meaning: 'One service: a UUID and the target that answers for it.',
  },
  tls: {
    name: 'tls',
    file: 'provider',
    under: 'providerService',
    occurs: 'at most once',
    meaning: 'The target of an http service is spoken to in HTTPS, and only if its certificate is in order.',
  },
}

export const GROUP_NAMES = Object.keys(GROUPS) as readonly GroupName[]

/** The groups that may stand in `group`. */
export function groupsIn(group: GroupName): readonly GroupName[] {
  return GROUP_NAMES.filter((name) => GROUPS[name].under === group)
}
