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

/** What all sessions of a listener have in common. */
export interface ProviderHost {
  readonly services: ReadonlyMap<string, ConsumerService>
  readonly directory: Directory<ProviderSession>
  readonly software: string
  readonly log: Log
  /** Where what the provider sends comes from, for logs; null: that is forgotten. */
  addressOf(session: SessionHandle): string | null
  /** A path is forgotten as soon as it ends: where it led is to be kept for the log. */
  readonly forgetsPaths: boolean
  /** Somebody who waits for this service may be served now. */
  onProvidersChanged(uuid: string): void
}

type Offer = Extract<ControlMessage, { kind: 'register' }>

export class ProviderSession implements Provider, InstanceMember, StreamOwner {
  readonly session: SessionHandle
  /** An instance is its id and its key: else anybody who is let in could pass for another. */
  readonly instance: string
  isDraining = false
  /** What is to be told of its end; null: what the session says. */
  endedBy: ClosedBy | null = null

  readonly #host: ProviderHost
  readonly #permit: Permit
  readonly #reader = new ControlReader()
  /** Services of ours that it has registered at some time, and whether it serves them now. The log has been told of each. */
  readonly #services = new Map<string, boolean>()
  /** What it was not allowed; null: nothing so far. */
  #notAllowed: Map<string, Offer> | null = null
  #hasToldServices = false
  /** The log knows its software, and that it drains. */
  #isIntroduced = false
  #isTakenLeaveOf = false
  /** If it is to be kept. */
  #lastAddress = ''

  /** `permit` has been entered. */
  constructor(session: SessionHandle, permit: Permit, host: ProviderHost) {
    this.session = session
    this.instance = session.peerInstance + Buffer.from(session.peerKey).toString('hex')
    this.#permit = permit
    this.#host = host
    if (host.forgetsPaths) this.#lastAddress = this.address
    this.#control.owner = this
    this.#say({ kind: 'settings', software: host.software })
  }

