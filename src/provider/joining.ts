// The first talk of a provider that has a token and no configuration: shows the token, gets onto the consumer's list, and asks what it may
// serve. It tries until it is let in, or hears that the token lets nobody in.
//
//   dialling ──opened──▶ asking ──told──▶ done
//      ▲                    │  └── tokenRefused ──▶ JoinError
//      └── waiting ◀── lost, or nobody answered

import type { Log } from '../log.ts'
import {
  CloseCode,
  type ControlMessage,
  ControlReader,
  type Crypto,
  closeSentence,
  encodeControl,
  type ServiceProtocol,
  type SessionEvent,
  type SessionHandle,
} from '../protocol/index.ts'
import type { Driver } from '../runtime/driver.ts'
import type { StreamOwner } from '../runtime/stream-owner.ts'
import { backoffMs } from './backoff.ts'
import { type DialError, Dialer } from './dialer.ts'

export interface JoiningParts {
  readonly driver: Driver
  /** Shows our key and the token. */
  readonly crypto: Crypto
  readonly hostname: string
  readonly port: number
  /** The consumer, for logs. */
  readonly consumer: string
  /** The token's id and the fingerprint of our key, for logs. */
  readonly token: string
  readonly key: string
  readonly software: string
  readonly log: Log
  /** In [0, 1), for the jitter of the backoff. */
  readonly fraction: () => number
}

/** What the consumer lets us serve. */
export interface GrantedService {
  readonly uuid: string
  readonly name: string
  readonly protocol: ServiceProtocol
}

/** To try again would not help; `message` says what would. */
export class JoinError extends Error {
  override readonly name = 'JoinError'
}

/** Longer than any line that works takes to answer. */
const TELL_UNANSWERED_AFTER_MS = 5_000
/** A consumer that has let us in has nothing to wait for. */
const TOLD_WITHIN_MS = 15_000
/** A consumer of ours has at most so many; another one shall not fill our memory. */
const MOST_SERVICES = 10_000

/** A consumer is silent to those whom it does not know, so from here all of these look alike. A field of the log holds 256 bytes. */
const REMEDY =
  'is edgerq-sc running there and its UDP port open on the way? Else it may not know the token, which was made with another state directory, for another key, or long ago: see its log and "edgerq token list"; "edgerq token create" makes a new one'

type Ending = readonly GrantedService[] | Extract<SessionEvent, { kind: 'closed' }> | 'silent'

export class Joining {
  readonly #parts: JoiningParts
  readonly #dialer: Dialer
  #isCancelled = false
  #wait: { readonly timer: NodeJS.Timeout; readonly end: () => void } | null = null
  #talk: Talk | null = null

  constructor(parts: JoiningParts) {
    this.#parts = parts
    this.#dialer = new Dialer(parts.driver, [parts.crypto])
    parts.driver.onEvent = (event) => this.#on(event)
  }

