// One provider's session from the consumer's side: what the provider registers, how it is, when it leaves.

import type { ConsumerService } from '../config/read.ts'
import type { Log } from '../log.ts'
import {
  CloseCode,
  type ClosedBy,
  type ControlMessage,
  ControlReader,
  encodeControl,
  RefusalCode,
  refusalName,
  type SessionHandle,
  type StreamHandle,
} from '../protocol/index.ts'
import type { StreamOwner } from '../runtime/stream-owner.ts'
import type { Permit } from './admission.ts'
import type { Directory, Provider } from './directory.ts'
import type { InstanceMember } from './instances.ts'

export interface ProviderSessionParts {
  readonly services: ReadonlyMap<string, ConsumerService>
  readonly directory: Directory<ProviderSession>
  /** Has been entered. */
  readonly permit: Permit
  readonly software: string
  /** Where the provider's datagrams come from, for logs. */
  readonly address: () => string
  readonly log: Log
  /** Somebody who waits for this service may be served now. */
  readonly onProvidersChanged: (uuid: string) => void
}

type Offer = Extract<ControlMessage, { kind: 'register' }>

export class ProviderSession implements Provider, InstanceMember, StreamOwner {
  readonly session: SessionHandle
  /** An instance is its id and its key: else anybody who is let in could pass for another. */
  readonly instance: string
  isDraining = false
  /** What is to be told of its end; null: what the session says. */
  endedBy: ClosedBy | null = null

  readonly #parts: ProviderSessionParts
  readonly #control: StreamHandle
  readonly #reader = new ControlReader()
  /** Of our services: what this provider serves, and what it was not allowed. */
  readonly #served = new Set<string>()
  readonly #notAllowed = new Map<string, Offer>()
  #hasToldServices = false
  /** What the log has been told of: services of ours, and two words. */
  readonly #told = new Set<string>()

  constructor(session: SessionHandle, parts: ProviderSessionParts) {
    this.session = session
    this.instance = session.peerInstance + Buffer.from(session.peerKey).toString('hex')
    this.#parts = parts
    this.#control = session.control
    this.#control.owner = this
    this.#say({ kind: 'settings', software: parts.software })
  }

  get boot(): string {
    return this.session.peerBoot
  }

  /** For logs, with its port. */
  get address(): string {
    return this.#parts.address()
  }

  /** Services that it has registered. */
  get served(): Iterable<string> {
    return this.#served
  }

  get isSuspect(): boolean {
    return this.session.isSuspect
  }

  get load(): number {
    return this.session.openedStreams
  }

  /** For a client of this service; null: not now, or not any more. What the provider may serve is asked each time, and not only once. */
  openStream(uuid: string): StreamHandle | null {
    const { permit } = this.#parts
    return permit.serviceRefusal(uuid) === null ? this.session.openStream(permit.mostStreams) : null
  }

