// A pipe with several carriers and a consumer with several listeners, both whole, joined by lines that can be cut.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { ConsumerService, ProviderService } from '../../src/config/read.ts'
import { admitEverybody } from '../../src/consumer/admission.ts'
import { Consumer } from '../../src/consumer/consumer.ts'
import { SECOND, type SessionHandle } from '../../src/protocol/index.ts'
import { Pipe } from '../../src/provider/pipe.ts'
import { Driver } from '../../src/runtime/driver.ts'
import { monotonicClock } from '../../src/runtime/system.ts'
import { Watchdog } from '../../src/runtime/watchdog.ts'
import { Spoken, UUID } from '../adversary/site.ts'
import { newEndpoint, statsOf } from '../protocol/endpoints.ts'
import { useLivedTime } from '../runtime/lived-time.ts'
import { MemoryCarrier } from '../runtime/memory-carrier.ts'
import { atRest, until } from '../runtime/until.ts'

const HOST = '127.0.0.1'
const CONSUMER_SERVICE: ConsumerService = {
  uuid: UUID,
  name: 'echo',
  inaddrAny: false,
  port: 0,
  protocol: 'tcp',
  maxConnections: 50,
  requestBufferBytes: 4_096,
  requestTtlSeconds: 3,
  idleTimeoutSeconds: 0,
  holdSeconds: 5,
  trustedProxies: [],
  balance: 'least',
}

/** Two listeners, unless the two rungs of the providers shall lead to one. */
class Place {
  readonly spoken = new Spoken()
  readonly told = new Spoken()
  readonly listeners: readonly MemoryCarrier[]
  readonly consumer: Consumer
  readonly opened: SessionHandle[] = []
  readonly target: Server = createServer((socket) => {
    this.atTarget.push(socket)
    socket.on('data', (bytes) => this.echo && socket.write(bytes)).on('error', () => {})
  })
  readonly atTarget: Socket[] = []
  /** False: the target only takes. */
  echo = true
  /** The providers' sessions, in the order in which they opened. */
  readonly dialled: SessionHandle[] = []
  readonly pipes: Pipe[] = []
  readonly #clients: Socket[] = []

  constructor(listeners: number) {
    this.listeners = Array.from({ length: listeners }, () => new MemoryCarrier())
    const drivers = this.listeners.map((carrier, index) => {
      return newDriver(carrier, { seed: 100 + index, acceptsSessions: true })
    })
    this.consumer = new Consumer({
      config: { services: [CONSUMER_SERVICE] } as never,
      drivers,
      admission: admitEverybody,
      log: this.told.log,
      software: 'test',
      hopId: new Uint8Array(8),
      onSessionOpened: (_driver, session) => this.opened.push(session),
      onSessionClosed() {},
    })
  }

  async open(): Promise<void> {
    await once(this.target.listen(0, HOST), 'listening')
    await this.consumer.start()
  }

  /** A provider with two carriers, the second to the last listener; the first is `isCut` at first if so wished. */
  provider(wish: { readonly boot?: number; readonly isCut?: boolean } = {}): readonly MemoryCarrier[] {
    const carriers = [this.listeners[0]!, this.listeners.at(-1)!].map((listener) => {
      return new MemoryCarrier(new Map([[HOST, listener]]))
    })
    carriers[0]!.isCut = wish.isCut ?? false
    const service: ProviderService = {
      uuid: UUID,
      name: 'echo',
      protocol: 'tcp',
      target: { kind: 'tcp', hostname: HOST, port: (this.target.address() as AddressInfo).port },
      tls: null,
      health: { kind: 'off' } as ProviderService['health'],
    }
    const drivers = carriers.map((carrier, index) => {
      const seed = 10 * (this.pipes.length + 1) + index
      return newDriver(carrier, { seed, instance: 5, boot: wish.boot ?? 1, settings: { askAfterQuiet: 1.5 * SECOND } })
    })
    const pipe = new Pipe({
      config: {
        name: 'pipe1',
        hostname: HOST,
        port: 1,
        rungs: [],
        probeSeconds: 0.3,
        fallbackAfterSeconds: 0.2,
        tls: null,
        insecure: false,
        keys: null,
        services: [service],
      },
      rungs: drivers.map((driver, index) => ({ driver, hostname: HOST, port: 1 + index, loopbackOnly: true })),
      cryptos: [drivers[0]!.endpoint.options.crypto],
      key: undefined,
      watchdog: new Watchdog(() => performance.now()),
      log: this.spoken.log,
      software: 'test',
      certificates: new Map(),
      fraction: () => 0,
      onRegistered: () => {},
    })
    for (const driver of drivers) {
      const { onEvent } = driver
      driver.onEvent = (event) => {
        if (event.kind === 'opened') this.dialled.push(event.session)
        onEvent(event)
      }
    }
    this.pipes.push(pipe)
    pipe.start()
    return carriers
  }

  async client(): Promise<Socket> {
    const port = Number(this.consumer.services[0]!.address.split(':').at(-1))
    const socket = connect(port, HOST).on('error', () => {})
    this.#clients.push(socket)
    await once(socket, 'connect')
    return socket
  }

  /** The client's bytes come back. */
  async echoes(client: Socket, text: string): Promise<void> {
    let heard = ''
    const hear = (bytes: Buffer) => {
      heard += bytes
    }
    client.on('data', hear)
    client.write(text)
    await until(() => heard === text, `"${text}" comes back`)
    client.off('data', hear)
  }

