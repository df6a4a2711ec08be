// Writes consumer and provider files for tests and measurements, with loopback everywhere. What a file does not say has the default of
// the daemons: a service is `http` unless it says `protocol: 'tcp'`.

/** Elements by name, in the order in which they are to stand; a list repeats its element. `@name` is an attribute, `#` the text beside it. */
export interface Elements {
  readonly [name: string]: string | number | Elements | readonly Elements[] | undefined
}

export interface ConsumerConfig {
  /** Default 0: any free port. */
  readonly listenerPort?: number
  /** In place of one over UDP with `listenerPort`: each has any free port unless it says another. */
  readonly listeners?: readonly Elements[]
  /** Elements at the root: `survive`, `max_datagram`, `hold` … */
  readonly root?: Elements
  /**
   * Each with a `uuid` at least; without a `port` it is given any free one. Further `protocol`, `max_connections`, `request_buffer`,
   * `request_ttl`, `hold`, `idle_timeout`, `balance`, `trusted_proxies`, which may stand at the root for all services as well.
   */
  readonly services: readonly Elements[]
}

export interface ProviderConfig {
  readonly root?: Elements
  readonly pipes: readonly PipeConfig[]
}

export interface PipeConfig {
  readonly name?: string
  /** The consumer's listener. */
  readonly port: number
  /** Further elements of the pipe: `identity`, `consumer_key`, `psk_file`, `insecure`, `carrier`, `tls` … */
  readonly elements?: Elements
  /**
   * Each with a `uuid` and a target: its `port`, which is on 127.0.0.1 if there is no `hostname`, or its Unix `socket`. Further
   * `protocol`, `health`, and `tls` for a target of HTTPS, which may be empty or hold `ca` (a file) and `name`.
   */
  readonly services: readonly Elements[]
}

export function consumerXml(config: ConsumerConfig): string {
  const services = config.services.map((service, index) => ({
    name: `service${index + 1}`,
    inaddr_any: 'no',
    port: 0,
    ...service,
  }))
  const listeners = config.listeners ?? [{ port: config.listenerPort ?? 0 }]
  const listener = listeners.map((each) => ({ inaddr_any: 'no', port: 0, ...each }))
  return document('service_consumer', { ...config.root, listener, services: { service: services } })
}

export function providerXml(config: ProviderConfig): string {
  const pipes = config.pipes.map((pipe, index) => ({
    name: pipe.name ?? `pipe${index + 1}`,
    hostname: '127.0.0.1',
    port: pipe.port,
    ...pipe.elements,
    services: { service: pipe.services.map(target) },
  }))
  return document('service_provider', { ...config.root, pipes: { pipe: pipes } })
}

function target(service: Elements, index: number): Elements {
  const host = service.socket === undefined ? { hostname: '127.0.0.1' } : {}
  return { name: `service${index + 1}`, ...host, ...service }
}

function document(root: string, content: Elements): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element(root, content, '')}`
}

function element(name: string, content: string | number | Elements, indent: string): string {
  if (typeof content !== 'object') return `${indent}<${name}>${escaped(content)}</${name}>\n`
  const { '#': text, ...rest } = content
  const [attributes, children] = split(rest)
  const begin = [name, ...attributes.map(([key, value]) => `${key.slice(1)}="${escaped(String(value))}"`)].join(' ')
  if (text !== undefined) return `${indent}<${begin}>${escaped(String(text))}</${name}>\n`
  const inside = children.flatMap(([child, value]) => {
    if (value === undefined) return []
    const values = Array.isArray(value) ? (value as readonly Elements[]) : [value as string | number | Elements]
    return values.map((one) => element(child, one, `${indent}  `))
  })
  return `${indent}<${begin}>\n${inside.join('')}${indent}</${name}>\n`
}

/** Attributes, and what stands inside. */
function split(content: Elements) {
  const entries = Object.entries(content)
  return [entries.filter(([name]) => name.startsWith('@')), entries.filter(([name]) => !name.startsWith('@'))] as const
}

/** A path may have any character in it. */
function escaped(content: string | number): string {
  return String(content).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
