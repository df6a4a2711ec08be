// One way to the consumer of a pipe: a carrier with its driver, where it leads, and the dial that is under way.

import type { Log } from '../log.ts'
import { CloseCode, type Crypto, type SessionEvent, type SessionHandle } from '../protocol/index.ts'
import type { Driver } from '../runtime/driver.ts'
import { DialCancelled, DialError, Dialer, NobodyAnswered, type Resolve } from './dialer.ts'

/** What the configuration says of it, and what it is carried out with. */
export interface RungParts {
  readonly driver: Driver
  readonly hostname: string
  readonly port: number
  /** Only addresses of this machine may be called. */
  readonly loopbackOnly: boolean
  /** Default: as this machine knows names. */
  readonly resolve?: Resolve | undefined
}

/** What all rungs of a pipe share. */
export interface RungOwner {
  /** The pipe's name. */
  readonly name: string
  /** One for each key that the consumer may have. */
  readonly cryptos: readonly Crypto[]
  /** The fingerprint of our own key, for logs; undefined: the pipe has none. */
  readonly key: string | undefined
  readonly log: Log
  /** Another rung carries: that this one does not answer is what was expected. */
  readonly isCarrying: () => boolean
  readonly onSession: (rung: Rung, session: SessionHandle) => void
  readonly onFailed: (rung: Rung) => void
}

/** Longer than any line that works takes to answer: nothing listens there, or something on the way drops what we send. */
const TELL_UNANSWERED_AFTER_MS = 5_000

export class Rung {
  readonly driver: Driver
  readonly #parts: RungParts
  readonly #owner: RungOwner
  readonly #dialer: Dialer
  /** Dials that were cancelled have another number: a session that comes of one is not wanted. */
  #dial = 0

  constructor(parts: RungParts, owner: RungOwner) {
    this.driver = parts.driver
    this.#parts = parts
    this.#owner = owner
    this.#dialer = new Dialer(parts.driver, owner.cryptos, parts.resolve)
  }

  /** What it runs over, and whither: `udp sc.example.org:12345`. */
  get title(): string {
    return `${this.kind} ${this.consumer}`
  }

  /** The consumer as the configuration names it. */
  get consumer(): string {
    const { hostname, port } = this.#parts
    return hostname.includes(':') ? `[${hostname}]:${port}` : `${hostname}:${port}`
  }

  /** `onSession` or `onFailed` of the owner follows, unless it is cancelled. */
  dial(): void {
    void this.#try(++this.#dial)
  }

  cancel(): void {
    this.#dial++
    this.#dialer.cancel()
  }

  /** True: the event was of the dial. */
  onEvent(event: SessionEvent): boolean {
    return this.#dialer.onEvent(event)
  }

  async #try(dial: number): Promise<void> {
    const { hostname, port, loopbackOnly } = this.#parts
    this.#owner.log.debug('dialling', this.#names)
    const unanswered = setTimeout(() => this.#tellUnanswered(), TELL_UNANSWERED_AFTER_MS)
    try {
      const session = await this.#dialer.dial({ hostname, port, loopbackOnly })
      if (dial !== this.#dial) session.close(CloseCode.none, '')
      // Lost again in the turn in which it opened: its `closed` event came while nobody was listening for it.
      else if (session.control.isClosed) this.#fail(new DialError('the consumer hung up at once; its log says why'))
      else this.#owner.onSession(this, session)
    } catch (error) {
      if (dial === this.#dial && !(error instanceof DialCancelled)) this.#fail(error as DialError)
    } finally {
      clearTimeout(unanswered)
    }
  }

  #fail(error: DialError): void {
    const { log, key, isCarrying, onFailed } = this.#owner
    const cause = error.message
    const remedy = error instanceof NobodyAnswered ? this.#remedy : undefined
    if (isCarrying()) log.debug('carrierNotBack', { ...this.#names, cause })
    else log.warn('consumerNotReached', { ...this.#names, key, cause, remedy })
    onFailed(this)
  }

  /** A dial goes on for half a minute; whoever watches the log wants to know sooner. */
  #tellUnanswered(): void {
    if (this.#owner.isCarrying()) return
    const fields = { key: this.#owner.key, forMs: TELL_UNANSWERED_AFTER_MS, remedy: this.#remedy }
    this.#owner.log.warn('consumerNotAnswering', { ...this.#names, ...fields })
  }

  /** `udp`, `tcp`, … */
  get kind(): string {
    return this.driver.carrier.traits.kind
  }

  get #names(): { readonly pipe: string; readonly carrier: string; readonly consumer: string } {
    return { pipe: this.#owner.name, carrier: this.kind, consumer: this.consumer }
  }

  get #remedy(): string {
    const port = `${this.kind === 'udp' ? 'UDP' : 'TCP'} port`
    return this.#owner.key === undefined ? keylessRemedy(port) : keyedRemedy(port)
  }
}

function keylessRemedy(port: string): string {
  return `check that edgerq-sc runs there, that both sides are of one version, that its ${port} is open on the way, and that it has no <identity>: with one it answers nobody without <consumer_key>`
}

/** A consumer is silent to those whom it does not know, so from here all of these look alike. */
function keyedRemedy(port: string): string {
  return `check that edgerq-sc runs there and its ${port} is open on the way; that <consumer_key> is what "edgerq pubkey" prints there; that its authorized providers list our key, not revoked, and the same pre-shared key`
}
