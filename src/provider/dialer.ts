// Gets a session with one consumer: resolves the name anew, calls all its addresses, by each key that it may have, 250 ms apart, and keeps
// the first that answers (RFC 8305, "happy eyeballs").

import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { CloseCode, type Crypto, type SessionEvent, type SessionHandle } from '../protocol/index.ts'
import type { Driver } from '../runtime/driver.ts'

/** Between two addresses of one name (RFC 8305 §5). */
const NEXT_ADDRESS_AFTER_MS = 250

export interface DialTarget {
  readonly hostname: string
  readonly port: number
  /** Only addresses of this machine may be called: the pipe has no keys and does not say `<insecure>`. */
  readonly loopbackOnly: boolean
}

/** All addresses of a name, the preferred first. Rejects with a `DialError`. */
export type Resolve = (hostname: string) => Promise<string[]>

interface Call {
  readonly address: string
  readonly crypto: Crypto
}

/** Why a dial came to nothing; `message` is for the log, and says what to do as far as that can be told. */
export class DialError extends Error {
  override readonly name: string = 'DialError'
}

/** Nothing at all came back: of all that may be the cause nothing is known. */
export class NobodyAnswered extends DialError {
  override readonly name = 'NobodyAnswered'

  constructor() {
    super('nobody answered')
  }
}

/** It came to nothing since nobody wanted it any more. */
export class DialCancelled extends DialError {
  override readonly name = 'DialCancelled'

  constructor() {
    super('the dial was cancelled')
  }
}

export class Dialer {
  readonly #driver: Driver
  readonly #cryptos: readonly Crypto[]
  readonly #resolve: Resolve
  readonly #attempts = new Set<SessionHandle>()
  /** Attempts of dials that are over: nobody waits for them, but their events still come. */
  readonly #losers = new Set<SessionHandle>()
  /** Connections that are being made and have no session yet. */
  #connecting = 0
  /** Why the last connection could not be made, or ended without an answer. */
  #cause: string | null = null
  #settle: ((result: SessionHandle | DialError) => void) | null = null
  #timer: NodeJS.Timeout | null = null
  #left: Call[] = []
  #port = 0
  /** Counts dials and their ends: a name that is resolved after its dial was cancelled is called no more. */
  #dials = 0

  /** `cryptos`: one for each key that the consumer may have. */
  constructor(driver: Driver, cryptos: readonly Crypto[], resolve: Resolve = resolveByName) {
    this.#driver = driver
    this.#cryptos = cryptos
    this.#resolve = resolve
  }

  /** The session that answered first. Rejects with a `DialError`; `cancel` makes it reject at once. */
  async dial(target: DialTarget): Promise<SessionHandle> {
    const dial = ++this.#dials
    const addresses = await addressesOf(target, this.#resolve)
    if (dial !== this.#dials) throw new DialCancelled()
    const result = await new Promise<SessionHandle | DialError>((resolve) => {
      this.#settle = resolve
      this.#connecting = 0
      this.#cause = null
      this.#left = addresses.flatMap((address) => this.#cryptos.map((crypto) => ({ address, crypto })))
      this.#port = target.port
      this.#callNext()
    })
    if (result instanceof DialError) throw result
    return result
  }

  cancel(): void {
    this.#finish(new DialCancelled())
  }

  /** Events of sessions that are being dialled; true: the event was ours. */
  onEvent(event: SessionEvent): boolean {
    const { kind, session } = event
    if (this.#losers.has(session)) {
      if (kind === 'closed') this.#forget(this.#losers, session)
      return true
    }
    if (!this.#attempts.has(session)) return false
    if (kind === 'opened') {
      this.#attempts.delete(session)
      this.#finish(session)
    } else if (kind === 'closed') {
      if (event.by === 'line') this.#cause = event.reason
      this.#forget(this.#attempts, session)
      this.#onFailed()
    }
    return true
  }

  /** A connection that was made for one attempt is of no use afterwards. */
  #forget(attempts: Set<SessionHandle>, session: SessionHandle): void {
    attempts.delete(session)
    this.#driver.carrier.disconnect(session.path)
  }

  #callNext(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    const call = this.#left.shift()
    if (call === undefined) return
    void this.#call(call)
    this.#timer = setTimeout(() => this.#callNext(), NEXT_ADDRESS_AFTER_MS)
  }

  async #call({ address, crypto }: Call): Promise<void> {
    const dial = this.#dials
    const { carrier } = this.#driver
    this.#connecting++
    try {
      const path = await carrier.connect({ host: address, port: this.#port })
      if (dial !== this.#dials) {
        carrier.disconnect(path)
        return
      }
      this.#connecting--
      this.#attempts.add(this.#driver.dial(path, crypto))
    } catch (error) {
      if (dial !== this.#dials) return
      this.#connecting--
      this.#cause = (error as Error).message
      this.#onFailed()
    }
  }

  /** One attempt came to nothing. */
  #onFailed(): void {
    if (this.#left.length > 0) this.#callNext()
    else if (this.#attempts.size + this.#connecting === 0) {
      this.#finish(this.#cause === null ? new NobodyAnswered() : new DialError(this.#cause))
    }
  }

  #finish(result: SessionHandle | DialError): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#dials++
    this.#left = []
    const settle = this.#settle
    this.#settle = null
    for (const loser of this.#attempts) {
      this.#losers.add(loser)
      loser.close(CloseCode.none, '')
    }
    this.#attempts.clear()
    settle?.(result)
  }
}

async function addressesOf(target: DialTarget, resolve: Resolve): Promise<string[]> {
  const found = isIP(target.hostname) ? [target.hostname] : await resolve(target.hostname)
  const allowed = target.loopbackOnly ? found.filter(isLoopback) : found
  if (allowed.length > 0) return allowed
  throw new DialError(
    `${target.hostname} resolves to ${found.join(', ')}, which is not this machine; a pipe to another host needs keys, or <insecure>yes</insecure>`,
  )
}

async function resolveByName(hostname: string): Promise<string[]> {
  try {
    return (await lookup(hostname, { all: true })).map(({ address }) => address)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const remedy = 'correct the name, or look at the name server of this machine'
    throw new DialError(`the name ${hostname} cannot be resolved (${code}); ${remedy}`, { cause })
  }
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.')
}
