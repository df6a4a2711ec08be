// One provider's session from the consumer's side: what the provider registers, how it is, when it leaves.

import type { ConsumerService } from '../config/read.ts'
import type { Log } from '../log.ts'
import {
  CloseCode,
  type ControlMessage,
  ControlReader,
  encodeControl,
  RefusalCode,
  type SessionHandle,
  type StreamHandle,
} from '../protocol/index.ts'
import type { StreamOwner } from '../runtime/stream-owner.ts'
import type { Directory, Provider } from './directory.ts'

export interface ProviderSessionParts {
  readonly services: ReadonlyMap<string, ConsumerService>
  readonly directory: Directory<ProviderSession>
  readonly software: string
  /** Where the provider's datagrams come from, for logs. */
  readonly address: () => string
  readonly log: Log
  /** Somebody who waits for this service may be served now. */
  readonly onProvidersChanged: (uuid: string) => void
}

export class ProviderSession implements Provider, StreamOwner {
  readonly session: SessionHandle
  isDraining = false

  readonly #parts: ProviderSessionParts
  readonly #control: StreamHandle
  readonly #reader = new ControlReader()

  constructor(session: SessionHandle, parts: ProviderSessionParts) {
    this.session = session
    this.#parts = parts
    this.#control = session.control
    this.#control.owner = this
    this.#say({ kind: 'settings', software: parts.software })
  }

  get instance(): string {
    return this.session.peerInstance
  }

  get isSuspect(): boolean {
    return this.session.isSuspect
  }

  get load(): number {
    return this.session.openedStreams
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

  /** The session is gone, and with it everything it registered. */
  onLost(by: string): void {
    for (const uuid of this.#parts.directory.removeAll(this)) {
      this.#parts.log.warn('serviceUnavailable', { service: uuid, provider: this.#parts.address(), by })
    }
  }

  #on(message: ControlMessage): void {
    const { directory, log } = this.#parts
    switch (message.kind) {
      case 'settings':
        log.info('providerConnected', { provider: this.#parts.address(), software: message.software })
        return
      case 'register':
        this.#register(message)
        return
      case 'unregister':
        directory.remove(this, message.uuid)
        return
      case 'health':
        if (!directory.setHealth(this, message.uuid, message.isHealthy)) return
        log.warn(message.isHealthy ? 'targetBack' : 'targetDown', {
          service: message.uuid,
          provider: this.#parts.address(),
        })
        return
      case 'drain':
        this.isDraining = true
        log.info('providerDraining', { provider: this.#parts.address() })
        return
      case 'registered':
      case 'refused':
        // Answers of a consumer; a provider has no reason to send one.
        return
    }
  }

  #register(message: Extract<ControlMessage, { kind: 'register' }>): void {
    const { uuid, name, protocol, isHealthy } = message
    const service = this.#parts.services.get(uuid)
    if (service === undefined) {
      this.#refuse(uuid, RefusalCode.unknownService, `this consumer has no <service> with <uuid>${uuid}</uuid>`)
      return
    }
    if (service.protocol !== protocol) {
      const text = `the consumer carries ${uuid} as "${service.protocol}", the provider as "${protocol}"; make <protocol> the same on both sides`
      this.#refuse(uuid, RefusalCode.protocolMismatch, text)
      return
    }
    this.#parts.directory.add({ provider: this, uuid, name, isHealthy })
    this.#say({ kind: 'registered', uuid })
    this.#parts.log.info('serviceRegistered', { service: uuid, name, provider: this.#parts.address() })
    this.#parts.onProvidersChanged(uuid)
  }

  #refuse(uuid: string, code: number, text: string): void {
    this.#say({ kind: 'refused', uuid, code, text })
    this.#parts.log.warn('registrationRefused', { service: uuid, provider: this.#parts.address(), why: text })
  }

  #say(message: ControlMessage): void {
    this.#control.write(encodeControl(message))
  }
}
