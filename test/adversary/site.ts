// A consumer with keys inside the process, with all that belongs to it but sockets of the link: its file of providers, its log, its service
// ports. And the programs at the other ends, good or bad.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { readConsumer, readProvider } from '../../src/config/read.ts'
import { Consumer } from '../../src/consumer/consumer.ts'
import { type KeyedAdmission, openKeyedAdmission } from '../../src/consumer/keyed-admission.ts'
import { keyText } from '../../src/keys/key-text.ts'
import { type Log, openLog } from '../../src/log.ts'
import { Cubic } from '../../src/protocol/congestion/cubic.ts'
import {
  type Crypto,
  DEFAULT_SETTINGS,
  Endpoint,
  type EndpointSettings,
  type KeyPair,
  type SessionEvent,
  type SessionHandle,
} from '../../src/protocol/index.ts'
import { Provider } from '../../src/provider/provider.ts'
import { Driver } from '../../src/runtime/driver.ts'
import { noiseDialler, noiseListener } from '../../src/runtime/noise-crypto.ts'
import { newX25519KeyPair } from '../../src/runtime/noise-primitives.ts'
import { monotonicClock, systemRandom } from '../../src/runtime/system.ts'
import { MemoryCarrier } from '../runtime/memory-carrier.ts'
import { until } from '../runtime/until.ts'

export const UUID = '11111111-2222-3333-4444-555555555555'
export const OTHER_UUID = '11111111-2222-3333-4444-666666666666'
const HOST = '127.0.0.1'
const RESET_KEY = new Uint8Array(32).fill(7)
/** Windows of the consumer do not grow, as they would by long round trips, such as those of a machine that has much else to do. */
const NARROW = { ceilingStreamWindow: DEFAULT_SETTINGS.initialStreamWindow }

/** What a log has said, one object for each line. */
export class Spoken {
  readonly log: Log
  text = ''
  constructor() {
    const stream = new PassThrough()
    stream.on('data', (chunk: Buffer) => {
      this.text += chunk
    })
    this.log = openLog({ level: 'info', isTerminal: false, stream })
  }

  get lines(): readonly Readonly<Record<string, unknown>>[] {
    return this.text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]))
  }

  of(event: string): readonly Readonly<Record<string, unknown>>[] {
    return this.lines.filter((line) => line.event === event)
  }
}

export class Site {
  readonly consumerKey = newX25519KeyPair()
  readonly carrier = new MemoryCarrier()
  readonly spoken = new Spoken()
  readonly consumer: Consumer
  readonly driver: Driver
  /** What the consumer was told of its sessions. */
  readonly events: SessionEvent[] = []
  readonly #folder = mkdtempSync(join(tmpdir(), 'edgerq-adversary-'))
  readonly #admission: KeyedAdmission
  readonly #others: { close(): Promise<unknown> }[] = []

