// Lays links over each way that there is: real programs, and beside UDP real certificates and the real stunnel.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Elements, PipeConfig } from '../../stresstest/rig/daemon-config.ts'
import type { Daemon } from '../../stresstest/rig/daemons.ts'
import { missingForStunnel, StunnelSite } from '../../stresstest/rig/stunnel.ts'
import { CertificateFolder } from './certificate-folder.ts'
import { OTHER_UUID, RAW_SERVICE, type Route, type Stage, UUID } from './harness.ts'

/** `tls`, `wss`: both sides show certificates; `stunnel`: its samples do, with TCP on both sides of them. */
const BESIDE_UDP = ['tcp', 'tls', 'ws', 'wss', 'stunnel'] as const
export type Way = 'udp' | (typeof BESIDE_UDP)[number]

const missing = missingForStunnel()
if (missing.length > 0) console.warn(`SKIPPED: no link through stunnel was tried, without ${missing.join(' and ')}`)
/** Those beside UDP for which this machine has what they need. */
export const WAYS = BESIDE_UDP.filter((way) => way !== 'stunnel' || missing.length === 0)

/** As certificates call the two sides; neither is in the DNS. */
export const CONSUMER_NAME = 'server.example.org'
export const PROVIDER_NAME = 'provider.example.org'

/** As the ready line of a consumer calls it. */
const KINDS: Readonly<Record<Way, string>> = {
  udp: 'udp',
  tcp: 'tcp',
  tls: 'tls',
  ws: 'websocket',
  wss: 'websocket',
  stunnel: 'tcp',
}

export interface CarriedRoute extends Route {
  /** Where clients of the `http` service connect; `port` is that of the `tcp` service. */
  readonly httpPort: number
  readonly pipe: PipeConfig
  /** The same programs, with the same names and ports, after they have ended. */
  readonly again: { consumer(): Promise<Daemon>; provider(): Promise<Daemon> }
}

/** What stands at the end of a route, for its `tcp` and for its `http` service. */
type Target = number | { readonly port: number; readonly httpPort: number }

/** Besides what the way needs. */
export interface Extras {
  readonly consumerRoot?: Elements
  readonly pipe?: Elements
}

export class CarriedSite {
  readonly certificates: CertificateFolder
  readonly #stage: Stage
  readonly #stunnels: StunnelSite
  readonly #consumerPair: Elements
  readonly #providerPair: Elements
  #laid = 0

  private constructor(stage: Stage, certificates: CertificateFolder, pairs: readonly [Elements, Elements]) {
    this.#stage = stage
    this.certificates = certificates
    this.#consumerPair = pairs[0]
    this.#providerPair = pairs[1]
    this.#stunnels = new StunnelSite(stage)
  }

  static async make(stage: Stage): Promise<CarriedSite> {
    const certificates = await CertificateFolder.create(join(stage.folder, 'ca'))
    const pairs = [await certificates.issue(CONSUMER_NAME), await certificates.issue(PROVIDER_NAME)] as const
    return new CarriedSite(stage, certificates, pairs)
  }

  /** What `<tls>` of a listener holds; `others` take the place of what is right. */
  listenerTls(others: Elements = {}): Elements {
    return { ...this.#consumerPair, ca: this.certificates.ca, ...others }
  }

  pipeTls(others: Elements = {}): Elements {
    return { ca: this.certificates.ca, name: CONSUMER_NAME, ...this.#providerPair, ...others }
  }

  listener(way: Way): Elements {
    if (way === 'udp') return {}
    const carrier = way === 'ws' || way === 'wss' ? 'websocket' : 'tcp'
    return way === 'tls' || way === 'wss' ? { carrier, tls: this.listenerTls() } : { carrier }
  }

  /** `port`: of the listener, or of what stands before it. */
  ladder(way: Way, port: number): Elements {
    if (way === 'udp') return {}
    if (way === 'ws') return { carrier: { '@url': `ws://127.0.0.1:${port}/edgerq`, '#': 'websocket' } }
    const url = `wss://127.0.0.1:${port}/edgerq`
    if (way === 'wss') return { carrier: { '@url': url, '#': 'websocket' }, tls: this.pipeTls() }
    return way === 'tls' ? { carrier: 'tcp', tls: this.pipeTls() } : { carrier: 'tcp' }
  }

  /** client → consumer → provider → target, as a `tcp` and as an `http` service. */
  async oneHop(way: Way, target: Target, extras: Extras = {}): Promise<CarriedRoute> {
    const names = { consumer: `consumer-${way}-${++this.#laid}`, provider: `provider-${way}-${this.#laid}` }
    const plan = { root: { ...extras.consumerRoot }, listener: this.listener(way) }
    const consumer = await this.#consumer(plan, {}, names.consumer)
    const ports = {
      listener: consumer.ready.port(KINDS[way]),
      tcp: consumer.ready.port(UUID),
      http: consumer.ready.port(OTHER_UUID),
    }
    const port = way === 'stunnel' ? await this.#throughStunnel(ports.listener) : ports.listener
    const targets = typeof target === 'number' ? { port: target, httpPort: target } : target
    const services = [
      { uuid: UUID, protocol: 'tcp', port: targets.port },
      { uuid: OTHER_UUID, port: targets.httpPort },
    ]
    const pipe = { port, elements: { ...this.ladder(way, port), ...extras.pipe }, services }
    const startProvider = () => this.#stage.provider({ pipes: [pipe] }, names.provider)
    const again = { consumer: () => this.#consumer(plan, ports, names.consumer), provider: startProvider }
    return { consumer, provider: await startProvider(), pipe, port: ports.tcp, httpPort: ports.http, again }
  }

  /** client → SC1 → SP1 → SC2 → SP2 → target; each service leads to the one of its kind. */
  async twoHops(way: Way, target: Target): Promise<CarriedRoute> {
    return this.oneHop(way, await this.oneHop(way, target))
  }

  /** `ports`: those that must be what they were. */
  #consumer(plan: { readonly root: Elements; readonly listener: Elements }, ports: Ports, name: string) {
    const { root, listener } = plan
    return this.#stage.consumer(
      {
        root,
        listeners: [{ ...listener, port: ports.listener ?? 0 }],
        services: [
          { ...RAW_SERVICE, port: ports.tcp ?? 0 },
          { uuid: OTHER_UUID, max_connections: 1_000, port: ports.http ?? 0 },
        ],
      },
      name,
    )
  }

  /** Where a provider finds the first of two stunnels that lead to `port`. */
  async #throughStunnel(port: number): Promise<number> {
    if (!existsSync(this.#stunnels.path('ca.pem'))) this.#stunnels.makeFiles()
    const behind = await this.#stunnels.start('consumer-mutual', { connect: port })
    return (await this.#stunnels.start('provider-mutual', { connect: behind.port })).port
  }
}

interface Ports {
  readonly listener?: number
  readonly tcp?: number
  readonly http?: number
}
