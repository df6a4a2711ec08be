// The consumer: sessions of providers on one side, services for clients on the other, the directory between them.

import type { ConsumerConfig, ConsumerService } from '../config/read.ts'
import type { Log } from '../log.ts'
import { CloseCode, closeSentence, type SessionEvent, type SessionHandle, StreamCode } from '../protocol/index.ts'
import type { Driver } from '../runtime/driver.ts'
import { Watchdog } from '../runtime/watchdog.ts'
import { doneWithin } from '../runtime/within.ts'
import type { Admission, Permit } from './admission.ts'
import { CertificatePermit } from './certificate-permit.ts'
import type { CertificateRules } from './certificate-rules.ts'
import { Directory } from './directory.ts'
import { HttpService } from './http-service.ts'
import { Instances } from './instances.ts'
import { type ProviderHost, ProviderSession } from './provider-session.ts'
import type { Service } from './service.ts'
import { TcpService } from './tcp-service.ts'

export interface ConsumerParts {
  readonly config: ConsumerConfig
  /** One for each `<listener>`. */
  readonly drivers: readonly Driver[]
  /** Who may connect and serve: the same that the handshakes of the drivers ask. */
  readonly admission: Admission
  /** What certificates allow, by the driver of each listener that asks for them; without it none does. */
  readonly certificates?: ReadonlyMap<Driver, CertificateRules>
  readonly log: Log
  /** Name and version of this program. */
  readonly software: string
  /** Eight bytes that name this consumer in hop lists. */
  readonly hopId: Uint8Array
  /** Told of sessions that live, so that they can be said goodbye to after a crash. */
  readonly onSessionOpened: (driver: Driver, session: SessionHandle) => void
  readonly onSessionClosed: (session: SessionHandle) => void
}

/** An address token is good for a day. Sessions last for weeks, and the newest is needed when we are started anew. */
const NEXT_TOKEN_AFTER_MS = 12 * 3_600_000
/** One timer for all sessions, and in each round those whose turn it is: ten thousand need not have their tokens made in one moment. */
const TOKEN_ROUNDS = 256

export class Consumer {
  readonly services: readonly Service[]
  readonly #parts: ConsumerParts
  readonly #directory = new Directory<ProviderSession>()
  readonly #providers = new Map<ProviderSession, Driver>()
  readonly #instances = new Instances<ProviderSession>()
  readonly #servicesByUuid = new Map<string, Service>()
  readonly #serviceConfigs = new Map<string, ConsumerService>()
  readonly #hosts = new Map<Driver, ProviderHost>()
  readonly #tokenRounds: NodeJS.Timeout
  #tokenRound = 0

