// What every kind of forwarder is to the stream that it serves.

import type { StreamCode, StreamHandle, StreamHead } from '../protocol/index.ts'
import type { SpliceOutcome } from '../runtime/splice.ts'
import type { Watchdog } from '../runtime/watchdog.ts'
import type { Target } from './targets.ts'

/** What stands between a stream and its target. */
export interface Forwarder {
  /** Ends both sides at once, as a failure. */
  cut(code: StreamCode): void
}

/** What both kinds of forwarders need. */
export interface ForwarderParts {
  readonly stream: StreamHandle
  readonly head: StreamHead
  /** What has come behind the head; not released yet. */
  readonly rest: Uint8Array
  readonly target: Target
  readonly watchdog: Watchdog
  /** The target took a connection, or did not. */
  readonly onTarget: (failure: NodeJS.ErrnoException | null) => void
  readonly onDone: (outcome: ForwarderOutcome) => void
}

export type ForwarderOutcome = SpliceOutcome | 'answered' | 'refused' | 'streamGone' | 'targetFailed'
