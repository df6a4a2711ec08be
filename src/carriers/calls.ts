// Connections that a dialler is making: each stands in its time, fails, or is given up.

import type { DialTarget } from './carrier.ts'
import { CarrierError } from './carrier-error.ts'
import type { Connection } from './connection.ts'
import { dialTooSlow } from './connection-failure.ts'
import { hostAndPort } from './host-text.ts'

/** Told how a call turned out: one of them, once, in a later turn. */
export interface DialProgress {
  readonly onOpen: (connection: Connection) => void
  readonly onFailure: (cause: CarrierError) => void
}

/** Begins a call; answers how to give it up, after which nothing that it tells matters. */
export type Dial = (to: DialTarget, progress: DialProgress) => () => void

/** A connection to the other side of the earth with TLS stands in one second, and one lost packet costs another. */
const DIAL_WITHIN_MS = 3_000

export class Calls {
  readonly #dial: Dial
  readonly #open = new Set<Call>()
  #isClosed = false

  constructor(dial: Dial) {
    this.#dial = dial
  }

  /** `adopt` is called in the same moment in which the connection stands, so that nothing is missed that arrives. */
  begin(to: DialTarget, adopt: (connection: Connection) => number): Promise<number> {
    if (this.#isClosed) return Promise.reject(givenUp(to))
    return new Promise((resolve, reject) => {
      const call = new Call(to, this.#dial, (outcome) => {
        this.#open.delete(call)
        if (outcome instanceof CarrierError) reject(outcome)
        else resolve(adopt(outcome))
      })
      this.#open.add(call)
    })
  }

  /** Gives up all. */
  close(): void {
    this.#isClosed = true
    for (const call of this.#open) call.giveUp()
  }
}

class Call {
  readonly #to: DialTarget
  readonly #timer: NodeJS.Timeout
  readonly #cancel: () => void
  /** Null: it has turned out. */
  #tell: ((outcome: Connection | CarrierError) => void) | null

  constructor(to: DialTarget, dial: Dial, tell: (outcome: Connection | CarrierError) => void) {
    const withinMs = to.withinMs ?? DIAL_WITHIN_MS
    this.#to = to
    this.#tell = tell
    this.#timer = setTimeout(() => this.#fail(dialTooSlow(hostAndPort(to.host, to.port), withinMs)), withinMs)
    this.#cancel = dial(to, {
      onOpen: (connection) => this.#end(connection),
      onFailure: (cause) => this.#end(cause),
    })
  }

  giveUp(): void {
    this.#fail(givenUp(this.#to))
  }

  #fail(cause: CarrierError): void {
    this.#end(cause)
    this.#cancel()
  }

  #end(outcome: Connection | CarrierError): void {
    const tell = this.#tell
    this.#tell = null
    clearTimeout(this.#timer)
    if (tell !== null) tell(outcome)
    else if (!(outcome instanceof CarrierError)) outcome.destroy()
  }
}

function givenUp(to: DialTarget): CarrierError {
  return new CarrierError(`no connection to ${hostAndPort(to.host, to.port)}: this side is being closed`, 'CLOSED')
}