  private constructor(lines: readonly string[]) {
    const path = join(this.#folder, 'providers')
    writeFileSync(path, lines.join('\n'), { mode: 0o600 })
    const { log } = this.spoken
    const parts = { consumerKey: this.consumerKey.publicKey, authorizedPath: path, stateDirectory: this.#folder, log }
    const admission = openKeyedAdmission(parts)
    if (!admission.ok) throw new Error(admission.problems.join())
    this.#admission = admission.value
    const crypto = noiseListener({
      identity: this.consumerKey,
      authorise: this.#admission.authorise,
      resetKey: RESET_KEY,
    })
    this.driver = newDriver(crypto, this.carrier, { acceptsSessions: true, settings: NARROW })
    this.consumer = new Consumer({
      config: consumerConfig(),
      drivers: [this.driver],
      admission: this.#admission,
      log,
      software: 'test',
      hopId: new Uint8Array(8),
      onSessionOpened() {},
      onSessionClosed() {},
    })
    const { onEvent } = this.driver
    this.driver.onEvent = (event) => {
      this.events.push(event)
      onEvent(event)
    }
  }

  /** Each key may serve what stands beside it. */
  static async open(...listed: readonly (readonly [KeyPair, string])[]): Promise<Site> {
    const site = new Site(listed.map(([key, uuid]) => `services="${uuid}" ${keyText('public', key.publicKey)}`))
    await site.consumer.start()
    return site
  }

  portOf(uuid: string): number {
    const service = this.consumer.services.find((candidate) => candidate.service.uuid === uuid)!
    return Number(service.address.split(':').at(-1))
  }

  /** A program that dials, is let in, and then does what the test wants; the consumer's handle of it is `near`. */
  async intruder(
    key: KeyPair,
    settings: Partial<EndpointSettings> = {},
  ): Promise<{ far: SessionHandle; near: SessionHandle; closed: () => SessionEvent | undefined }> {
    const crypto = noiseDialler({ identity: key, consumerKey: this.consumerKey.publicKey, resetKey: RESET_KEY })
    const driver = newDriver(crypto, new MemoryCarrier(new Map([[HOST, this.carrier]])), { settings })
    const events: SessionEvent[] = []
    driver.onEvent = (event) => events.push(event)
    this.#others.push({ close: () => driver.close(0, '') })
    const known = this.#sessions.length
    const far = driver.dial(driver.carrier.pathTo(HOST, 1))
    await until(() => this.#sessions.length > known && events.length > 0, 'it is let in')
    return { far, near: this.#sessions.at(-1)!, closed: () => events.find(({ kind }) => kind === 'closed') }
  }

  /** The real program, whose services lead to `targetPort`. */
  async provider(key: KeyPair, uuid: string, targetPort: number): Promise<void> {
    const { provider, registered } = newProvider(this.carrier, key, {
      consumerKey: this.consumerKey.publicKey,
      services: [[uuid, targetPort]],
      log: new Spoken().log,
    })
    this.#others.push({ close: () => provider.stop(0) })
    provider.start()
    await registered
  }

  async close(): Promise<void> {
    for (const other of this.#others) await other.close()
    await this.consumer.stop(0)
    this.#admission.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  get #sessions(): readonly SessionHandle[] {
    return this.events.filter(({ kind }) => kind === 'opened').map(({ session }) => session)
  }
}

export interface ProviderWish {
  readonly consumerKey: Uint8Array
  /** UUID and port of the target. */
  readonly services: readonly (readonly [string, number])[]
  readonly log: Log
}

/** `registered` resolves when the consumer has taken a service. */
export function newProvider(
  consumer: MemoryCarrier,
  key: KeyPair,
  { consumerKey, services, log }: ProviderWish,
): { readonly provider: Provider; readonly registered: Promise<void> } {
  let onReady = () => {}
  const registered = new Promise<void>((resolve) => {
    onReady = resolve
  })
  const crypto = noiseDialler({ identity: key, consumerKey, resetKey: RESET_KEY })
  const [config] = providerConfig(services).pipes
  const driver = newDriver(crypto, new MemoryCarrier(new Map([[HOST, consumer]])), {})
  const provider = new Provider({
    pipes: [
      {
        config: config!,
        rungs: [{ driver, hostname: HOST, port: 1, loopbackOnly: true }],
        cryptos: [crypto],
        key: undefined,
      },
    ],
    log,
    software: 'test',
    certificates: new Map(),
    fraction: () => 0,
    onReady,
  })
  return { provider, registered }
}

export function newDriver(
  crypto: Crypto,
  carrier: MemoryCarrier,
  wish: { readonly acceptsSessions?: boolean; readonly settings?: Partial<EndpointSettings> },
): Driver {
  const instanceId = new Uint8Array(16)
  systemRandom.fill(instanceId)
  const endpoint = new Endpoint(
    {
      random: systemRandom,
      crypto,
      settings: { ...DEFAULT_SETTINGS, ...wish.settings },
      acceptsSessions: wish.acceptsSessions ?? false,
      instanceId,
      bootId: new Uint8Array(8).fill(1),
      newController: (maxDatagramBytes) => new Cubic(maxDatagramBytes),
    },
    monotonicClock(),
  )
  return new Driver(endpoint, carrier, monotonicClock)
}

function consumerConfig() {
  const services = [UUID, OTHER_UUID].map(
    (uuid) => `<service><uuid>${uuid}</uuid><port>0</port><protocol>tcp</protocol></service>`,
  )
  const outcome = readConsumer(
    `<service_consumer><listener><port>0</port></listener><services>${services.join('')}</services></service_consumer>`,
    'consumer.xml',
  )
  if (!outcome.ok) throw new Error(outcome.problems.join())
  return outcome.value
}

function providerConfig(services: ProviderWish['services']) {
  const elements = services.map(
    ([uuid, port]) =>
      `<service><uuid>${uuid}</uuid><hostname>${HOST}</hostname><port>${port}</port><protocol>tcp</protocol><health>off</health></service>`,
  )
  const outcome = readProvider(
    `<service_provider><pipes><pipe><hostname>${HOST}</hostname><port>1</port><services>${elements.join('')}</services></pipe></pipes></service_provider>`,
    'provider.xml',
  )
  if (!outcome.ok) throw new Error(outcome.problems.join())
  return outcome.value
}