  /** What the key may serve. Null: it was cancelled. Rejects with a `JoinError`. */
  async join(): Promise<readonly GrantedService[] | null> {
    for (let attempt = 0; !this.#isCancelled; attempt++) {
      const services = await this.#try()
      if (services !== null) return services
      if (!this.#isCancelled) await this.#pause(backoffMs(attempt, this.#parts.fraction()))
    }
    return null
  }

  cancel(): void {
    this.#isCancelled = true
    this.#dialer.cancel()
    this.#talk?.end('silent')
    this.#wait?.end()
  }

  /** Null: not this time. */
  async #try(): Promise<readonly GrantedService[] | null> {
    const session = await this.#dial()
    if (session === null || session.control.isClosed) return null // lost in the turn in which it opened
    const ending = await this.#ask(session)
    if (this.#isCancelled) return null
    if (ending === 'silent') {
      const remedy = 'it may be of an older version, which knows no tokens; update edgerq-sc there'
      this.#parts.log.warn('servicesNotTold', { ...this.#names, forMs: TOLD_WITHIN_MS, remedy })
      session.close(CloseCode.none, '')
      return null
    }
    return 'kind' in ending ? this.#onLost(ending) : this.#onTold(ending)
  }

  async #dial(): Promise<SessionHandle | null> {
    const { hostname, port, log } = this.#parts
    const unanswered = setTimeout(() => {
      log.warn('consumerNotAnswering', { ...this.#names, forMs: TELL_UNANSWERED_AFTER_MS, remedy: REMEDY })
    }, TELL_UNANSWERED_AFTER_MS)
    try {
      return await this.#dialer.dial({ hostname, port, loopbackOnly: false })
    } catch (error) {
      const cause = (error as DialError).message
      if (!this.#isCancelled) log.warn('consumerNotReached', { ...this.#names, cause, remedy: REMEDY })
      return null
    } finally {
      clearTimeout(unanswered)
    }
  }

  async #ask(session: SessionHandle): Promise<Ending> {
    let late: NodeJS.Timeout | undefined
    try {
      return await new Promise<Ending>((resolve) => {
        this.#talk = new Talk(session, this.#parts.software, resolve)
        late = setTimeout(() => resolve('silent'), TOLD_WITHIN_MS)
      })
    } finally {
      clearTimeout(late)
      this.#talk = null
    }
  }

  #onTold(services: readonly GrantedService[]): readonly GrantedService[] {
    const { log, key, token } = this.#parts
    if (services.length > 0) {
      log.info('joined', { ...this.#names, services: services.length })
      return services
    }
    const where = `the line of key ${key}, which joined by token ${token}`
    throw new JoinError(
      `the consumer has none of the services that this key is listed for; add them to its consumer.xml and restart it, or correct ${where}`,
    )
  }

  #onLost({ by, code, reason }: Extract<SessionEvent, { kind: 'closed' }>): null {
    if (code === CloseCode.tokenRefused) {
      const said = `token ${this.#parts.token} lets nobody in any more; the consumer says: "${printable(reason)}"`
      throw new JoinError(`${said} Have a new one made where it runs (edgerq token create), and join with that.`)
    }
    const why = code === CloseCode.none ? undefined : closeSentence(code)
    this.#parts.log.warn('connectionLost', { ...this.#names, by, why, reason: reason || undefined })
    return null
  }

  #on(event: SessionEvent): void {
    if (this.#dialer.onEvent(event)) return
    if (event.kind === 'closed' && event.session === this.#talk?.session) this.#talk.end(event)
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((end) => {
      this.#wait = { end, timer: setTimeout(end, ms) }
    })
    clearTimeout(this.#wait!.timer)
    this.#wait = null
  }

  get #names(): { readonly consumer: string; readonly token: string; readonly key: string } {
    const { consumer, token, key } = this.#parts
    return { consumer, token, key }
  }
}

/** What is said on the control stream of one session. */
class Talk implements StreamOwner {
  readonly session: SessionHandle
  readonly end: (ending: Ending) => void
  readonly #reader = new ControlReader()
  readonly #services = new Map<string, GrantedService>()

  constructor(session: SessionHandle, software: string, end: (ending: Ending) => void) {
    this.session = session
    this.end = end
    session.control.owner = this
    session.control.write(encodeControl({ kind: 'settings', software }))
    session.control.write(encodeControl({ kind: 'askServices' }))
  }

  onStreamReady(): void {
    const { control } = this.session
    for (let bytes = control.read(); bytes !== null; bytes = control.read()) {
      this.#reader.push(bytes)
      control.release(bytes.length)
    }
    for (let message = this.#reader.next(); message !== null; message = this.#reader.next()) this.#on(message)
    if (!this.#reader.isBroken && this.#services.size <= MOST_SERVICES) return
    this.session.close(CloseCode.badMessage, 'The services could not be read.')
  }

  #on(message: ControlMessage): void {
    if (message.kind === 'mayServe') {
      const { uuid, name, protocol } = message
      this.#services.set(uuid, { uuid, name, protocol })
    } else if (message.kind === 'servicesTold') {
      this.end([...this.#services.values()])
    }
  }
}

/** For the one line on stderr, which no log cleans: text of the other side must not play with a terminal. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?')
}