  streamsOf(session: SessionHandle): number {
    return statsOf(session).openStreams
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.destroy()
    for (const pipe of this.pipes) await pipe.close()
    await this.consumer.stop(0)
    this.target.close()
    for (const socket of this.atTarget) socket.destroy()
  }
}

function newDriver(carrier: MemoryCarrier, wish: Omit<Parameters<typeof newEndpoint>[0], 'now'>): Driver {
  return new Driver(newEndpoint({ ...wish, now: monotonicClock() }), carrier, monotonicClock)
}

/** Waits until somebody has asked so often how the session is. */
async function looksAt(session: SessionHandle, times: number): Promise<void> {
  const { stats } = session
  let looks = 0
  session.stats = (into) => {
    looks++
    stats.call(session, into)
  }
  await until(() => looks >= times, `it is looked at ${times} times`)
}

describe('a pipe with two carriers', () => {
  useLivedTime()
  let place: Place

  async function at(listeners: number): Promise<void> {
    place = new Place(listeners)
    await place.open()
  }

  afterEach(() => place.close())

  it('serves over the second while the first does not answer, and says so in one line', async () => {
    await at(2)
    place.provider({ isCut: true })
    await place.echoes(await place.client(), 'hello')
    assert.deepEqual(
      place.spoken.of('carrierChanged').map(({ level, pipe, from, to, why }) => [level, pipe, from, to, why]),
      [['warn', 'pipe1', 'udp 127.0.0.1:1', 'udp 127.0.0.1:2', 'it does not answer']],
    )
  })

  for (const listeners of [2, 1]) {
    const where = listeners === 2 ? 'another listener' : 'the same listener'
    it(`goes back to the first at ${where} when that answers, and cuts nothing that the second carries`, async () => {
      await at(listeners)
      const [first] = place.provider({ isCut: true })
      const early = await place.client()
      await place.echoes(early, 'before')
      first!.isCut = false
      await until(() => place.opened.length === 2, 'the first is there too')
      await until(() => place.told.of('providerDraining').length === 1, 'the second takes nothing new')
      const late = await place.client()
      await place.echoes(late, 'after')
      const [old, young] = place.opened as [SessionHandle, SessionHandle]
      assert.deepEqual([place.streamsOf(old), place.streamsOf(young)], [1, 1])
      await looksAt(place.dialled[0]!, 3)
      await place.echoes(early, 'still here')
      early.end()
      await once(early, 'close')
      await until(() => place.told.of('providerGone').length === 1, 'the second ends once it carries nothing')
      await place.echoes(late, 'and on')
      assert.deepEqual(place.told.of('serviceUnavailable'), [])
      assert.deepEqual(place.spoken.of('connectionLost'), [])
    })
  }

  it('serves over the second within five seconds when an upload over the first finds a dead line', async () => {
    await at(2)
    const [first] = place.provider()
    place.echo = false
    const client = await place.client()
    client.write(Buffer.alloc(10_000))
    await until(() => place.atTarget[0]?.bytesRead === 10_000, 'the upload has begun')
    await atRest(() => statsOf(place.opened[0]!).packetsReceived)
    place.echo = true
    const cutAt = performance.now()
    first!.isCut = true
    await until(() => place.spoken.of('carrierChanged').length === 1, 'the second has taken over')
    await place.echoes(await place.client(), 'hello')
    assert.ok(performance.now() - cutAt < 5_000)
    assert.equal(place.spoken.of('consumerSilent').length, 1)
  })

  it('takes up what the first had when it is heard again: none of it is lost', async () => {
    await at(2)
    const [first] = place.provider()
    const client = await place.client()
    await place.echoes(client, 'before')
    first!.isCut = true
    client.write('meanwhile')
    await until(() => place.opened.length === 2, 'the second is there')
    const heard: Buffer[] = []
    client.on('data', (bytes: Buffer) => heard.push(bytes))
    first!.isCut = false
    await until(() => Buffer.concat(heard).toString() === 'meanwhile', 'it comes back over the first')
    await until(() => place.spoken.of('carrierChanged').length === 2, 'the pipe is back on the first')
  })

  it('drains all its sessions: what either carries is finished', async () => {
    await at(2)
    const [first] = place.provider({ isCut: true })
    const early = await place.client()
    await place.echoes(early, 'before')
    first!.isCut = false
    await until(() => place.told.of('providerDraining').length === 1, 'the second takes nothing new')
    const late = await place.client()
    await place.echoes(late, 'after')
    let isDrained = false
    const drained = place.pipes[0]!.drain().then(() => {
      isDrained = true
    })
    late.end()
    await once(late, 'close')
    await place.echoes(early, 'still here')
    assert.equal(isDrained, false)
    early.end()
    await drained
  })
})

describe('a provider that was started anew', () => {
  useLivedTime()
  it('ends what it had before on every listener, at once', async () => {
    const place = new Place(2)
    await place.open()
    place.provider({ isCut: true })
    await place.echoes(await place.client(), 'before')
    place.provider({ boot: 2 })
    await until(() => place.told.of('providerGone').length === 1, 'the old session is gone')
    assert.deepEqual(
      place.told.of('providerGone').map(({ by }) => by),
      ['restart'],
    )
    await place.close()
  })
})
