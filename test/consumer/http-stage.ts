// A real `http` service on a real port with real sessions behind it; the providers at their far ends play what a test writes for them.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import type { ConsumerService } from '../../src/config/read.ts'
import { admitEverybody } from '../../src/consumer/admission.ts'
import { Directory } from '../../src/consumer/directory.ts'
import { HttpService } from '../../src/consumer/http-service.ts'
import { ProviderSession } from '../../src/consumer/provider-session.ts'
import { openLog } from '../../src/log.ts'
import type { EndpointSettings } from '../../src/protocol/index.ts'
import { Watchdog } from '../../src/runtime/watchdog.ts'
import { Joined, type JoinedSession } from '../runtime/joined.ts'
import { Seen } from '../runtime/sockets.ts'
import { Talker } from '../runtime/talker.ts'
import { until } from '../runtime/until.ts'
import { providerHost } from './provider-host.ts'
import { ScriptedRequest } from './scripted-provider.ts'

const UUID = '11111111-2222-3333-4444-555555555555'
/** In the request ids of the consumer that serves. */
export const HOP_NAME = '0102030405060708'

const SERVICE: ConsumerService = {
  uuid: UUID,
  name: 'shop',
  port: 0,
  inaddrAny: false,
  protocol: 'http',
  maxConnections: 50,
  requestBufferBytes: 4_096,
  requestTtlSeconds: 3,
  idleTimeoutSeconds: 0,
  holdSeconds: 300,
  balance: 'round_robin',
  trustedProxies: ['127.0.0.0/8'],
}

export interface Client {
  readonly socket: Socket
  readonly seen: Seen
}

/** One provider: the consumer's view of it, and the far end. */
export class StagedProvider {
  readonly session: JoinedSession
  readonly provider: ProviderSession
  readonly #joined: Joined
  readonly #requests = new Map<number, ScriptedRequest>()

  constructor(joined: Joined, session: JoinedSession, provider: ProviderSession) {
    this.#joined = joined
    this.session = session
    this.provider = provider
  }

  /** Streams that have arrived here. */
  get count(): number {
    return this.#joined.streamsTakenBy(this.session).length
  }

  /** The request number `index` here, once its head has come. */
  async request(index = 0): Promise<ScriptedRequest> {
    await until(() => this.count > index, `request ${index} arrives`)
    const request = this.#requests.get(index) ?? new ScriptedRequest(this.#joined.streamsTakenBy(this.session)[index]!)
    this.#requests.set(index, request)
    await until(() => request.head !== null, `the head of request ${index} arrives`)
    return request
  }

  /** The request once all of it has come. */
  async wholeRequest(index = 0): Promise<ScriptedRequest> {
    const request = await this.request(index)
    await until(() => request.isWhole, `request ${index} is whole`)
    return request
  }
}

export class HttpStage {
  readonly joined: Joined
  readonly service: HttpService
  readonly providers: StagedProvider[] = []
  /** The watchdog's clock. */
  nowMs = 0
  readonly watchdog = new Watchdog(() => this.nowMs)
  readonly #directory = new Directory<ProviderSession>()
  readonly #clients: Socket[] = []
  readonly #log = openLog({ level: 'error', isTerminal: false, stream: new PassThrough().resume() })
  #isDrained = false

  private constructor(service: Partial<ConsumerService>, settings: Partial<EndpointSettings>) {
    this.joined = new Joined(settings)
    this.service = new HttpService({
      service: { ...SERVICE, ...service },
      directory: this.#directory,
      watchdog: this.watchdog,
      log: this.#log,
      hopId: Buffer.from(HOP_NAME, 'hex'),
    })
  }

  static async open(
    service: Partial<ConsumerService> = {},
    settings: Partial<EndpointSettings> = {},
  ): Promise<HttpStage> {
    const stage = new HttpStage(service, settings)
    await stage.service.listen()
    return stage
  }

  async addProvider(): Promise<StagedProvider> {
    const session = await this.joined.join()
    new Talker(session.far.control)
    const permit = admitEverybody.permitOf(session.near, () => '')
    const provider = new ProviderSession(session.near, permit, providerHost(this.#directory, this.#log))
    this.#directory.add({ provider, uuid: UUID, name: 'shop', isHealthy: true })
    const staged = new StagedProvider(this.joined, session, provider)
    this.providers.push(staged)
    this.service.onProvidersChanged()
    return staged
  }

  /** As the consumer does when a session ends. */
  lose({ session, provider }: StagedProvider): void {
    session.near.close(0, '')
    provider.onLost('silence')
  }

  /** A client that has connected, and what it sees. */
  async client(text = ''): Promise<Client> {
    const [host = '', port = ''] = this.service.address.split(':')
    const socket = connect({ host, port: Number(port), allowHalfOpen: true })
    const seen = new Seen(socket)
    this.#clients.push(socket)
    await once(socket, 'connect')
    if (text !== '') socket.write(text, 'latin1')
    return { socket, seen }
  }

  /** Every stream is closed on both sides, and no byte is held anywhere. */
  async settled(): Promise<void> {
    for (const { session } of this.providers) await this.joined.settled(session)
  }

  /** Resolves when the service has nothing left of any client. */
  async drained(): Promise<void> {
    this.#isDrained = true
    let isDone = false
    void this.service.drain().then(() => {
      isDone = true
    })
    await until(() => isDone, 'the service has drained')
  }

  async close(): Promise<void> {
    for (const socket of this.#clients) socket.destroy()
    if (!this.#isDrained) await this.drained()
    await this.joined.close()
  }
}

/** The answer that a client saw, taken apart as far as tests ask. */
export function answerIn(seen: Seen): { status: number; head: string; body: string } {
  const text = seen.text
  const at = text.indexOf('\r\n\r\n')
  assert.ok(at >= 0, `no whole head in ${JSON.stringify(text)}`)
  return { status: Number(text.slice(9, 12)), head: text.slice(0, at), body: text.slice(at + 4) }
}

/** The code of an answer of our own; empty: it is none. */
export function codeIn(seen: Seen): string {
  return /^x-edgerq-error: (\S+)$/im.exec(seen.text)?.[1] ?? ''
}