  constructor(parts: ConsumerParts) {
    this.#parts = parts
    const watchdog = new Watchdog(() => performance.now())
    const { log, hopId } = parts
    this.services = parts.config.services.map((service) => {
      const serviceParts = { service, directory: this.#directory, watchdog, log, hopId }
      return service.protocol === 'http' ? new HttpService(serviceParts) : new TcpService(serviceParts)
    })
    for (const service of this.services) this.#servicesByUuid.set(service.service.uuid, service)
    for (const service of parts.config.services) this.#serviceConfigs.set(service.uuid, service)
    for (const driver of parts.drivers) {
      driver.onEvent = (event) => this.#on(driver, event)
      this.#hosts.set(driver, this.#hostFor(driver))
    }
    parts.admission.onChange = () => {
      for (const provider of [...this.#providers.keys()]) provider.askAnew()
    }
    this.#tokenRounds = setInterval(() => this.#sayTokensInTime(), NEXT_TOKEN_AFTER_MS / TOKEN_ROUNDS).unref()
  }

  /** Opens the ports of all services. Rejects with a `ListenError`. */
  async start(): Promise<void> {
    for (const service of this.services) await service.listen()
  }

  /** Takes no new clients and waits for those that are here, at most `withinMs`; then ends what is left and all sessions. */
  async stop(withinMs: number): Promise<void> {
    const clientsGone = Promise.all(this.services.map((service) => service.drain()))
    const drained = clientsGone.then(() => Promise.all(this.#parts.drivers.map((driver) => driver.settle())))
    if (!(await doneWithin(drained, withinMs))) {
      this.#parts.log.warn('drainTimedOut', { afterMs: withinMs })
      this.cut()
    }
    clearInterval(this.#tokenRounds)
    await Promise.all(this.#parts.drivers.map((driver) => driver.close(CloseCode.shuttingDown, 'The consumer stops.')))
  }

  /** Ends every client at once, with a reset. */
  cut(): void {
    for (const service of this.services) service.cut()
  }

  #on(driver: Driver, event: SessionEvent): void {
    const { session } = event
    switch (event.kind) {
      case 'opened':
        this.#onOpened(driver, session)
        return
      case 'accepted':
        // Providers open no streams of their own in this version.
        event.stream.stop(StreamCode.unknownService)
        event.stream.reset(StreamCode.unknownService)
        return
      case 'suspect':
        this.#onSuspect(driver, session)
        return
      case 'recovered':
        this.#parts.log.info('providerBack', { provider: driver.carrier.describe(session.path) })
        this.#offer(session)
        return
      case 'moved':
        this.#parts.log.debug('providerMoved', { provider: driver.carrier.describe(session.path) })
        // A token is for one address only.
        if (session.owner instanceof ProviderSession) sayToken(session.owner, driver)
        return
      case 'streamsAvailable':
        this.#offer(session)
        return
      case 'closed':
        this.#onClosed(event)
        return
    }
  }

  #onOpened(driver: Driver, session: SessionHandle): void {
    const address = addressOf(driver, session)
    const permit = this.#permitOf(driver, session, address)
    const refusal = permit.enter()
    if (refusal !== null) {
      const { code, sentence, token } = refusal
      const { key, certificate } = permit
      const fields = { provider: address(), key, certificate, token, code, why: sentence }
      this.#parts.log.some('providerRefused', fields, `${key ?? certificate} ${code}`)
      session.close(token === undefined ? CloseCode.notAuthorised : CloseCode.tokenRefused, sentence)
      return
    }
    const provider = new ProviderSession(session, permit, this.#hosts.get(driver)!)
    session.owner = provider
    this.#providers.set(provider, driver)
    // On its own listener the endpoint has ended what was there before a restart.
    for (const older of this.#instances.add(provider)) older.end(older.boot === provider.boot ? 'local' : 'restart')
    sayToken(provider, driver)
    this.#parts.onSessionOpened(driver, session)
  }

  #hostFor({ carrier }: Driver): ProviderHost {
    const { software, log } = this.#parts
    return {
      services: this.#serviceConfigs,
      directory: this.#directory,
      software,
      log,
      addressOf: ({ path }) => (carrier.addressOf(path) === null ? null : carrier.describe(path)),
      forgetsPaths: carrier.traits.reliable,
      onProvidersChanged: (uuid) => this.#onProvidersChanged(uuid),
    }
  }

  #onProvidersChanged(uuid: string): void {
    this.#servicesByUuid.get(uuid)?.onProvidersChanged()
  }

  #permitOf(driver: Driver, session: SessionHandle, address: () => string): Permit {
    const { admission, certificates } = this.#parts
    const permit = admission.permitOf(session, () => hostIn(address()))
    const rules = certificates?.get(driver)
    return rules === undefined
      ? permit
      : new CertificatePermit(permit, driver.carrier.channelOf(session.path).peerNames, rules)
  }

  #onSuspect(driver: Driver, session: SessionHandle): void {
    this.#parts.log.warn('providerSilent', { provider: driver.carrier.describe(session.path) })
    const provider = session.owner
    if (!(provider instanceof ProviderSession)) return
    for (const service of this.services) service.onProviderSuspect(provider)
  }

  #onClosed(event: Extract<SessionEvent, { kind: 'closed' }>): void {
    const provider = event.session.owner
    if (!(provider instanceof ProviderSession)) return // it was not let in
    this.#providers.delete(provider)
    this.#instances.remove(provider)
    const by = provider.endedBy ?? event.by
    provider.onLost(by)
    this.#parts.onSessionClosed(event.session)
    this.#parts.log.info('providerGone', {
      provider: provider.address,
      by,
      why: event.code === CloseCode.none ? undefined : closeSentence(event.code),
      reason: event.reason || undefined,
    })
  }

  #sayTokensInTime(): void {
    this.#tokenRound = (this.#tokenRound + 1) % TOKEN_ROUNDS
    for (const [provider, driver] of this.#providers) {
      if (provider.session.id % TOKEN_ROUNDS === this.#tokenRound) sayToken(provider, driver)
    }
  }

  /** Whoever waits for a service of this provider may be served now. */
  #offer({ owner }: SessionHandle): void {
    if (!(owner instanceof ProviderSession)) return
    for (const uuid of owner.served) this.#onProvidersChanged(uuid)
  }
}

function sayToken(provider: ProviderSession, { endpoint }: Driver): void {
  provider.sayAddressToken(endpoint.newAddressToken(provider.session))
}

/** Where the other side is, or was when it was seen last: a carrier forgets a connection that has ended. */
function addressOf({ carrier }: Driver, session: SessionHandle): () => string {
  let last = carrier.describe(session.path)
  return () => {
    if (carrier.addressOf(session.path) !== null) last = carrier.describe(session.path)
    return last
  }
}

/** Of `host:port`, with the brackets of IPv6 taken off. */
function hostIn(address: string): string {
  return address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '')
}