  get #control(): StreamHandle {
    return this.session.control
  }

  get boot(): string {
    return this.session.peerBoot
  }

  /** For logs, with its port. */
  get address(): string {
    const address = this.#host.addressOf(this.session)
    if (address !== null && this.#host.forgetsPaths) this.#lastAddress = address
    return address ?? this.#lastAddress
  }

  /** Services that it has registered. */
  get served(): readonly string[] {
    return [...this.#services.keys()].filter((uuid) => this.#services.get(uuid))
  }

  get isSuspect(): boolean {
    return this.session.isSuspect
  }

  get load(): number {
    return this.session.openedStreams
  }

  /** For a client of this service; null: not now, or not any more. What the provider may serve is asked each time, and not only once. */
  openStream(uuid: string): StreamHandle | null {
    const permit = this.#permit
    return permit.serviceRefusal(uuid) === null ? this.session.openStream(permit.mostStreams) : null
  }

  /** What the peer is allowed may have changed. A service that it may serve no longer ends the session: it comes back without. */
  askAnew(): void {
    const permit = this.#permit
    if (permit.isAsBefore()) return
    const refusal = permit.stayRefusal()
    const lost = this.served.find((uuid) => permit.serviceRefusal(uuid) !== null)
    if (refusal !== null) this.#shutOut(refusal.sentence)
    else if (lost !== undefined) this.#shutOut(`The consumer takes service ${lost} from this key no more.`)
    else this.#registerAnew()
  }

  /** What it was refused, and is allowed by now. */
  #registerAnew(): void {
    for (const offer of [...(this.#notAllowed?.values() ?? [])]) {
      if (this.#permit.serviceRefusal(offer.uuid) === null) this.#register(offer)
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
    this.#host.log.error('badControlMessage', { provider: this.address })
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
    const { directory, log } = this.#host
    this.#permit.leave()
    for (const uuid of this.served) {
      if (!directory.remove(this, uuid)) continue
      if (!directory.isServedBy(this.instance, uuid))
        log.warn('serviceUnavailable', { service: uuid, provider: this.address, by })
    }
  }

  #on(message: ControlMessage): void {
    const { directory, log } = this.#host
    switch (message.kind) {
      case 'settings':
        if (this.#isIntroduced) return
        this.#isIntroduced = true
        log.info('providerConnected', { provider: this.address, ...this.#who, software: message.software })
        return
      case 'register':
        this.#register(message)
        return
      case 'unregister':
        directory.remove(this, message.uuid)
        if (this.#services.has(message.uuid)) this.#services.set(message.uuid, false)
        this.#notAllowed?.delete(message.uuid)
        return
      case 'health':
        this.#keepHealth(message)
        if (!directory.setHealth(this, message.uuid, message.isHealthy)) return
        log.some(message.isHealthy ? 'targetBack' : 'targetDown', {
          service: message.uuid,
          provider: this.address,
        })
        return
      case 'drain':
        this.isDraining = true
        if (this.#isTakenLeaveOf) return
        this.#isTakenLeaveOf = true
        log.info('providerDraining', { provider: this.address })
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
    for (const { uuid, name, protocol } of this.#host.services.values()) {
      if (this.#permit.serviceRefusal(uuid) === null) this.#say({ kind: 'mayServe', uuid, name, protocol })
    }
    this.#say({ kind: 'servicesTold' })
  }

  #register(offer: Offer): void {
    const { name, protocol, isHealthy } = offer
    const service = this.#host.services.get(offer.uuid)
    if (service === undefined) {
      const { uuid } = offer
      this.#refuse(uuid, RefusalCode.unknownService, `this consumer has no <service> with <uuid>${uuid}</uuid>`)
      return
    }
    // The text of the configuration, and not a copy of it for each provider.
    const { uuid } = service
    const refusal = this.#permit.serviceRefusal(uuid)
    if (refusal !== null) {
      this.#notAllowed ??= new Map()
      this.#notAllowed.set(uuid, offer)
      this.#refuse(uuid, refusal.code, refusal.sentence)
      return
    }
    if (service.protocol !== protocol) {
      const text = `the consumer carries ${uuid} as "${service.protocol}", the provider as "${protocol}"; make <protocol> the same on both sides`
      this.#refuse(uuid, RefusalCode.protocolMismatch, text)
      return
    }
    this.#notAllowed?.delete(uuid)
    const isNews = !this.#services.has(uuid)
    this.#services.set(uuid, true)
    this.#host.directory.add({ provider: this, uuid, name, isHealthy })
    this.#say({ kind: 'registered', uuid })
    if (isNews) {
      this.#host.log.info('serviceRegistered', { service: uuid, name, provider: this.address, ...this.#who })
    }
    this.#host.onProvidersChanged(uuid)
  }

  /** Of a service that may yet be taken. */
  #keepHealth({ uuid, isHealthy }: { readonly uuid: string; readonly isHealthy: boolean }): void {
    const offer = this.#notAllowed?.get(uuid)
    if (offer !== undefined) this.#notAllowed?.set(uuid, { ...offer, isHealthy })
  }

  #refuse(uuid: string, code: RefusalCode, text: string): void {
    this.#say({ kind: 'refused', uuid, code, text })
    const fields = { service: uuid, provider: this.address, ...this.#who, code: refusalName(code), why: text }
    this.#host.log.some('registrationRefused', fields)
  }

  #shutOut(why: string): void {
    this.#host.log.warn('providerShutOut', { provider: this.address, ...this.#who, why })
    this.session.close(CloseCode.notAuthorised, why)
  }

  /** By what it is known. */
  get #who(): Pick<Permit, 'key' | 'certificate'> {
    const { key, certificate } = this.#permit
    return { key, certificate }
  }

  #say(message: ControlMessage): void {
    this.#control.write(encodeControl(message))
  }
}
