// May a stream that failed be opened again at another provider? Freely where that is provably safe; a request that may be sent twice, once;
// otherwise failing is better than doing something twice (docs/decisions.md).

import { isSafeToMove } from '../protocol/index.ts'

/** A stream whose session was lost, or that was reset, before it said ACCEPTED. */
export interface FailedStream {
  /** Some byte of it may have reached the provider. */
  readonly wasEverSent: boolean
  /** The session went away; the code below is ours then, not the provider's. */
  readonly isSessionLost: boolean
  readonly resetCode: number
}

/** `sameAgain`: no provider has seen it. `nextProvider`: this one has refused it without touching its target. */
export type RetryDecision = 'sameAgain' | 'nextProvider' | 'fail'

export function decideRetry(stream: FailedStream): RetryDecision {
  if (stream.isSessionLost) return stream.wasEverSent ? 'fail' : 'sameAgain'
  return isSafeToMove(stream.resetCode) ? 'nextProvider' : 'fail'
}

/** A request that a provider may have carried out, of which nothing was answered. */
export interface OpenRequest {
  readonly method: string
  /** Everything the client has said of it so far is still here. */
  readonly isWholeHere: boolean
  /** How often it was sent already. */
  readonly timesSent: number
  readonly ageMs: number
}

/** RFC 9110 §9.2.1: they ask for nothing to be done. PUT and DELETE may be repeated too, but only by who knows what else goes on. */
const REPEATED: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])
const MOST_TIMES_SENT = 2
/** Nobody waits longer for an answer that was lost once. */
const MOST_AGE_MS = 10_000

/** Whether it may be sent once more, if the retry budget allows. */
export function mayRepeat(request: OpenRequest): boolean {
  const { method, isWholeHere, timesSent, ageMs } = request
  return REPEATED.has(method) && isWholeHere && timesSent < MOST_TIMES_SENT && ageMs <= MOST_AGE_MS
}

/** Of the requests that come, so many may be sent twice: providers that fail one after the other must not be buried under repeats. */
const REPEATS_PER_REQUEST = 0.2
/** What may be repeated at once: the requests of a few seconds that a lost provider takes with it. */
const MOST_SAVED = 1_000
/** Saved at the start, so that the first failure of a quiet service is no failure for its client. */
const FIRST_SAVED = 100

/** Repeats that are still allowed; one for each service. */
export class RetryBudget {
  #saved = FIRST_SAVED

  onRequest(): void {
    this.#saved = Math.min(this.#saved + REPEATS_PER_REQUEST, MOST_SAVED)
  }

  /** True: one may be repeated, and is counted. */
  spend(): boolean {
    if (this.#saved < 1) return false
    this.#saved--
    return true
  }
}
