// Where one request goes: which providers have had it, whether it may be sent once more, and how long it waits for somebody to take it.

import type { AnswerCode } from '../http/own-answers.ts'
import { StreamCode, type StreamHandle } from '../protocol/index.ts'
import { answerFor } from './failures.ts'
import type { ProviderSession } from './provider-session.ts'
import { decideRetry, mayRepeat, type RetryBudget } from './retry.ts'

export interface PlacementParts {
  /** The UUID. */
  readonly service: string
  readonly method: string
  /** How long it waits for a provider. */
  readonly holdMs: number
  readonly budget: RetryBudget
  /** The best provider that was not tried yet; null: none. */
  readonly choose: (tried: ReadonlySet<ProviderSession>) => ProviderSession | null
}

export interface Place {
  readonly provider: ProviderSession
  readonly stream: StreamHandle
}

/** A place at which the request got no answer. */
export interface FailedPlace extends Place {
  readonly code: number
  /** The provider has begun to act. */
  readonly isAccepted: boolean
  /** Everything the client has said can be said again. */
  readonly isWholeHere: boolean
}

/** What almost every request meets. */
const NOBODY: ReadonlySet<ProviderSession> = new Set()

export class Placement {
  readonly #parts: PlacementParts
  /** They have refused it, or failed: it does not come back to them. */
  #left: ReadonlySet<ProviderSession> = NOBODY
  readonly #startedAt = performance.now()
  /** Of the last of those that have refused it without touching their target; null: nobody has. */
  #refusal: number | null = null
  #timesSent = 0
  #waitsUntil: number | null = null

  constructor(parts: PlacementParts) {
    this.#parts = parts
  }

  /** A new stream at the best provider there is. `refused`: all who serve it have refused, and waiting would not change that. */
  open(): Place | 'wait' | 'refused' {
    const { choose, service } = this.#parts
    let tried = this.#left
    for (let provider = choose(tried); provider !== null; provider = choose(tried)) {
      const stream = provider.openStream(service)
      if (stream !== null) {
        this.#timesSent++
        this.#waitsUntil = null
        return { provider, stream }
      }
      tried = new Set([...tried, provider])
    }
    return this.#refusal !== null && tried.size === this.#left.size ? 'refused' : 'wait'
  }

  /** Until when it waits, on the clock of `performance.now`; the same however often it is asked before the next stream. */
  waitUntil(): number {
    this.#waitsUntil ??= performance.now() + this.#parts.holdMs
    return this.#waitsUntil
  }

  /** What the client is told if nobody takes it. */
  get answer(): AnswerCode {
    return this.#refusal === null ? 'EDGERQ-NO-PROVIDER' : answerFor(this.#refusal)
  }

  /** True: it may be sent elsewhere, or wait for that. */
  mayGoOn({ provider, stream, code, isAccepted, isWholeHere }: FailedPlace): boolean {
    // A peer may send any code; a stream of which nothing has left only the end of its session can have closed.
    const isSessionLost = code === StreamCode.sessionLost && stream.isClosed
    const { wasEverSent } = stream
    const decision = isAccepted ? 'fail' : decideRetry({ wasEverSent, isSessionLost, resetCode: code })
    if (decision === 'nextProvider') this.#strikeOut(provider, code)
    if (decision !== 'fail') return isWholeHere
    // It went, or was told to end at once: what had begun there may have been carried out.
    this.#leave(provider)
    return (isSessionLost || code === StreamCode.cancelled) && this.#mayRepeat(isWholeHere)
  }

  /** True: its provider has fallen silent, another one is there, and it may be sent to that one too. */
  mayLeave(provider: ProviderSession, isWholeHere: boolean): boolean {
    const other = this.#parts.choose(new Set([...this.#left, provider]))
    if (other === null || other.isSuspect || !this.#mayRepeat(isWholeHere)) return false
    this.#leave(provider)
    return true
  }

  /** A provider that drains is out for everybody, and another may yet come: that is worth waiting for. */
  #strikeOut(provider: ProviderSession, code: number): void {
    if (code === StreamCode.draining) {
      provider.isDraining = true
      return
    }
    this.#refusal = code
    this.#leave(provider)
  }

  #leave(provider: ProviderSession): void {
    this.#left = new Set([...this.#left, provider])
  }

  #mayRepeat(isWholeHere: boolean): boolean {
    const { method, budget } = this.#parts
    const ageMs = performance.now() - this.#startedAt
    return mayRepeat({ method, isWholeHere, timesSent: this.#timesSent, ageMs }) && budget.spend()
  }
}
