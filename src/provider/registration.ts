// What a provider says to its consumer on the control stream of one session, and what it hears back: first of all, which services it has.

import type { Pipe as PipeConfig } from '../config/read.ts'
import type { Log } from '../log.ts'
import {
  CloseCode,
  type ControlMessage,
  ControlReader,
  encodeControl,
  refusalName,
  type SessionHandle,
} from '../protocol/index.ts'
import type { StreamOwner } from '../runtime/stream-owner.ts'

export interface RegistrationParts {
  readonly session: SessionHandle
  readonly config: PipeConfig
  /** The consumer as the configuration names it, for logs. */
  readonly consumer: string
  readonly software: string
  readonly log: Log
  readonly isHealthy: (uuid: string) => boolean
  /** The consumer has answered for the last service. */
  readonly onAnswered: () => void
  /** The same, and it has taken at least one. */
  readonly onRegistered: () => void
  /** The consumer wants to be shown this at our next dial. */
  readonly onAddressToken: (token: Uint8Array) => void
}

export class Registration implements StreamOwner {
  readonly #parts: RegistrationParts
  readonly #reader = new ControlReader()
  readonly #unanswered: Set<string>
  /** Answers that the log has heard: two for each service at most. */
  readonly #told = new Set<string>()
  #registered = 0
  #isDone = false

  constructor(parts: RegistrationParts) {
    this.#parts = parts
    this.#unanswered = new Set(parts.config.services.map(({ uuid }) => uuid))
    parts.session.control.owner = this
    this.say({ kind: 'settings', software: parts.software })
    for (const { uuid, name, protocol } of parts.config.services) {
      this.say({ kind: 'register', uuid, name, protocol, capacity: 0, isHealthy: parts.isHealthy(uuid) })
    }
  }

  get isAnswered(): boolean {
    return this.#unanswered.size === 0
  }

  say(message: ControlMessage): void {
    this.#parts.session.control.write(encodeControl(message))
  }

  onStreamReady(): void {
    const { session } = this.#parts
    for (let bytes = session.control.read(); bytes !== null; bytes = session.control.read()) {
      this.#reader.push(bytes)
      session.control.release(bytes.length)
    }
    for (let message = this.#reader.next(); message !== null; message = this.#reader.next()) this.#on(message)
    if (this.#reader.isBroken) session.close(CloseCode.badMessage, 'A control message could not be read.')
  }

  #on(message: ControlMessage): void {
    const { log, config, consumer } = this.#parts
    switch (message.kind) {
      case 'settings':
        log.debug('consumerSoftware', { pipe: config.name, software: message.software })
        return
      case 'registered':
        if (!this.#isNews(message)) return
        this.#registered++
        log.info('serviceRegistered', { pipe: config.name, service: message.uuid, consumer })
        this.#onAnswer(message.uuid)
        return
      case 'refused':
        if (!this.#isNews(message)) return
        log.error('serviceRefused', {
          ...{ pipe: config.name, service: message.uuid, consumer },
          ...{ code: refusalName(message.code), why: message.text },
        })
        this.#onAnswer(message.uuid)
        return
      case 'addressToken':
        this.#parts.onAddressToken(message.token)
        return
      case 'register':
      case 'unregister':
      case 'health':
      case 'drain':
      case 'askServices':
        // Said by providers; a consumer has no reason to say them.
        return
      case 'mayServe':
      case 'servicesTold':
        // Answers to what is not asked here: the configuration says what is served.
        return
    }
  }

  /** True once for each answer to what we asked: a consumer must not fill the log, neither with the same nor with what nobody asked. */
  #isNews({ kind, uuid }: ControlMessage & { readonly uuid: string }): boolean {
    const isAsked = this.#parts.config.services.some((service) => service.uuid === uuid)
    const answer = `${kind} ${uuid}`
    if (!isAsked || this.#told.has(answer)) return false
    this.#told.add(answer)
    return true
  }

  #onAnswer(uuid: string): void {
    if (this.#unanswered.delete(uuid) && this.isAnswered) this.#parts.onAnswered()
    // A service that was refused may be taken later, when the consumer has changed its mind.
    if (this.#isDone || !this.isAnswered || this.#registered === 0) return
    this.#isDone = true
    this.#parts.onRegistered()
  }
}