  /** What the peer is allowed may have changed. A service that it may serve no longer ends the session: it comes back without. */
  askAnew(): void {
    const { permit } = this.#parts
    if (permit.isAsBefore()) return
    const refusal = permit.stayRefusal()
    const lost = [...this.#served].find((uuid) => permit.serviceRefusal(uuid) !== null)
    if (refusal !== null) this.#shutOut(refusal.sentence)
    else if (lost !== undefined) this.#shutOut(`The consumer takes service ${lost} from this key no more.`)
    else this.#registerAnew()
  }

  /** What it was refused, and is allowed by now. */
  #registerAnew(): void {
    for (const offer of [...this.#notAllowed.values()]) {
      if (this.#parts.permit.serviceRefusal(offer.uuid) === null) this.#register(offer)
    }
  }

  /** What the provider may show when it dials anew from where it is; null: nobody will ask. */
  sayAddressToken(token: Uint8Array | null): void {
    // Whoever moves without end and reads nothing gets no more than what waits for it already.
    if (token !== null && this.#control.isWritable) this.#say({ kind: 'addressToken', token })
  }

  /** Whoever does not take our answers is not heard further: they would wait here, as many as it likes to ask for. */
  onStreamReady(): void {
    while (this.#control.isWritable && !this.#reader.isBroken) {
      const message = this.#reader.next()
      if (message !== null) this.#on(message)
      else if (!this.#readMore()) break
    }
    if (!this.#reader.isBroken) return
    // The end of the session makes the stream ready once more.
    this.#control.owner = null
    this.#parts.log.error('badControlMessage', { provider: this.#parts.address() })
    this.session.close(CloseCode.badMessage, 'A control message could not be read.')
  }

  /** False: nothing more is here now. */
  #readMore(): boolean {
    const bytes = this.#control.read()
    if (bytes === null) return false
    this.#reader.push(bytes)
    this.#control.release(bytes.length)
    return true
  }

  /** The provider has newer ones. */
  end(by: ClosedBy): void {
    this.endedBy = by
    this.session.close(CloseCode.none, 'The provider goes on in a newer session.')
  }

  /** The session is gone, and with it everything it registered. A provider that has gone over to another one serves on. */
  onLost(by: string): void {
    const { permit, directory, log, address } = this.#parts
    permit.leave()
    for (const uuid of this.#served) {
      if (!directory.remove(this, uuid)) continue
      const isServed = directory.providersOf(uuid).some(({ provider }) => provider.instance === this.instance)
      if (!isServed) log.warn('serviceUnavailable', { service: uuid, provider: address(), by })
    }
  }

  #on(message: ControlMessage): void {
    const { directory, log } = this.#parts
    switch (message.kind) {
      case 'settings':
        if (!this.#isNews('settings')) return
        log.info('providerConnected', { provider: this.address, ...this.#who, software: message.software })
        return
      case 'register':
        this.#register(message)
        return
      case 'unregister':
        directory.remove(this, message.uuid)
        this.#served.delete(message.uuid)
        this.#notAllowed.delete(message.uuid)
        return
      case 'health':
        this.#keepHealth(message)
        if (!directory.setHealth(this, message.uuid, message.isHealthy)) return
        log.some(message.isHealthy ? 'targetBack' : 'targetDown', {
          service: message.uuid,
          provider: this.#parts.address(),
        })
        return
      case 'drain':
        this.isDraining = true
        if (!this.#isNews('drain')) return
        log.info('providerDraining', { provider: this.#parts.address() })
        return
      case 'askServices':
        this.#tellServices()
        return
      case 'registered':
      case 'refused':
      case 'addressToken':
      case 'mayServe':
      case 'servicesTold':
        // Answers of a consumer; a provider has no reason to send one.
        return
    }
  }

  /** Once: a peer that asked for ever would have us say ever more. */
  #tellServices(): void {
    if (this.#hasToldServices) return
    this.#hasToldServices = true
    const { services, permit } = this.#parts
    for (const { uuid, name, protocol } of services.values()) {
      if (permit.serviceRefusal(uuid) === null) this.#say({ kind: 'mayServe', uuid, name, protocol })
    }
    this.#say({ kind: 'servicesTold' })
  }

  #register(offer: Offer): void {
    const { uuid, name, protocol, isHealthy } = offer
    const { services, permit } = this.#parts
    const service = services.get(uuid)
    if (service === undefined) {
      this.#refuse(uuid, RefusalCode.unknownService, `this consumer has no <service> with <uuid>${uuid}</uuid>`)
      return
    }
    const refusal = permit.serviceRefusal(uuid)
    if (refusal !== null) {
      this.#notAllowed.set(uuid, offer)
      this.#refuse(uuid, refusal.code, refusal.sentence)
      return
    }
    if (service.protocol !== protocol) {
      const text = `the consumer carries ${uuid} as "${service.protocol}", the provider as "${protocol}"; make <protocol> the same on both sides`
      this.#refuse(uuid, RefusalCode.protocolMismatch, text)
      return
    }
    this.#notAllowed.delete(uuid)
    this.#served.add(uuid)
    this.#parts.directory.add({ provider: this, uuid, name, isHealthy })
    this.#say({ kind: 'registered', uuid })
    if (this.#isNews(uuid)) {
      this.#parts.log.info('serviceRegistered', { service: uuid, name, provider: this.address, ...this.#who })
    }
    this.#parts.onProvidersChanged(uuid)
  }

  /** True once for each: a provider that says the same again and again must not fill the log. */
  #isNews(what: string): boolean {
    if (this.#told.has(what)) return false
    this.#told.add(what)
    return true
  }

  /** Of a service that may yet be taken. */
  #keepHealth({ uuid, isHealthy }: { readonly uuid: string; readonly isHealthy: boolean }): void {
    const offer = this.#notAllowed.get(uuid)
    if (offer !== undefined) this.#notAllowed.set(uuid, { ...offer, isHealthy })
  }

  #refuse(uuid: string, code: RefusalCode, text: string): void {
    this.#say({ kind: 'refused', uuid, code, text })
    const fields = { service: uuid, provider: this.address, ...this.#who, code: refusalName(code), why: text }
    this.#parts.log.some('registrationRefused', fields)
  }

  #shutOut(why: string): void {
    this.#parts.log.warn('providerShutOut', { provider: this.address, ...this.#who, why })
    this.session.close(CloseCode.notAuthorised, why)
  }

  /** By what it is known. */
  get #who(): Pick<Permit, 'key' | 'certificate'> {
    const { key, certificate } = this.#parts.permit
    return { key, certificate }
  }

  #say(message: ControlMessage): void {
    this.#control.write(encodeControl(message))
  }
}
