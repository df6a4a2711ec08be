// May a stream that failed before it was accepted be opened again at another provider? Only where that is provably safe: doing something
// twice is worse than failing.

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
